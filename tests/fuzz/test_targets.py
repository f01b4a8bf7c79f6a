"""Each target sees what is broken: something broken is handed in, and must be noticed."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import count
from pathlib import Path
from zlib import crc32

import pytest

from rpcgen.compile import Compiled
from rpcgen.language.diagnostics import Report
from rpcgen.language.source import Source, Span
from rpcgen.python.output import HEADER
from rpcgen_runtime import jsonrpc
from rpcgen_runtime.codecs import RequestCodec
from rpcgen_runtime.context import Deadline
from rpcgen_runtime.http import headers as wire
from rpcgen_runtime.http.headers import Beside
from rpcgen_runtime.jsonrpc import Envelope, Incoming, Refused
from rpcgen_runtime.messages import Failure, Reply, Success
from rpcgen_runtime.url import Url, parse_url
from tests.fuzz.addresses import headers, url
from tests.fuzz.contracts import EACH, contract
from tests.fuzz.envelopes import BOUNDS, envelope, reply
from tests.fuzz.values import Arguments, values

CALL = b'{"jsonrpc":"2.0","id":1,"method":"a","params":[1]}'
INVALID = Failure(-32600, "no")


@pytest.mark.parametrize(
    ("items", "sentence"),
    [
        ([], "without an item"),
        ([Refused(b"1", INVALID)] * 2, "outside a batch"),
        ([Refused(b"1", Failure(12_345, "no"))], "nobody knows the code"),
        ([Refused(b"1", INVALID._replace(message="x" * 9_000))], "the answer is too long"),
        ([Refused(b"}{", INVALID)], "Expecting"),
        ([Incoming(b"1", "", b"[1]")], "without a name"),
        ([Incoming(b"1", "a" * 1_000, b"[1]")], "the name is too long"),
        ([Incoming(b"1", "b", b"[1]")], "another method"),
        ([Incoming(b"2", "a", b"[1]")], "another id"),
        ([Incoming(b"true", "a", b"[1]")], "another id"),
        ([Incoming(None, "a", b"[1]")], "a notification is none"),
        ([Incoming(b"1", "a", b"[1.0]")], "other parameters"),
        ([Incoming(b"1", "a", b"{}")], "other parameters"),
    ],
)
def test_a_broken_reading_of_a_request_is_seen(
    items: list[Incoming | Refused], sentence: str
) -> None:
    with pytest.raises((AssertionError, ValueError), match=sentence):
        envelope(CALL, decode=lambda body, *, is_ours: Envelope(items, is_batch=False))


def test_a_request_that_is_read_where_there_is_none_is_seen() -> None:
    found = Envelope([Incoming(b"1", "a", b"{}")], is_batch=False)
    with pytest.raises(AssertionError, match="Python reads no request here"):
        envelope(b"{", decode=lambda body, *, is_ours: found)


def test_a_reading_that_depends_on_the_sender_is_seen() -> None:
    def decode(body: bytes, *, is_ours: bool) -> Envelope:
        return Envelope([Incoming(b"1", "a", b"[1]" if is_ours else b"[2]")], is_batch=False)

    with pytest.raises(AssertionError, match="other parameters"):
        envelope(CALL, decode=decode)


@pytest.mark.parametrize(
    ("params", "sentence"),
    [
        (b"[" * 30 + b"]" * 30, "too deep"),
        (b"{" + b",".join(b'"%d":0' % it for it in range(60)) + b"}", "too many names"),
    ],
)
def test_a_request_beyond_the_bounds_is_seen(params: bytes, sentence: str) -> None:
    def decode(body: bytes, *, is_ours: bool) -> Envelope:
        wide = replace(BOUNDS, max_depth=200, max_keys=1_000)
        return jsonrpc.decode(body, wide, is_ours=is_ours)

    with pytest.raises(AssertionError, match=sentence):
        envelope(CALL.replace(b"[1]", params), decode=decode)


@pytest.mark.parametrize(
    ("body", "found", "sentence"),
    [
        (b'{"id":1,"result":1}', Success(b"2"), "another result"),
        (b'{"id":2,"result":1}', Success(b"1"), "to another request"),
        (b"{", Success(b"1"), "Python reads no reply here"),
        (b'{"id":1,"error":{"code":1,"message":"x"}}', Failure(2, "x"), "another code"),
        (b'{"id":1,"error":{"code":1,"message":"x"}}', Failure(1, ""), "another message"),
        (b'{"id":1,"error":{"code":1,"data":1}}', Failure(1, "", b"2"), "other data"),
        (b'{"id":2,"error":{"code":1}}', Failure(1, ""), "to another request"),
        (b'{"id":true,"error":{"code":1}}', Failure(1, ""), "to another request"),
    ],
)
def test_a_broken_reading_of_a_reply_is_seen(body: bytes, found: Reply, sentence: str) -> None:
    with pytest.raises(AssertionError, match=sentence):
        reply(body, decode=lambda body, request_id, *, is_ours: found)


def test_a_reply_that_raises_anything_else_is_seen() -> None:
    def decode(body: bytes, request_id: int, *, is_ours: bool) -> Reply:
        raise ValueError(body)

    with pytest.raises(ValueError):
        reply(b"{", decode=decode)


@pytest.mark.parametrize(
    ("text", "change", "sentence"),
    [
        ("", {"message_id": "a b"}, "no id for a log"),
        ("", {"deadline": Deadline(1e12)}, "a deadline that is none"),
        ("", {"data": {"a": 1}}, "no texts"),
    ],
)
def test_a_broken_reading_of_headers_is_seen(
    text: str, change: dict[str, object], sentence: str
) -> None:
    def decode(given: Mapping[str, str]) -> Beside:
        return wire.decode(given)._replace(**change)  # type: ignore[arg-type]  # broken on purpose

    with pytest.raises(AssertionError, match=sentence):
        headers(text.encode(), decode=decode)


def test_headers_that_raise_anything_else_are_seen() -> None:
    def decode(given: Mapping[str, str]) -> Beside:
        raise ValueError(given["rpcgen-id"])

    with pytest.raises(ValueError):
        headers(b"rpcgen-id: x", decode=decode)


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (ValueError("no: {}"), "repeats the password"),
        (UnicodeError("x"), "not our own message"),
        (ValueError("x" * 1_000), "too long"),
        (KeyError("x"), "x"),
    ],
)
def test_a_url_that_ends_badly_is_seen(error: Exception, sentence: str) -> None:
    def parse(text: str) -> Url:
        if error.args == ("no: {}",):
            raise ValueError(f"no: {text}")
        raise error

    with pytest.raises((AssertionError, KeyError), match=sentence):
        url(b"http://user@host", parse=parse)


def test_a_url_that_is_read_in_two_ways_is_seen() -> None:
    ports = count(1)

    def parse(text: str) -> Url:
        return parse_url(f"http://host:{next(ports)}")

    with pytest.raises(AssertionError, match="read in two ways"):
        url(b"http://host", parse=parse)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda found: ((), {}), "an argument is missing"),
        (lambda found: (("x", *found[0]), found[1]), "an argument is missing"),
        (lambda found: ((), {"value": object()}), "was read, is not written"),
    ],
)
def test_a_broken_reading_of_parameters_is_seen(change: object, sentence: str) -> None:
    def decode(codec: RequestCodec, params: bytes) -> Arguments:
        found: Arguments = change(codec.decode(params))  # type: ignore[operator]
        return found

    with pytest.raises(AssertionError, match=sentence):
        values(b'a_int\n{"value":1}', decode=decode)


def _written(name: str, text: str) -> Compiled:
    return Compiled(Report(), [], [], {name: text}, {})


def _reported(
    message: str, *, rule: str = "syntax", start: int = 0, accepted: str = "x"
) -> Compiled:
    report = Report()
    report.add(rule, Span(Source("a.rpc", "text\n"), start, start + 1), message, accepted)
    return Compiled(report, [], [], {}, {})


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        (Compiled(Report(), [], [], {}, {}), "neither a report nor files"),
        (replace(_reported("no"), files={"a/b.py": HEADER}), "or both"),
        (_reported("No"), "upper case"),
        (_reported("no."), "full stop"),
        (_reported(" "), "has no message"),
        (_reported("no", accepted=" "), "accepts nothing"),
        (_reported("no \x1b[31m"), "steers the terminal"),
        (_reported("n" * 200_000), "too long"),
        (_reported("no", rule="unheard-of"), "is explained nowhere"),
        (_reported("no", start=9), "behind its line"),
        (_written("../a.py", HEADER), "no place for a generated file"),
        (_written("a/b.py", "x = 1\n"), "where it is from"),
        (_written("a/b.py", f"{HEADER}\ndef\n"), "invalid syntax"),
        (_written("a/b.py", f"{HEADER}\nx = '\\d'\n"), "invalid escape"),
        (_written("a/b.py", f"{HEADER}\nx = '\ud800'\n"), "surrogates not allowed"),
        (_written("a/b.py", f"{HEADER}\nimport os\n"), "imports {'os'}"),
        (_written("a/b.py", f"{HEADER}\nfrom subprocess import run\n"), "imports"),
    ],
)
def test_a_broken_compiler_is_seen(found: Compiled, sentence: str) -> None:
    with pytest.raises((AssertionError, SyntaxError, UnicodeError), match=sentence):
        contract(b"", front=lambda folder: found)


def test_a_compiler_that_raises_is_seen() -> None:
    def front(folder: Path) -> Compiled:
        raise RecursionError(folder)

    with pytest.raises(RecursionError):
        contract(b"", front=front)


def test_a_compiler_that_changes_its_mind_is_seen() -> None:
    turns = count()
    data = next(b"%d" % it for it in count() if crc32(b"%d" % it) % EACH == 0)
    with pytest.raises(AssertionError, match="two runs say different things"):
        contract(data, front=lambda folder: _reported(f"no {next(turns)}"))


def test_generated_code_that_tells_another_contract_is_seen() -> None:
    turns = count()
    data = next(b"%d" % it for it in count() if crc32(b"%d" % it) % EACH)

    def front(folder: Path) -> Compiled:
        told = f'FILES: dict[str, list[str]] = {{"a.rpc": ["# {next(turns)}"]}}'
        return _written("a/contract.py", f"{HEADER}\n{told}\n")

    with pytest.raises(AssertionError, match="holds another contract"):
        contract(data, front=front)
