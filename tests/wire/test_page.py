"""docs/wire-http.md says what the code says: each row of its tables, each example."""

import inspect
import json
import re
from dataclasses import fields
from typing import Any

import pytest

from rpcgen.language import model
from rpcgen_runtime import HttpLimits, NotExecuted, OutcomeUnknown, RpcError, Server, errors, url
from rpcgen_runtime import jsonrpc as envelopes
from rpcgen_runtime.http import exchange, headers, hosts, network
from rpcgen_runtime.methods import Call
from rpcgen_runtime.options import MAX_TOKEN
from rpcgen_runtime.reasons import MAX_TOLD_ERRORS
from tests.docs.pages import ROOT, Page, page_of
from tests.wire.observed import PLAIN
from tests.wire.raw import post
from tests.wire.vectors import FOLDER, read
from tests.wire.world import SMALL, Contract, World

PATH = ROOT / "docs" / "wire-http.md"
PAGE = page_of(PATH, PATH.read_text("utf-8"))
NOT_IN_NUMBERS = {"3xx": 302, "other 4xx": 418, "other": 500}
SHOWN = "put: a parameter since 1.1"

STAMPS = {
    'put(name="a")': ("Shelf.put", '{"Name":"a"}'),
    'put(name="a", later=0)': ("Shelf.put", '{"Name":"a","later":0}'),
    'put(name="a", later=1)': ("Shelf.put", '{"Name":"a","later":1}'),
    "an_enum(value=blue)": ("Types.an_enum", '{"value":"blue"}'),
    "a_union(value=dot)": ("Types.a_union", '{"value":{"type":"dot"}}'),
    "count()": ("Shelf.count", "{}"),
    'an_import(value={name: "a", mail: "b"})': (
        "Types.an_import",
        '{"value":{"name":"a","mail":"b"}}',
    ),
}


def table(heading: str) -> list[list[str]]:
    """Return the rows of the table whose heading begins so, cell by cell."""
    lines = PAGE.text.splitlines()
    start = next(i for i, it in enumerate(lines) if it.startswith(f"| {heading}"))
    end = next(i for i in range(start, len(lines)) if not lines[i].startswith("|"))
    return [[it.strip() for it in line.strip("|").split("|")] for line in lines[start + 2 : end]]


def words(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def number(cell: str) -> float:
    found = re.search(r"[0-9][0-9,]*", cell)
    assert found is not None, cell
    return float(found[0].replace(",", ""))


def raw(page: Page) -> list[tuple[dict[str, str], str]]:
    """Return the headers and the body of each raw message."""
    found = []
    for block in page.blocks:
        if block.language == "http":
            head, _, body = block.text.partition("\n\n")
            lines = [it.partition(": ") for it in head.splitlines()[1:]]
            found.append(({name: value for name, _, value in lines}, body.strip()))
    return found


def test_the_call_of_the_page_is_one_of_the_vectors() -> None:
    row = next(it for it in read("calls") if it["name"] == SHOWN)
    asked, answered = raw(PAGE)
    assert asked == (row["headers"], row["body"])
    assert answered == (row["fields"], row["answer"])


def test_the_table_of_statuses_is_what_a_client_makes_of_them() -> None:
    rows = {it[0]: words(it[3]) for it in table("status |")}
    for shown, outcome in rows.items():
        status = NOT_IN_NUMBERS.get(shown) or int(shown)
        if status != 200:
            assert outcome == [type(exchange.refused(status, "")).__name__], shown
    known = {*exchange._SENTENCES, *exchange._NO_REPLY, *(it["status"] for it in read("requests"))}
    assert {str(it) for it in known} <= set(rows)


def test_the_page_tells_which_statuses_may_bring_a_reply() -> None:
    none = sorted(exchange._NO_REPLY)
    assert f"any status but {none[0]}, {none[1]}, {none[2]} and {none[3]}" in PAGE.text
    own = sorted(exchange._OWN)
    assert f"null counts with {own[0]}, {own[1]}\nand {own[2]} only" in PAGE.text


def test_the_media_types_are_those_of_the_code() -> None:
    row = next(it for it in table("| |") if it[0] == "`content-type` of a request")
    assert set(words(row[1])) - {"charset", "utf-8"} == headers.MEDIA_TYPES


def test_the_table_of_headers_is_that_of_the_code() -> None:
    rows = {words(it[0])[0]: it[1] for it in table("header | form")}
    assert list(rows) == [
        headers.VERSION,
        headers.TIMEOUT,
        headers.CONTEXT,
        headers.MESSAGE_ID,
        headers.SERVER,
        headers.TRACEPARENT,
        headers.AUTHORIZATION,
    ]
    assert f"{headers.MAX_CONTEXT:,} characters" in rows[headers.CONTEXT]
    assert headers._DIGITS.pattern == "[0-9]{1,12}"
    assert headers._MESSAGE_ID.pattern == "[A-Za-z0-9_-]{1,64}"


def test_the_table_of_codes_is_that_of_the_code() -> None:
    rows = {it[0]: (words(it[1]), it[3]) for it in table("code |")}
    declared = rows.pop("a declared one")
    assert declared == ([], "as the contract says")
    kinds = {**errors.BY_CODE, errors.INTERNAL_ERROR: errors.InternalError}
    assert {int(it): names[0] for it, (names, _) in rows.items()} == {
        code: kind.__name__ for code, kind in kinds.items()
    }
    for code, (_, executed) in rows.items():
        assert (executed == "no") == issubclass(kinds[int(code)], NotExecuted)


def test_the_tables_of_outcomes_have_every_exception_that_a_wire_can_bring() -> None:
    rows = table("outcome |")
    shown = {name for row in rows for cell in row[:2] for name in words(cell)}
    kinds = {
        name
        for name, it in vars(errors).items()
        if isinstance(it, type) and issubclass(it, RpcError)
    }
    assert kinds - shown == {"RpcError", "DeclaredError", "VersionCapExceeded"}
    families = {words(it[0])[0]: words(it[1]) for it in rows if words(it[0])}
    for family in (NotExecuted, OutcomeUnknown):
        for name in families[family.__name__]:
            assert issubclass(getattr(errors, name), family)
    for row in table("on the way |"):
        assert words(row[1])[0] in shown


def test_the_table_of_types_has_every_type_and_its_examples_are_right(contract: Contract) -> None:
    rows = {words(it[0])[0]: it for it in table("type | written") if words(it[0])}
    assert {it.partition("[")[0] for it in rows} >= set(model.BUILTINS)
    methods = {words(it[0])[0]: f"Types.a_{words(it[0])[0]}" for it in rows.values()}
    methods["int"] = "Types.an_int"
    for kind in ("float", "bytes", "uuid", "datetime", "date", "time", "duration", "decimal"):
        method = contract.methods[methods[kind]]
        assert isinstance(method, Call)
        written, also_read = (_examples(it) for it in rows[kind][1:])
        assert written
        for text in written:
            assert method.reply.encode(method.reply.decode(text.encode())).decode() == text
        for text in also_read:
            method.reply.decode(text.encode())


def _examples(cell: str) -> list[str]:
    """Return what is JSON among the words of a cell."""
    return [it for it in words(cell) if (it[0] == '"' and len(it) > 1) or re.match(r"-?\d", it)]


def test_the_durations_of_the_page_are_read_and_written_so(contract: Contract) -> None:
    method = contract.methods["Types.a_duration"]
    assert isinstance(method, Call)
    paragraph = PAGE.text[PAGE.text.index("A `duration` is") :].split("\n\n")[0]
    found = re.findall(r"`(-?PT?\d\w*)`", paragraph)
    assert len(found) > 5
    for text in found:
        again = method.reply.encode(method.reply.decode(f'"{text}"'.encode())).decode()
        assert again == f'"{text}"' or text in {"PT90S", "P1Y35D"}


@pytest.mark.parametrize("row", table("call of"), ids=lambda it: str(it[0]))
def test_the_stamps_of_the_page_are_those_of_our_client(row: list[str], contract: Contract) -> None:
    label, arguments = STAMPS[words(row[0])[0]]
    method = contract.methods[label]
    positional, named = method.request.decode(arguments.encode())
    known = {**dict(zip([it.name for it in method.params], positional, strict=False)), **named}
    _, minor = method.request.encode([known[it.name] for it in method.params])
    assert f"1.{minor}" == row[1]


def test_the_table_of_limits_is_that_of_the_code() -> None:
    rows = {words(it[0])[0]: (number(it[1]), it[2]) for it in table("limit |")}
    expected = {it.name: getattr(HttpLimits(), it.name) for it in fields(HttpLimits)}
    expected["max_in_flight"] = inspect.signature(Server).parameters["max_in_flight"].default
    assert {name: value for name, (value, _) in rows.items()} == expected
    told = inspect.getsource(HttpLimits)
    for name, (_, answered) in rows.items():
        said = "".join(told.partition(f"    {name}:")[2].split('"""')[1:2])
        for each in re.findall(r"-32\d{3}|HTTP \d{3}", said):
            assert each.removeprefix("HTTP ") in answered, name


def test_other_numbers_of_the_page_are_those_of_the_code() -> None:
    for text in (
        f"at most {envelopes.MAX_ID} bytes as JSON",
        f"more than {envelopes.MAX_METHOD} characters",
        f"at most {network.MAX_IDLE} idle connections",
        f"each for {network.IDLE_SECONDS:.0f} s",
        f"at most {network.MAX_REQUESTS:,} requests",
        f"at most {network.CONNECT_SECONDS:.0f} s for a connection",
        f"{network.CONNECT_SECONDS_OF_MANY:.0f} s where there are other hosts",
        f"last for {hosts.DOWN_SECONDS:.0f} s",
        f"at most {url.MAX_HOSTS}",
        f"at most {MAX_TOLD_ERRORS} of them",
        f"1 to {MAX_TOKEN:,} printable ASCII characters",
    ):
        assert text in " ".join(PAGE.text.split()), text


def test_the_small_server_is_as_the_page_says() -> None:
    row = next(it for it in table("`to`") if words(it[0]) == ["small"])
    parts = re.findall(r"`(\w+)` (\d+)", row[1])
    changed = {it.name for it in fields(SMALL) if getattr(SMALL, it.name) != it.default}
    assert {name: int(value) for name, value in parts} == {
        name: getattr(SMALL, name) for name in changed
    }


def test_what_a_server_tells_of_its_contract_has_the_form_of_the_page(world: World) -> None:
    body = b'{"jsonrpc":"2.0","id":1,"method":"rpc.contract"}'
    told = json.loads(post(world.urls["open"], body, PLAIN).body)["result"]
    shown = next(json.loads(it.text) for it in PAGE.of("json") if '"packages"' in it.text)
    assert _without_texts(told) == _without_texts(shown)


def _without_texts(document: dict[str, Any]) -> dict[str, Any]:
    packages = [{**it, "files": sorted(it["files"])} for it in document["packages"]]
    return {**document, "packages": packages}


def test_every_file_of_vectors_is_told_of() -> None:
    assert {it.name for it in FOLDER.iterdir()} <= set(re.findall(r"\(wire/([^)]+)\)", PAGE.text))
