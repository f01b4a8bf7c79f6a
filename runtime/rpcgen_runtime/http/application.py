"""The ASGI application: JSON-RPC 2.0 over HTTP, mountable in Starlette and FastAPI.

HTTP statuses speak of the transport; what the service says travels with 200.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeAlias

from rpcgen_runtime import errors, jsonrpc
from rpcgen_runtime.dispatch import SUCCESS_NULL, Dispatcher, ServerSettings
from rpcgen_runtime.endpoint import Endpoint
from rpcgen_runtime.http import headers
from rpcgen_runtime.http.headers import Beside
from rpcgen_runtime.messages import Failure, Reply, Request, Verb

# ASGI's own types (asgi.readthedocs.io, specification 3): dicts whose members depend on `type`.
Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_DIGITS = re.compile(r"[0-9]{1,18}")

LINGER_BYTES = 16 << 20
LINGER_SECONDS = 2.0
"""How much of a refused body is thrown away, and how long, before the connection is closed."""

JSON = (b"content-type", b"application/json")


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpLimits:
    """What one request may cost."""

    max_body: int = 1 << 20
    """Bytes."""
    max_batch: int = 100
    """Requests in one batch."""
    max_response: int = 16 << 20
    """Bytes of all results of one body together."""
    body_timeout: float = 10.0
    """Seconds in which a body must have arrived."""


class Application:
    """An ASGI 3 application that serves endpoints. Mount it, or let `serve` run it."""

    def __init__(
        self,
        endpoints: Iterable[Endpoint],
        *,
        settings: ServerSettings | None = None,
        limits: HttpLimits | None = None,
        path: str = "/",
    ) -> None:
        """Prepare an application that answers at `path`, below where it is mounted."""
        settings = settings or ServerSettings()
        self.dispatcher = Dispatcher(endpoints, settings)
        self._name = settings.name
        self._limits = limits or HttpLimits()
        self._path = path.rstrip("/")
        self._version = _newest(self.dispatcher)
        self.is_draining = False
        """Whether clients are asked to connect elsewhere; set by the server that stops."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection's request, or the server's lifespan."""
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
        elif scope["type"] == "http":
            await self._serve(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        try:
            self._check(scope, found)
            body = await self._body(receive)
            beside = headers.decode(found)
        except _Refusal as error:
            await self._send(send, error.status, error.body, error.headers, more=True)
            await self._linger(receive)
            await send({"type": "http.response.body"})
            return
        except headers.HeaderError as error:
            failure = Failure(errors.INVALID_PARAMS, str(error))
            await self._send(send, 200, _error_body(failure), [])
            return
        status, answer = await self._answer(body, beside, is_ours=headers.VERSION in found)
        extra = [(b"retry-after", b"1")] if status == 503 else []
        await self._send(send, status, answer, extra)

    def _check(self, scope: Scope, found: MutableMapping[str, str]) -> None:
        """Raise _Refusal for what is refused before its body is read."""
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        if path.rstrip("/") != self._path:
            raise _Refusal(404, b"")
        if scope["method"] != "POST":
            raise _Refusal(405, b"", [(b"allow", b"POST")])
        kind, charset = headers.media_type(found.get("content-type", ""))
        if kind not in headers.MEDIA_TYPES or charset not in {"utf-8", "utf8"}:
            raise _Refusal(415, b"")
        if found.get("content-encoding", "identity").lower() != "identity":
            raise _Refusal(415, b"")
        if found.get(headers.SERVER, self._name) != self._name:
            raise _Refusal(421, b"")
        length = found.get("content-length", "0")
        if not _DIGITS.fullmatch(length) or int(length) > self._limits.max_body:
            raise _Refusal(413, b"", [(b"connection", b"close")])

    async def _body(self, receive: Receive) -> bytes:
        try:
            async with asyncio.timeout(self._limits.body_timeout):
                return await self._read(receive)
        except TimeoutError:
            raise _Refusal(408, b"", [(b"connection", b"close")]) from None

    async def _read(self, receive: Receive) -> bytes:
        parts: list[bytes] = []
        size = 0
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise _Refusal(400, b"")
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > self._limits.max_body:
                raise _Refusal(413, b"", [(b"connection", b"close")])
            more = message.get("more_body", False)
        return b"".join(parts)

    async def _answer(self, body: bytes, beside: Beside, *, is_ours: bool) -> tuple[int, bytes]:
        if not body:
            return 400, _error_body(Failure(errors.PARSE_ERROR, "the body is empty"))
        envelope = jsonrpc.decode(body, self._limits.max_batch, is_ours=is_ours)
        if envelope.is_batch:
            return await self._batch(envelope, beside)
        item = envelope.items[0]
        reply = await self._one(item, beside)
        overloaded = isinstance(reply, Failure) and reply.code == errors.OVERLOADED
        if item.id is None:
            return 503 if overloaded else 204, b""
        answer = jsonrpc.encode_reply(item.id, self._within_limit(reply, 0))
        return 503 if overloaded else 200, answer

    async def _batch(self, envelope: jsonrpc.Envelope, beside: Beside) -> tuple[int, bytes]:
        replies = await asyncio.gather(*(self._one(it, beside) for it in envelope.items))
        answers: list[bytes] = []
        size = 0
        for item, reply in zip(envelope.items, replies, strict=True):
            if item.id is not None:
                answers.append(jsonrpc.encode_reply(item.id, self._within_limit(reply, size)))
                size += len(answers[-1])
        return (200, b"[" + b",".join(answers) + b"]") if answers else (204, b"")

    def _within_limit(self, reply: Reply, size: int) -> Reply:
        if isinstance(reply, Failure) or size + len(reply.result) <= self._limits.max_response:
            return reply
        return Failure(errors.RESPONSE_TOO_LARGE, "the response is too large; the method did run")

    async def _one(self, item: jsonrpc.Incoming | jsonrpc.Refused, beside: Beside) -> Reply:
        if isinstance(item, jsonrpc.Refused):
            return item.failure
        request = Request(
            verb=Verb.CALL if item.id is not None else Verb.CAST,
            name=item.name,
            params=item.params,
            version=beside.version,
            deadline=beside.deadline,
            message_id=beside.message_id,
            traceparent=beside.traceparent,
            data=beside.data,
        )
        if item.id is None:
            return self.dispatcher.begin(request) or SUCCESS_NULL
        return await self.dispatcher.handle(request)

    async def _linger(self, receive: Receive) -> None:
        """Let a body that is refused run out: who still sends it would not read the answer."""
        left = LINGER_BYTES
        with suppress(TimeoutError):
            async with asyncio.timeout(LINGER_SECONDS):
                more = True
                while more and left > 0:
                    message = await receive()
                    left -= len(message.get("body", b""))
                    more = message.get("more_body", False)

    async def _send(
        self,
        send: Send,
        status: int,
        body: bytes,
        extra: Iterable[tuple[bytes, bytes]],
        *,
        more: bool = False,
    ) -> None:
        fields = [(headers.VERSION.encode(), self._version), *extra]
        if body:
            fields.append(JSON)
        if status != 204:
            fields.append((b"content-length", b"%d" % len(body)))
        if self.is_draining:
            fields.append((b"connection", b"close"))
        await send({"type": "http.response.start", "status": status, "headers": fields})
        await send({"type": "http.response.body", "body": body, "more_body": more})


class _Refusal(Exception):  # an answer, not a fault
    """What is answered instead of what a method would."""

    def __init__(self, status: int, body: bytes, extra: Iterable[tuple[bytes, bytes]] = ()) -> None:
        super().__init__(status)
        self.status = status
        self.body = body
        self.headers = extra


def _error_body(failure: Failure) -> bytes:
    return jsonrpc.encode_reply(b"null", failure)


def _newest(dispatcher: Dispatcher) -> bytes:
    versions = [service.version for service, _ in dispatcher.table.services]
    return str(max(versions)).encode() if versions else b"0.0"


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
