"""A client, as docs/wire-http.md says. Of the standard library alone."""

import http.client
import json
import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from tests.wire.stranger.contract import ERRORS, KINDS, METHODS, Method, Struct
from tests.wire.stranger.values import (
    RefusedError,
    equals_default,
    needs_of,
    parse,
    read,
    read_members,
    write,
)

NO_REPLY = {204, 401, 403, 421}
ID_MAY_BE_NULL = {200, 400, 503}
SAYS_NO = {
    401: "NotExecuted.Unauthenticated",
    403: "NotExecuted.Forbidden",
    421: "NotExecuted.NoServer",
    429: "NotExecuted.Overloaded",
    503: "NotExecuted.Overloaded",
}
CODES = {
    -32700: "NotExecuted.InvalidRequest",
    -32600: "NotExecuted.InvalidRequest",
    -32601: "NotExecuted.MethodNotFound",
    -32602: "NotExecuted.InvalidArguments",
    -32603: "InternalError",
}
CODES_OF_PEERS = {
    -32001: "NotExecuted.Forbidden",
    -32002: "NotExecuted.Unauthenticated",
    -32003: "OutcomeUnknown.BadReply",
    -32004: "NotExecuted.UnsupportedVersion",
    -32005: "NotExecuted.Overloaded",
    -32006: "NotExecuted.ExpiredUnstarted",
    -32007: "OutcomeUnknown.DeadlineExceeded",
    -32008: "NotExecuted.NoServer",
    -32009: "OutcomeUnknown.ConnectionLost",
}


class EndedError(Exception):
    """A call ended without a result."""

    def __init__(self, outcome: str, data: Any = None) -> None:
        super().__init__(outcome)
        self.outcome, self.data = outcome, data


class BadReplyError(ValueError):
    """What came is no reply."""


def call(
    url: str,
    name: str,
    arguments: Mapping[str, Any],
    *,
    context: Mapping[str, str] | None = None,
    server: str | None = None,
    timeout: float | None = None,
    token: str | None = None,
    trace: str | None = None,
) -> Any:
    """Return the result of `Service.method`; None where nothing is answered. Raises EndedError."""
    method = METHODS[name]
    known = read_members(method.params, arguments)
    seconds = timeout or method.timeout
    fields = {
        "content-type": "application/json",
        "rpcgen-id": secrets.token_hex(16),
        "rpcgen-timeout-ms": str(round(seconds * 1000)),
        "rpcgen-version": f"1.{stamp(method, known)}",
    }
    if context:
        fields["rpcgen-context"] = json.dumps(context)
    if server is not None:
        fields["rpcgen-server"] = server
    if token is not None:
        fields["authorization"] = f"Bearer {token}"
    if trace is not None:
        version, trace_id, _, flags = trace.split("-")
        fields["traceparent"] = f"{version}-{trace_id}-{secrets.token_hex(8)}-{flags}"
    status, found, body = _posted(url, _envelope(method, known), fields, seconds)
    is_peer = "rpcgen-version" in found
    if method.verb != "call":
        if not 200 <= status < 300:
            raise EndedError(_of_status(status))
        return None
    return _concluded(method, status, body, is_peer=is_peer)


def stamp(method: Method, known: Mapping[str, Any]) -> int:
    """Return the lowest minor that a call needs."""
    given = {name: it for name, it in method.params.items() if not equals_default(it, known[name])}
    return max([method.since, *(needs_of(it, known[name]) for name, it in given.items())])


def _envelope(method: Method, known: Mapping[str, Any]) -> bytes:
    written = {name: write(it.kind, known[name]) for name, it in method.params.items()}
    given = [n for n, it in method.params.items() if not equals_default(it, known[n])]
    params: object = {name: written[name] for name in given}
    if method.by_position:
        last = max([list(written).index(name) + 1 for name in given], default=0)
        params = list(written.values())[:last]
    request = {"jsonrpc": "2.0", "id": 1, "method": method.name, "params": params}
    if method.verb != "call":
        del request["id"]
    return json.dumps(request, ensure_ascii=False).encode()


def _posted(
    url: str, body: bytes, fields: Mapping[str, str], seconds: float
) -> tuple[int, Mapping[str, str], bytes]:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=seconds)
    try:
        connection.request("POST", parts.path, body, dict(fields))
        response = connection.getresponse()
        found = {name.lower(): value for name, value in response.getheaders()}
        return response.status, found, response.read()
    finally:
        connection.close()


def _concluded(method: Method, status: int, body: bytes, *, is_peer: bool) -> Any:
    if status in NO_REPLY or not body:
        raise EndedError(_of_status(status))
    try:
        reply = _reply(body, may_be_null=status in ID_MAY_BE_NULL)
    except BadReplyError:
        raise EndedError(_of_status(status)) from None
    if "code" in reply:
        raise _failure(method, reply, is_peer=is_peer)
    if method.result is None:
        return None
    try:
        return read(method.result, reply["result"], flows_back=True)
    except RefusedError:
        raise EndedError("OutcomeUnknown.BadReply") from None


def _reply(body: bytes, *, may_be_null: bool) -> Mapping[str, Any]:
    """Return the error, or an object with the result. Raises BadReplyError."""
    try:
        reply = parse(body)
    except (ValueError, RecursionError):
        raise BadReplyError from None
    if not isinstance(reply, dict):
        raise BadReplyError
    number, error = reply.get("id"), reply.get("error")
    is_mine = type(number) is int and number == 1
    if error is None and "result" in reply and is_mine:
        return {"result": reply["result"]}
    if not isinstance(error, dict) or type(error.get("code")) is not int:
        raise BadReplyError
    if not is_mine and not (may_be_null and number is None):
        raise BadReplyError
    return error


def _failure(method: Method, error: Mapping[str, Any], *, is_peer: bool) -> EndedError:
    code = error["code"]
    if code in method.raises:
        name, data = ERRORS[code][0], error.get("data", {})
        struct = KINDS[name]
        assert isinstance(struct, Struct)
        if not is_peer and not isinstance(data, dict) and len(struct.fields) == 1:
            data = dict.fromkeys(struct.fields, data)
        try:
            return EndedError(f"DeclaredError.{name}", read(name, data, flows_back=True))
        except RefusedError:
            pass
    known = {**CODES, **(CODES_OF_PEERS if is_peer else {})}
    told = [code, error.get("message", ""), error.get("data")]
    return EndedError(known[code]) if code in known else EndedError("UnknownRemoteError", told)


def _of_status(status: int) -> str:
    if status in SAYS_NO:
        return SAYS_NO[status]
    return "NotExecuted.InvalidRequest" if 300 <= status < 500 else "OutcomeUnknown.BadReply"
