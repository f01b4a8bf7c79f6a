"""Who knows the page and the vectors alone can talk to us: a client and a server of no library."""

import ast
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.wire.observed import (
    ECHOES,
    Ours,
    fields_of,
    milliseconds,
    requested,
    said_beside,
)
from tests.wire.raw import Answer, Fields, Recorder, Saying
from tests.wire.stranger import client, server, values
from tests.wire.stranger.client import EndedError
from tests.wire.stranger.contract import ERRORS, METHODS
from tests.wire.stranger.server import Log
from tests.wire.stranger.values import RefusedError
from tests.wire.vectors import Row, read
from tests.wire.world import Contract, World

HERE = Path(__file__).parent / "stranger"
CALLS, VALUES = read("calls"), read("values")
OPTIONS = ("context", "server", "timeout", "token", "trace")


@pytest.fixture(scope="module")
def log() -> Log:
    return Log()


@pytest.fixture(scope="module")
def stranger(log: Log) -> Iterator[str]:
    with server.running(log) as url:
        yield url


def plain(text: str) -> Any:
    """Return JSON in one form: members sorted, numbers as they are."""
    return json.dumps(json.loads(text), sort_keys=True) if text else ""


def test_a_stranger_writes_what_the_vectors_say_and_reads_what_our_server_answers(
    contract: Contract, world: World, recorder: Recorder
) -> None:
    for row in CALLS:
        ended = _called(recorder.url, row)
        exchange = recorder.take()
        allowed = milliseconds(contract.methods[row["call"]], row)
        assert plain(exchange.body.decode()) == plain(row["body"]), row["name"]
        said = said_beside(exchange, allowed)
        assert {**said, **_context(said)} == {**row["headers"], **_context(row["headers"])}
        assert world.spy.take() == row["received"]
        assert exchange.answer.status == row["status"]
        assert fields_of(exchange.answer) == row["fields"]
        assert ended == _expected(row), row["name"]


def _context(fields: Fields) -> dict[str, str]:
    name = "rpcgen-context"
    return {name: plain(fields[name])} if name in fields else {}


def _called(url: str, row: Row) -> tuple[str, str]:
    """Return how the stranger's call ends, and what it knows then, as JSON."""
    method = METHODS[row["call"]]
    options = {name: row[name] for name in OPTIONS if name in row}
    try:
        result = client.call(url, row["call"], json.loads(row["arguments"]), **options)
    except EndedError as error:
        name = error.outcome.partition("DeclaredError.")[2]
        data = values.write(name, error.data) if name else error.data
        return error.outcome, "" if data is None else plain(json.dumps(data))
    if method.verb != "call":
        return "taken", ""
    written = None if method.result is None else values.write(method.result, result)
    return "result", plain(json.dumps(written))


def _expected(row: Row) -> tuple[str, str]:
    """Return how a call ends that is answered so."""
    if not row["answer"]:
        return "taken", ""
    answer = json.loads(row["answer"])
    if "result" in answer:
        return "result", plain(json.dumps(answer["result"]))
    error = answer["error"]
    if error["code"] == -32603:
        return "InternalError", ""
    name = ERRORS[error["code"]][0]
    return f"DeclaredError.{name}", plain(json.dumps(error["data"]))


def test_a_stranger_reads_replies_as_the_vectors_say(saying: Saying) -> None:
    for row in read("replies"):
        body = bytes.fromhex(row["body_hex"]) if "body_hex" in row else row["body"].encode()
        saying.answer = Answer(row["status"], row["headers"], body)
        expected = row["outcome"], plain(row.get("read", ""))
        assert _called(saying.url, row) == expected, row["name"]


def test_our_client_is_content_with_what_a_stranger_answers(
    ours: Ours, stranger: str, log: Log
) -> None:
    for row in CALLS:
        ended = ours.end_of(stranger, row)
        assert (ended["outcome"], plain(ended.get("read", ""))) == _expected(row), row["name"]
        assert [plain(it) for it in server.received(log)] == [plain(row["received"])], row["name"]


def test_a_stranger_answers_requests_as_the_vectors_say(stranger: str) -> None:
    rows = [it for it in read("requests") if it.get("to", "open") == "open"]
    for row in rows:
        found = requested(row, stranger)
        assert (found["status"], found["fields"]) == (row["status"], row["fields"]), row["name"]
        assert plain(found["answer"]) == plain(row["answer"]), row["name"]
    assert len(rows) > 100


@pytest.mark.parametrize("kind", ECHOES)
def test_a_stranger_reads_and_writes_values_as_the_vectors_say(kind: str) -> None:
    rows = [it for it in VALUES if it["type"] == kind and "lenient" not in it]
    assert rows
    for row in rows:
        for flows_back in (False, True):
            is_right = row["valid"] or (flows_back and row.get("in_reply", False))
            found = _written(kind, row["json"], flows_back=flows_back)
            assert found == (plain(row["written"]) if is_right else None), row


def _written(kind: str, text: str, *, flows_back: bool) -> str | None:
    """Return how the stranger writes what it reads; None where it refuses."""
    try:
        document = values.parse(text.encode())
        value = values.read(kind, document, flows_back=flows_back)
        return json.dumps(values.write(kind, value), sort_keys=True)
    except (RefusedError, ValueError):
        return None


def test_a_stranger_knows_the_standard_library_and_nothing_of_ours() -> None:
    for path in HERE.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            modules = [it.name for it in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                modules = [str(node.module)]
            for module in modules:
                is_own = module.startswith("tests.wire.stranger.")
                assert is_own or module.partition(".")[0] in sys.stdlib_module_names, module
