"""What follows from a row of the vectors, with our client and our server."""

import itertools
import json
import re
import struct
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from rpcgen_runtime import (
    NO_RETRY,
    BadReply,
    Context,
    Deadline,
    DeclaredError,
    NotExecuted,
    OutcomeUnknown,
    RpcError,
    UnknownRemoteError,
    connect,
    jsonrpc,
)
from rpcgen_runtime.context import CURRENT
from rpcgen_runtime.messages import Success, Verb
from rpcgen_runtime.methods import Call, Method
from tests.wire.raw import Answer, Exchange, Fields, Recorder, Saying, post
from tests.wire.vectors import FOLDER, Row
from tests.wire.world import Contract, World

SLACK_MS = 5_000
"""How much of a deadline may be gone when a request is written."""
PLAIN = {"content-type": "application/json"}
ERROR_ID = '"error_id":"0000000000000000"'

_SAID = re.compile(r"rpcgen-.*|content-type|traceparent|authorization")
_NOT_SAID = {"content-length", "date", "server"}
_GIVEN_TO_CALL = ("name", "call", "arguments", "context", "server", "timeout", "token", "trace")
_GIVEN_TO_ASK = ("name", "to", "verb", "path", "headers", "body", "body_hex")
_GIVEN_TO_READ = ("name", "call", "arguments", "status", "headers", "body", "body_hex")

ECHOES = {
    kind: f"Types.{name}"
    for name, kind in re.findall(
        r"call (\w+)\(value: (.+?)\) ->", (FOLDER / "vectors.rpc").read_text("utf-8")
    )
}
"""By type: the method that returns what it is given."""


@dataclass
class Ours:
    """Our generated clients. Their transports are made once, and begin to count anew each time."""

    contract: Contract
    _transports: dict[tuple[str, str | None], Any] = field(default_factory=dict)

    def end_of(self, url: str, row: Row) -> Row:
        """Return how a call ends."""
        method = self.contract.methods[row["call"]]
        given = given_to(method, row["arguments"])
        try:
            with _trace(row):
                result = getattr(self._client(method, url, row), method.name)(**given)
        except RpcError as error:
            return {"outcome": _outcome(error), **_known_of(method, error)}
        if not isinstance(method, Call):
            return {"outcome": "taken"}
        return {"outcome": "result", "read": method.reply.encode(result).decode()}

    def _client(self, method: Method, url: str, row: Row) -> Any:
        suffix = "Events" if method.verb is Verb.EVENT else "Client"
        kind = getattr(self.contract.v, f"{method.service.name}{suffix}")
        return kind(self.transport(url, row.get("token"))).with_options(
            timeout=row.get("timeout"), server=row.get("server"), context=row.get("context")
        )

    def transport(self, url: str, token: str | None = None) -> Any:
        """Return a transport whose first request is the next one."""
        key = url, token
        if key not in self._transports:
            self._transports[key] = connect(url, retry=NO_RETRY, token=token)
        self._transports[key]._ids = itertools.count(1)
        return self._transports[key]

    def close(self) -> None:
        """Give back the connections."""
        for each in self._transports.values():
            each.close()


def called(row: Row, ours: Ours, world: World, recorder: Recorder) -> Row:
    """Return what a call of calls.json writes, and what it is answered."""
    ours.end_of(recorder.url, row)
    exchange = recorder.take()
    answer = exchange.answer
    return {
        **_given(row, _GIVEN_TO_CALL),
        "headers": said_beside(exchange, milliseconds(ours.contract.methods[row["call"]], row)),
        "body": exchange.body.decode(),
        "received": world.spy.take(),
        "status": answer.status,
        "fields": fields_of(answer),
        "answer": re.sub(r'"error_id":"[0-9a-f]{16}"', ERROR_ID, answer.body.decode()),
    }


def given_to(method: Method, arguments: str) -> Mapping[str, object]:
    """Return the arguments that are given, by Python's names."""
    positional, named = method.request.decode(arguments.encode())
    known = {**dict(zip([it.name for it in method.params], positional, strict=False)), **named}
    given = json.loads(arguments)
    return {it.name: known[it.name] for it in method.params if it.wire_name in given}


def milliseconds(method: Method, row: Row) -> int:
    """Return for how long a call may take."""
    return round((row.get("timeout") or method.timeout or 60.0) * 1000)


def said_beside(exchange: Exchange, allowed: int) -> Fields:
    """Return the headers of a request, with examples for what is never the same."""
    found = {name: it for name, it in sorted(exchange.fields.items()) if _SAID.fullmatch(name)}
    assert re.fullmatch(r"[0-9a-f]{32}", found["rpcgen-id"])
    assert allowed - SLACK_MS < int(found["rpcgen-timeout-ms"]) <= allowed
    examples = {"rpcgen-id": f"{1:032}", "rpcgen-timeout-ms": str(allowed)}
    if "traceparent" in found:
        examples["traceparent"] = re.sub(r"-[0-9a-f]{16}-", f"-{1:016}-", found["traceparent"])
    return {**found, **examples}


def fields_of(answer: Answer) -> Fields:
    """Return the headers of an answer that are not the business of HTTP alone."""
    return {name: it for name, it in sorted(answer.fields.items()) if name not in _NOT_SAID}


def requested(row: Row, url: str) -> Row:
    """Return what a request of requests.json is answered."""
    headers = {**PLAIN, **row.get("headers", {})}
    answer = post(
        url,
        body_of(row),
        {name: it for name, it in headers.items() if it},
        verb=row.get("verb", "POST"),
        path=row.get("path", "/"),
    )
    return {
        **_given(row, _GIVEN_TO_ASK),
        "status": answer.status,
        "fields": fields_of(answer),
        "answer": without_words(answer.body.decode()),
    }


def body_of(row: Row) -> bytes:
    """Return the body that a row gives."""
    given: str = row.get("body", "")
    return bytes.fromhex(row["body_hex"]) if "body_hex" in row else given.encode()


def without_words(body: str) -> str:
    """Return an answer without what its errors tell: words may change, and differ."""
    if '"error"' not in body:
        return body
    document = json.loads(body)
    for each in document if isinstance(document, list) else [document]:
        if "error" in each and each["error"]["code"] < 0:
            assert isinstance(each["error"]["message"], str)
            each["error"] = {"code": each["error"]["code"]}
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False)


def replied(row: Row, ours: Ours, saying: Saying) -> Row:
    """Return how a call ends that is answered as a row of replies.json says."""
    saying.answer = Answer(row["status"], row.get("headers", {}), body_of(row))
    return {**_given(row, _GIVEN_TO_READ), **ours.end_of(saying.url, row)}


def valued(row: Row, contract: Contract, url: str) -> Row:
    """Return what becomes of a value of values.json, in a request and in a reply."""
    method = contract.methods[ECHOES[row["type"]]]
    assert isinstance(method, Call)
    found: Row = _given(row, ("type", "json", "lenient"))
    params = f'{{"value":{row["json"]}}}'
    body = f'{{"jsonrpc":"2.0","id":1,"method":"{method.full_name}","params":{params}}}'.encode()
    answer, answer_to_peer = (
        json.loads(post(url, body, {**PLAIN, **it}).body) for it in ({}, {"rpcgen-version": "1.0"})
    )
    value, is_read = _read(method, row["json"])
    found["valid"] = "result" in answer
    if not found["valid"]:
        found["code"] = answer["error"]["code"]
        assert answer_to_peer["error"]["code"] in {-32602, -32700}, row
        if is_read:
            found |= {"in_reply": True, "written": method.reply.encode(value).decode()}
        return found
    assert is_read, row
    assert answer_to_peer == answer, row
    positional, named = method.request.decode(params.encode())
    value = [*positional, *named.values()][0]
    found["written"] = method.reply.encode(value).decode()
    assert json.loads(found["written"]) == answer["result"]
    return found | _meaning(row["type"], value)


def _read(method: Call[object], text: str) -> tuple[object, bool]:
    """Return a result, and whether it can be read, with a header of ours beside it and without."""
    read: list[object] = []
    for is_ours in (True, False):
        try:
            body = f'{{"jsonrpc":"2.0","id":1,"result":{text}}}'.encode()
            reply = jsonrpc.decode_reply(body, 1, is_ours=is_ours)
            assert isinstance(reply, Success)
            read.append(method.reply.decode(reply.result))
        except BadReply:
            continue
    assert len(read) in {0, 2}
    return (read[0], True) if read else (None, False)


def _meaning(kind: str, value: Any) -> Row:
    """Return what a value is, where its text leaves that open."""
    if kind == "bytes":
        return {"means": value.hex()}
    if kind == "float":
        return {"means": struct.pack(">d", value).hex()}
    if kind == "duration":
        seconds = value.days * 86_400 + value.seconds
        return {"means": str(seconds * 1_000_000 + value.microseconds)}
    return {}


def _given(row: Row, names: tuple[str, ...]) -> Row:
    return {name: row[name] for name in names if name in row}


@contextmanager
def _trace(row: Row) -> Iterator[None]:
    """Call as within a handler whose request was part of that trace."""
    if "trace" not in row:
        yield
        return
    outer = Context(
        deadline=Deadline.after(100.0),
        data={},
        method="",
        version="1.0",
        message_id="",
        traceparent=row["trace"],
    )
    token = CURRENT.set(outer)
    try:
        yield
    finally:
        CURRENT.reset(token)


def _outcome(error: RpcError) -> str:
    for family in (NotExecuted, OutcomeUnknown, DeclaredError):
        if isinstance(error, family):
            return f"{family.__name__}.{type(error).__name__}"
    return type(error).__name__


def _known_of(method: Method, error: RpcError) -> Row:
    if isinstance(error, DeclaredError):
        return {"read": method.errors[error.code].encode(error).decode()}
    if isinstance(error, UnknownRemoteError):
        told = [error.code, error.message, error.data]
        return {"read": json.dumps(told, separators=(",", ":"))}
    return {}
