"""A server of the vectors, as docs/wire-http.md and the contract's comments say.

Of the standard library alone.
"""

import datetime as dt
import json
import math
import re
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from tests.wire.stranger.contract import ERRORS, METHODS, MINOR, Method
from tests.wire.stranger.values import RefusedError, Twice, parse, read_members, write

NAME = "node-7"
OURS = {"rpcgen-server": NAME, "rpcgen-version": f"1.{MINOR}"}
MEDIA_TYPES = {"application/json", "application/json-rpc", "application/jsonrequest"}
MAX_TIMEOUT = 3_600.0
PING = Method("rpc.ping")

_VERSION = re.compile(r"([0-9]{1,5})\.([0-9]{1,5})")


class AnsweredError(Exception):
    """What is answered instead of a result."""

    def __init__(self, code: int, message: str, data: Any = None) -> None:
        super().__init__(message)
        self.error = {"code": code, "message": message}
        if data is not None:
            self.error["data"] = data


class StatusError(Exception):
    """What is answered instead of a reply."""

    def __init__(self, status: int, fields: Mapping[str, str] | None = None) -> None:
        super().__init__(status)
        self.status, self.fields = status, fields or {}


@dataclass(frozen=True)
class Beside:
    """What the headers say."""

    version: str
    context: Mapping[str, str]
    until: float


@dataclass
class Log:
    """What the methods were given, as JSON by name."""

    received: list[str] = field(default_factory=list)


@contextmanager
def running(log: Log) -> Iterator[str]:
    """Serve in the background; yields the URL."""

    class Stranger(_Stranger):
        received = log.received

    server = ThreadingHTTPServer(("127.0.0.1", 0), Stranger)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Stranger(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    received: list[str]

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", "0")))
        path = self.path.partition("?")[0]
        if path in {"/healthz", "/readyz"}:
            self._tell_health()
            return
        try:
            self._check(path)
            status, answer = self._answered(body)
            kind = {"content-type": "application/json"} if answer else {}
            self._say(status, answer, {**OURS, **kind})
        except StatusError as error:
            self._say(error.status, b"", {**OURS, **error.fields})

    do_DELETE = do_GET = do_HEAD = do_OPTIONS = do_POST = do_PUT = _serve

    def _tell_health(self) -> None:
        if self.command not in {"GET", "HEAD"}:
            self._say(405, b"", {"allow": "GET, HEAD"})
            return
        fields = {"content-type": "application/json", "cache-control": "no-store"}
        self._say(200, b'{"status":"ok"}', fields)

    def _say(self, status: int, body: bytes, fields: Mapping[str, str]) -> None:
        self.send_response_only(status)
        length = {} if status == 204 else {"content-length": str(len(body))}
        for name, value in {**fields, **length}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(b"" if self.command == "HEAD" else body)

    def _check(self, path: str) -> None:
        if path != "/":
            raise StatusError(404)
        host = self.headers.get("host", "").rpartition(":")[0]
        if host not in {"127.0.0.1", "localhost"} or "origin" in self.headers:
            raise StatusError(403)
        if self.command != "POST":
            raise StatusError(405, {"allow": "POST"})
        charset = self.headers.get_content_charset("utf-8")
        if "content-type" not in self.headers or charset != "utf-8":
            raise StatusError(415, {"accept": "application/json"})
        if self.headers.get_content_type() not in MEDIA_TYPES:
            raise StatusError(415, {"accept": "application/json"})
        if self.headers.get("content-encoding", "identity") != "identity":
            raise StatusError(415, {"accept-encoding": "identity"})
        if self.headers.get("rpcgen-server", NAME) != NAME:
            raise StatusError(421)

    def _answered(self, body: bytes) -> tuple[int, bytes]:
        if not body:
            return 400, _reply(None, error={"code": -32700, "message": "an empty body"})
        try:
            document = parse(body)
        except ValueError:
            return 200, _reply(None, error={"code": -32700, "message": "not JSON"})
        if not isinstance(document, list):
            answer = self._one(document)
            return (204, b"") if answer is None else (200, answer)
        if not document:
            return 200, _reply(None, error={"code": -32600, "message": "an empty batch"})
        answers = [it for it in map(self._one, document) if it is not None]
        return (200, b"[" + b",".join(answers) + b"]") if answers else (204, b"")

    def _one(self, request: Any) -> bytes | None:
        """Return the reply; None to a notification."""
        number = None
        try:
            number = _id_of(request)
            method, params = _method_of(request)
            beside = self._beside(method)
            arguments = _arguments_of(method, params)
            self.received.append(_json(_written(method, arguments)))
            result = _run(method, arguments, beside)
        except AnsweredError as error:
            is_request = isinstance(request, dict) and error.error["code"] != -32600
            if is_request and "id" not in request:
                return None
            return _reply(number, error=error.error)
        if "id" not in request:
            return None
        written = None if method.result is None else write(method.result, result)
        return _reply(number, result=written)

    def _beside(self, method: Method) -> Beside:
        milliseconds = self.headers.get("rpcgen-timeout-ms", "60000")
        if not re.fullmatch("[0-9]{1,12}", milliseconds):
            raise AnsweredError(-32602, "`rpcgen-timeout-ms` is no number")
        context = _context_of(self.headers.get("rpcgen-context", "{}"))
        version = self.headers.get("rpcgen-version", f"1.{MINOR}")
        match = _VERSION.fullmatch(version)
        is_served = match and match[1] == "1" and int(match[2]) <= MINOR
        if not is_served and method is not PING:
            raise AnsweredError(-32004, "this version is not served")
        if milliseconds.strip("0") == "":
            raise AnsweredError(-32006, "expired")
        seconds = min(int(milliseconds) / 1000, MAX_TIMEOUT)
        return Beside(version, context, time.monotonic() + seconds)


def _reply(number: Any, **members: Any) -> bytes:
    return _json({"jsonrpc": "2.0", "id": number, **members}).encode()


def _json(document: Any) -> str:
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False)


def _id_of(request: Any) -> Any:
    if not isinstance(request, dict):
        raise AnsweredError(-32600, "a request is an object")
    number = request.get("id")
    if not isinstance(number, str | int | float | None) or isinstance(number, bool):
        raise AnsweredError(-32600, "not an id")
    if len(str(number)) > 256:
        raise AnsweredError(-32600, "too long an id")
    return number


def _method_of(request: Mapping[str, Any]) -> tuple[Method, Any]:
    name, params = request.get("method"), request.get("params", {})
    if isinstance(request, Twice) or request.get("jsonrpc") != "2.0":
        raise AnsweredError(-32600, "not a request")
    if not isinstance(name, str) or not name:
        raise AnsweredError(-32600, "not a request")
    if not isinstance(params, dict | list):
        raise AnsweredError(-32602, "neither an object nor an array")
    found = [it for it in (PING, *METHODS.values()) if name in _names_of(it)]
    if not found:
        raise AnsweredError(-32601, "no such method")
    is_call = "id" in request
    meant = next((it for it in found if (it.verb == "call") == is_call), found[0])
    return meant, params


def _names_of(method: Method) -> set[str]:
    """Return what a method is called: in full, with a former namespace, by its bare name."""
    prefix, _, bare = method.name.rpartition(".")
    former = {f"old_shelf.{bare}"} if prefix == "shelf" else set[str]()
    return {method.name} if method is PING else {method.name, bare, *former}


def _arguments_of(method: Method, params: Any) -> dict[str, Any]:
    if isinstance(params, Twice):
        raise AnsweredError(-32602, "a name stands twice")
    if isinstance(params, list):
        if len(params) > len(method.params):
            raise AnsweredError(-32602, "there are fewer parameters")
        params = dict(zip(method.params, params, strict=False))
    if params.keys() - method.params.keys():
        raise AnsweredError(-32602, "no such parameter")
    try:
        return read_members(method.params, params, flows_back=method.verb == "event")
    except RefusedError as error:
        raise AnsweredError(-32602, f"`{error}`") from None


def _context_of(text: str) -> Mapping[str, str]:
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    is_read = isinstance(found, dict) and all(isinstance(it, str) for it in found.values())
    if not is_read or len(text) > 8_192:
        raise AnsweredError(-32602, "`rpcgen-context` is no object of texts")
    return dict(found or {})


def _written(method: Method, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: write(it.kind, arguments[name]) for name, it in method.params.items()}


def _run(method: Method, arguments: Mapping[str, Any], beside: Beside) -> Any:
    """Do what the comments of the contract say."""
    name = method.name
    if name.startswith("Types."):
        return arguments["value"]
    if name == "shelf.Put-It":
        return _put(arguments["Name"])
    if name == "shelf.beside":
        return {
            "version": beside.version,
            "context": beside.context,
            "seconds": math.ceil(beside.until - time.monotonic()),
            "server": NAME,
            "caller": None,
        }
    fixed: dict[str, Any] = {"shelf.count": 3, "eth_blockNumber": "0x10"}
    if name == "shelf.large":
        return "x" * arguments["size"]
    if name == "points.place":
        return list(_written(method, arguments).values())
    return fixed.get(name)


def _put(name: str) -> str:
    east = dt.timezone(dt.timedelta(hours=2))
    until = dt.datetime(2026, 5, 1, 12, 0, 0, 500_000, tzinfo=east)
    full = {"max": 3, "color": "red", "until": None}
    raised: Mapping[str, tuple[int, Mapping[str, Any]]] = {
        "full": (1001, full),
        "fuller": (1001, {**full, "color": "blue", "until": until}),
        "gone": (1002, {}),
        "lost": (1003, {"Place": "behind"}),
    }
    if name in raised:
        code, data = raised[name]
        raise AnsweredError(code, ERRORS[code][1], write(ERRORS[code][0], data))
    if name == "fail":
        raise AnsweredError(-32603, "internal error", {"error_id": secrets.token_hex(8)})
    return name


def received(log: Log) -> Sequence[str]:
    """Return what the methods were given, and forget it."""
    found, log.received[:] = list(log.received), []
    return found
