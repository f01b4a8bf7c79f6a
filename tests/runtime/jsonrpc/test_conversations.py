"""Conversations in files, replayed over real HTTP.

    // a comment
    @verb GET, @path /x, @chunked, @name: value      how the next request is sent
    --> body          `<<x * 3>>` stands for `xxx`; `-->hex` is followed by bytes
    <-- body          status 200 and this JSON; of an error only the code is compared
    <-- 405 allow: POST      a status and, if need be, a header or a JSON body

The order of a batch's answers is free (JSON-RPC 2.0 section 6).
"""

import http.client
import json
import re
import socket
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from pydantic import JsonValue

from rpcgen_runtime import Context, Server
from tests.runtime.generated.new.trial.specification.v1 import SpecificationServer
from tests.runtime.places import PATIENCE, Answer

FILES = sorted(Path(__file__).parent.glob("*.txt"))
REPEATED = re.compile(rb"<<(.+?) \* (\d+)>>", re.DOTALL)


class Specification(SpecificationServer):
    """What the examples of the specification call."""

    def __init__(self) -> None:
        self.free, self.begun = threading.Event(), threading.Semaphore(0)

    def subtract(self, ctx: Context, minuend: int, subtrahend: int) -> int:
        return minuend - subtrahend

    def sum(self, ctx: Context, a: int, b: int, c: int) -> int:
        return a + b + c

    def get_data(self, ctx: Context) -> list[JsonValue]:
        return ["hello", 5]

    def update(self, ctx: Context, a: int, b: int, c: int, d: int, e: int) -> None:
        """Take it."""

    def notify_hello(self, ctx: Context, value: int) -> None:
        """Take it."""

    def notify_sum(self, ctx: Context, a: int, b: int, c: int) -> None:
        """Take it."""

    def echo(self, ctx: Context, value: JsonValue) -> JsonValue:
        if value == "wait":
            self.begun.release()
            assert self.free.wait(PATIENCE)
        return value

    def fail(self, ctx: Context, text: str) -> str:
        raise RuntimeError(text)

    def large(self, ctx: Context, size: int) -> str:
        return "x" * size

    def half(self, ctx: Context, a: int, b: int) -> float:
        return a / b


@dataclass
class Turn:
    """One request with the answer that it must get."""

    line: int
    verb: str = "POST"
    path: str = "/"
    chunked: bool = False
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    expected: str = ""


def turns(text: str) -> Iterator[Turn]:
    """Read a conversation."""
    turn = Turn(0)
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("@verb "):
            turn.verb = line[6:]
        elif line.startswith("@path "):
            turn.path = line[6:]
        elif line == "@chunked":
            turn.chunked = True
        elif line.startswith("@"):
            name, _, value = line[1:].partition(":")
            turn.headers[name] = _spread(value.strip().encode()).decode()
        elif line.startswith("-->hex"):
            turn.line, turn.body = number, bytes.fromhex(line[6:])
        elif line.startswith("-->"):
            turn.line, turn.body = number, _spread(line[3:].strip().encode())
        elif line.startswith("<--"):
            turn.expected = line[3:].strip()
            yield turn
            turn = Turn(0)
        else:
            assert not line or line.startswith("//"), f"line {number} is none: {line}"


def _spread(text: bytes) -> bytes:
    return REPEATED.sub(lambda it: it[1] * int(it[2]), text)


def say(connection: http.client.HTTPConnection, turn: Turn) -> Answer:
    """Send one request."""
    headers = {"content-type": "application/json", **turn.headers}
    kept = {name: value for name, value in headers.items() if value}
    body: Any = _pieces(turn.body) if turn.chunked else turn.body
    connection.request(turn.verb, turn.path, body, kept, encode_chunked=turn.chunked)
    response = connection.getresponse()
    found = {name.lower(): value for name, value in response.getheaders()}
    return Answer(response.status, found, response.read())


def _pieces(body: bytes) -> Iterable[bytes]:
    return [body[at : at + 50_000] for at in range(0, len(body), 50_000)]


def judge(turn: Turn, answer: Answer) -> None:
    """Compare an answer with what was expected."""
    status, rest = re.fullmatch(r"(\d{3})?\s*(.*)", turn.expected, re.DOTALL).groups()  # type: ignore[union-attr]
    assert answer.status == int(status or 200), answer.body[:300]
    assert b"secret" not in answer.body
    assert b"Traceback" not in answer.body
    if rest == "large":
        assert sorted("result" in it for it in answer.json) == [False, True]
        assert [it["error"]["code"] for it in answer.json if "error" in it] == [-32003]
    elif rest.startswith(("{", "[")):
        assert answer.headers["content-type"] == "application/json"
        assert len(answer.body) < 8_192
        assert _plain(answer.json) == _plain(json.loads(rest))
    else:
        assert answer.body == b""
        if rest:
            name, _, value = rest.partition(":")
            assert answer.headers[name] == value.strip()


def _plain(document: Any) -> Any:
    """Return what of an answer is compared: batches without order, errors without their words."""
    if isinstance(document, list):
        return sorted(
            (_plain(it) for it in document), key=lambda it: json.dumps(it, sort_keys=True)
        )
    if "error" not in document:
        return document
    assert "result" not in document
    return {**document, "error": document["error"]["code"]}


@pytest.fixture
def server() -> Iterator[Server]:
    with Server("http://127.0.0.1:0", [Specification()]) as running:
        yield running


def _connect(server: Server) -> http.client.HTTPConnection:
    parts = urlsplit(server.url)
    return http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=PATIENCE)


@pytest.mark.parametrize("file", FILES, ids=lambda it: it.stem)
def test_a_conversation_goes_as_written(file: Path, server: Server) -> None:
    found = list(turns(file.read_text("utf-8")))
    assert len(found) > 10
    for turn in found:
        connection = _connect(server)
        try:
            answer = say(connection, turn)
            judge(turn, answer)
        except Exception as error:
            raise AssertionError(f"{file.name}:{turn.line}: {error}") from error
        finally:
            connection.close()


def test_one_connection_carries_a_whole_conversation(server: Server) -> None:
    connection = _connect(server)
    file = Path(__file__).with_name("specification.txt")
    for turn in turns(file.read_text("utf-8")):
        judge(turn, say(connection, turn))
    connection.close()


def test_a_server_with_too_much_to_do_says_when_to_come_again() -> None:
    endpoint = Specification()
    wait = b'{"jsonrpc": "2.0", "id": 1, "method": "rpc.echo", "params": ["wait"]}'
    with Server("http://127.0.0.1:0", [endpoint], max_in_flight=1) as running:
        first, second = _connect(running), _connect(running)
        first.request("POST", "/", wait, {"content-type": "application/json"})
        try:
            assert endpoint.begun.acquire(timeout=PATIENCE)
            answer = say(second, Turn(0, body=wait))
            assert answer.status == 503
            assert answer.headers["retry-after"] == "1"
            assert answer.json["error"]["code"] == -32005
            told = say(second, Turn(0, body=wait.replace(b'"id": 1, ', b"")))
            assert (told.status, told.headers["retry-after"], told.body) == (503, "1", b"")
        finally:
            endpoint.free.set()
        assert json.loads(first.getresponse().read())["result"] == "wait"
        first.close()
        second.close()


def _raw(server: Server, text: bytes) -> bytes:
    parts = urlsplit(server.url)
    with socket.create_connection((str(parts.hostname), parts.port), PATIENCE) as connection:
        connection.sendall(text)
        found = b""
        while piece := connection.recv(65_536):
            found += piece
        return found


CALL = b'{"jsonrpc":"2.0","id":1,"method":"get_data"}'
HEAD = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"


@pytest.mark.parametrize(
    "fields",
    [
        b"content-length: 44\r\ncontent-length: 45\r\n",
        b"content-length: -1\r\n",
        b"content-length: 4x\r\n",
        b"content-length: \xb2\r\n",
        b"transfer-encoding: chunked\r\ncontent-length: 44\r\n",
    ],
)
def test_lengths_that_contradict_each_other_are_refused(server: Server, fields: bytes) -> None:
    answer = _raw(server, HEAD + fields + b"\r\n" + CALL)
    assert answer.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 413 "))
    assert b"hello" not in answer


def test_pipelined_requests_are_answered_in_order(server: Server) -> None:
    length = b"content-length: %d\r\n" % len(CALL)
    second = CALL.replace(b'"id":1', b'"id":2')
    text = HEAD + length + b"\r\n" + CALL + HEAD + length + b"connection: close\r\n\r\n" + second
    answer = _raw(server, text)
    assert 0 < answer.index(b'"id":1') < answer.index(b'"id":2')


def test_http_1_0_is_answered(server: Server) -> None:
    length = b"content-length: %d\r\n\r\n" % len(CALL)
    answer = _raw(server, HEAD.replace(b"1.1", b"1.0") + length + CALL)
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.endswith(b'"result":["hello",5]}')
