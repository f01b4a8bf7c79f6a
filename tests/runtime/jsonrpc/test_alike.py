"""Requests whose heads read alike: taken the short way, and answered as by the long one."""

import time
from collections.abc import Iterator
from contextlib import closing

import httptools
import pytest

from rpcgen_runtime import Context, Credentials, Identity, Server
from rpcgen_runtime.http.heads import Again
from rpcgen_runtime.http.likeness import Likeness, likeness_of
from tests.runtime.jsonrpc.play import Address
from tests.runtime.jsonrpc.served import serving
from tests.runtime.jsonrpc.wire import EndedError, Wire
from tests.runtime.promises.endpoints import Worker

BODY = b'{"jsonrpc":"2.0","id":1,"method":"get_data","params":[]}'
LINE = b"POST / HTTP/1.1"
FIELDS = [
    (b"host", b"localhost"),
    (b"content-type", b"application/json"),
    (b"rpcgen-timeout-ms", b"60000"),
    (b"rpcgen-id", b"abc-123"),
    (b"rpcgen-version", b"1.0"),
    (b"content-length", b"%d" % len(BODY)),
]
ODD = [
    b" ",
    b"\t",
    b"\r",
    b"\n",
    b"\r\n",
    b"\r\n ",
    b":",
    b",",
    b"0",
    b"9",
    b"x",
    b"A",
    b"-",
    b"\0",
    b"\xff",
]
WARM = 4
"""Requests after which a connection knows what they are like."""


def _text(fields: list[tuple[bytes, bytes]], body: bytes = BODY, line: bytes = LINE) -> bytes:
    told = b"".join(b"%b: %b\r\n" % it for it in fields)
    return line + b"\r\n" + told + b"\r\n" + body


def _with(name: bytes, value: bytes) -> bytes:
    return _text([(it, value if it == name else was) for it, was in FIELDS])


PLAIN = _text(FIELDS)


class _Parsed:
    """What the parser makes of a request."""

    def __init__(self, data: bytes) -> None:
        self.fields: dict[bytes, bytes] = {}
        self.count = 0
        self.body = b""
        self.ends = 0
        parser = httptools.HttpRequestParser(self)
        parser.feed_data(data)
        self.line = b"%b %b HTTP/%b" % (
            parser.get_method(),
            self.url,
            parser.get_http_version().encode(),
        )

    def on_url(self, url: bytes) -> None:
        self.url = url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.fields[name.lower()] = value
        self.count += 1

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        self.ends += 1


def _likeness() -> Likeness:
    found = likeness_of(PLAIN, LINE, FIELDS)
    assert found is not None
    return found


def _mutations() -> Iterator[bytes]:
    """Yield the plain request with each byte replaced, removed, and others put in before it."""
    for at in range(len(PLAIN)):
        yield PLAIN[:at] + PLAIN[at + 1 :]
        for odd in ODD:
            yield PLAIN[:at] + odd + PLAIN[at + 1 :]
            yield PLAIN[:at] + odd + PLAIN[at:]


def test_what_is_taken_the_parser_reads_in_the_same_way() -> None:
    likeness, taken = _likeness(), 0
    for data in _mutations():
        found = likeness.read(data, None)
        if found is None:
            continue
        taken += 1
        again, body = found
        parsed = _Parsed(data)
        assert (parsed.line, parsed.count, parsed.ends) == (LINE, len(FIELDS), 1), data
        assert parsed.body == body, data
        assert again == Again(
            parsed.fields[b"content-length"],
            parsed.fields[b"rpcgen-timeout-ms"],
            parsed.fields[b"rpcgen-id"],
            parsed.fields.get(b"traceparent"),
            None,
        )
        same = {name: value for name, value in FIELDS if name in likeness.names}
        assert {**parsed.fields, **same} == dict(FIELDS), data
    assert taken > len(b"60000" + b"abc-123") * 5


@pytest.mark.parametrize(
    "data",
    [
        PLAIN.replace(b"rpcgen-id: abc-123", b"rpcgen-id: abc-123\r\n more"),
        PLAIN.replace(b"rpcgen-id: ", b"Rpcgen-Id: "),
        PLAIN.replace(b"rpcgen-id: ", b"rpcgen-id:"),
        PLAIN.replace(b"rpcgen-id: abc-123", b"rpcgen-id: abc 123"),
        _text([*FIELDS, (b"rpcgen-id", b"abc-123")]),
        _text([(b"transfer-encoding", b"chunked"), *FIELDS[:-1]], b"0\r\n\r\n"),
        b"more" + PLAIN,
        b"\r\n" + PLAIN,
        PLAIN + PLAIN,
        PLAIN[:-1],
    ],
)
def test_what_can_be_read_in_another_way_has_no_likeness(data: bytes) -> None:
    fields: list[tuple[bytes, bytes]] = []
    for line in data.partition(b"\r\n\r\n")[0].split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if line.startswith(b" "):
            fields[-1] = fields[-1][0], fields[-1][1] + line
        elif b" HTTP/" not in line:
            fields.append((name.lower(), value.strip()))
    assert likeness_of(data, LINE, fields) is None


def _warm(address: Address) -> Wire:
    wire = address.connect()
    for _ in range(WARM):
        wire.send(PLAIN)
        assert wire.read().status == 200
    return wire


def _answer(wire: Wire, data: bytes) -> tuple[object, ...]:
    wire.send(data)
    try:
        answer = wire.read()
    except EndedError:
        return ("ended",)
    headers = {name: it for name, it in answer.headers.items() if name != "date"}
    return answer.status, headers, answer.body


@pytest.mark.parametrize(
    "data",
    [
        _with(b"host", b"elsewhere"),
        _with(b"host", b"two words"),
        _text([*FIELDS, (b"host", b"localhost")]),
        _text([*FIELDS, (b"origin", b"https://elsewhere")]),
        _with(b"content-type", b"text/plain"),
        _with(b"rpcgen-version", b"9.0"),
        _with(b"rpcgen-timeout-ms", b"soon"),
        _with(b"rpcgen-timeout-ms", b"0"),
        _with(b"rpcgen-timeout-ms", b"9" * 13),
        _with(b"rpcgen-timeout-ms", b"-1"),
        _with(b"rpcgen-id", b"x" * 65),
        _with(b"content-length", b"00%d" % len(BODY)),
        _with(b"content-length", b"%022d" % len(BODY)),
        _with(b"content-length", b"-1"),
        _text(FIELDS, line=b"GET / HTTP/1.1"),
        _text(FIELDS, line=b"POST /other HTTP/1.1"),
        _text(FIELDS, line=b"POST / HTTP/1.0"),
        _text([*FIELDS, (b"rpcgen-context", b'{"a":1}')]),
        _text([*FIELDS, (b"rpcgen-server", b"another")]),
        _text([*FIELDS, (b"connection", b"close")]),
        PLAIN.replace(b'"get_data"', b'"get_date"'),
        PLAIN.replace(b"get_data", b"get\x00data"),
        b"\r\n" + PLAIN,
    ],
)
def test_what_differs_is_answered_as_on_a_connection_that_knows_nothing(data: bytes) -> None:
    with serving({"hosts": "localhost"}) as served:
        address = served.address
        with closing(address.connect()) as fresh, closing(_warm(address)) as warm:
            assert _answer(warm, data) == _answer(fresh, data)


def test_requests_that_come_together_are_answered_in_order() -> None:
    with serving({}) as served, closing(_warm(served.address)) as wire:
        other = PLAIN.replace(b'"id":1', b'"id":2')
        wire.send(PLAIN + other + PLAIN)
        ids = [wire.read().body.partition(b'"id":')[2][:1] for _ in range(3)]
        assert ids == [b"1", b"2", b"1"]


@pytest.mark.parametrize("cut", [1, 20, len(PLAIN) - len(BODY), -1])
def test_one_that_comes_in_parts_is_answered(cut: int) -> None:
    with serving({}) as served, closing(_warm(served.address)) as wire:
        for _ in range(3):
            wire.send(PLAIN[:cut])
            assert not wire.has_news(0.02)
            wire.send(PLAIN[cut:])
            assert wire.read().status == 200
            wire.send(PLAIN)
            assert wire.read().status == 200


def test_who_calls_is_asked_for_each_request() -> None:
    shown: list[str | None] = []

    def authenticator(credentials: Credentials) -> Identity | None:
        shown.append(credentials.token)
        return Identity("worker") if len(shown) <= WARM else None

    data = _text([*FIELDS, (b"authorization", b"Bearer key")])
    with Server("http://127.0.0.1:0", [Worker()], authenticator=authenticator) as server:
        host, _, port = server.url.split("/")[2].partition(":")
        with closing(Wire(host, int(port))) as wire:
            statuses = [_answer(wire, data)[0] for _ in range(WARM + 1)]
    assert statuses == [200] * WARM + [401]
    assert shown == ["key"] * (WARM + 1)


class _Changing(Worker):
    """`run` changes its caller's data, which no contract forbids at run time."""

    def run(self, ctx: Context, name: str) -> str:
        told = ",".join(sorted(ctx.data))
        assert isinstance(ctx.data, dict)
        ctx.data["more"] = "x"
        return told


def test_what_a_handler_does_to_its_callers_data_no_other_one_sees() -> None:
    body = b'{"jsonrpc":"2.0","id":1,"method":"Work.run","params":["x"]}'
    length = (b"content-length", b"%d" % len(body))
    data = _text([*FIELDS[:-1], length, (b"rpcgen-context", b'{"a":"b"}')], body)
    with Server("http://127.0.0.1:0", [_Changing()]) as server:
        host, _, port = server.url.split("/")[2].partition(":")
        with closing(Wire(host, int(port))) as wire:
            for _ in range(WARM + 1):
                wire.send(data)
                assert b'"result":"a"' in wire.read().body


def test_a_connection_that_is_used_is_kept_and_ends_so_long_after_its_last_use() -> None:
    keep_alive = 0.5
    with (
        serving({"keep_alive": str(keep_alive)}) as served,
        closing(_warm(served.address)) as wire,
    ):
        for _ in range(5):
            assert not wire.has_news(keep_alive * 0.4)
            wire.send(PLAIN)
            assert wire.read().status == 200
        answered = time.monotonic()
        wire.ended()
        assert time.monotonic() - answered > keep_alive * 0.8
