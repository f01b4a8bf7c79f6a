"""The ASGI application: JSON-RPC 2.0 over HTTP, mountable in Starlette and FastAPI.

A server of ours hands over requests that came whole (`answer`), and what remains of ASGI then is
nothing; any other server, and any other request, goes by ASGI's messages.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, MutableMapping, Sequence
from contextlib import suppress
from http import HTTPStatus
from typing import Any, NamedTuple, TypeAlias

from rpcgen_runtime.dispatch import Dispatcher, ServerSettings
from rpcgen_runtime.endpoint import Endpoint
from rpcgen_runtime.http import headers, health
from rpcgen_runtime.http.answers import Answers
from rpcgen_runtime.http.arrival import Arrivals
from rpcgen_runtime.http.heads import (
    CLOSE,
    Again,
    Field,
    Fields,
    Head,
    Judge,
    Known,
    Memory,
    Refusal,
)
from rpcgen_runtime.http.limits import HttpLimits
from rpcgen_runtime.http.origins import Origins
from rpcgen_runtime.transport import DRAINING

# ASGI's own types (asgi.readthedocs.io, specification 3): dicts whose members depend on `type`.
Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]

LINGER_BYTES = 16 << 20
LINGER_SECONDS = 2.0
"""How much of a refused body is thrown away, and how long, before the connection is closed."""

JSON = (b"content-type", b"application/json")
RETRY = (b"retry-after", b"1")


class Answer(NamedTuple):
    """What a request is answered."""

    status: int
    fields: tuple[Field, ...]
    """Without the body's length, which who sends it tells."""
    body: bytes


class Application:
    """An ASGI 3 application that serves endpoints. Mount it, or let `serve` run it."""

    def __init__(
        self,
        endpoints: Iterable[Endpoint],
        *,
        settings: ServerSettings | None = None,
        limits: HttpLimits | None = None,
        path: str = "/",
        allowed_hosts: Sequence[str] = ("*",),
        allowed_origins: Sequence[str] = (),
    ) -> None:
        """Prepare an application that answers at `path`, below where it is mounted.

        `allowed_hosts` are the names that callers may use for this server, such as
        `api.example.com` or `*.example.com` (default: any); `allowed_origins` are the origins of
        web pages that may call it, such as `https://app.example.com` (default: none).
        """
        settings = settings or ServerSettings()
        limits = limits or HttpLimits()
        self.dispatcher = Dispatcher(endpoints, settings)
        self.path = path
        self.is_draining = False
        """Whether clients are asked to connect elsewhere; set by the server that stops."""
        self._limits = limits
        self._judge = Judge(
            self.dispatcher,
            name=settings.name,
            limits=limits,
            path=path,
            origins=Origins(allowed_hosts, allowed_origins),
        )
        self._answers = Answers(self.dispatcher, limits)
        self._fields = tuple(_own_fields(self.dispatcher, settings.name))
        self._plain = (*self._fields, JSON)
        """Of most answers: to one and the same tuple its lines are found."""
        self._arrivals = Arrivals()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection's request, or the server's lifespan."""
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
        elif scope["type"] == "http":
            await self._serve(scope, receive, send)

    async def answer(self, head: Head | Again, body: bytes, memory: Memory) -> Answer:
        """Answer a request that came whole; its path is not one of health."""
        try:
            known = await self._judge.judge(head, memory, self._arrivals.now())
        except Refusal as error:
            return self._finished(error.status, (*self._fields, *error.fields), b"")
        return self._answer(known, *await self._answers.answer(body, known))

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        head = _head(scope)
        if head.path in health.HEALTH_PATHS and head.path != self.path:
            # Answered to everybody, whatever else is going on.
            reasons = [DRAINING] if self.is_draining else []
            status, body, told = health.told(head.path, head.method, reasons)
            await _send(send, self._finished(status, tuple(told), body))
            return
        allowing: Fields = []
        try:
            known = await self._judge.judge(head, Memory(), self._arrivals.now())
            allowing = known.fields
            body = await self._body(receive)
        except Refusal as error:
            fields = (*self._fields, *allowing, *error.fields)
            await _send(send, self._finished(error.status, fields, b""), has_more=True)
            if not error.is_read:
                await self._linger(receive)
            await send({"type": "http.response.body"})
            return
        await _send(send, self._answer(known, *await self._answers.answer(body, known)))

    def _answer(self, known: Known, status: int, answer: bytes) -> Answer:
        if answer and status == HTTPStatus.OK and not known.fields and not self.is_draining:
            return Answer(status, self._plain, answer)
        fields = (*self._fields, *known.fields)
        if status == HTTPStatus.SERVICE_UNAVAILABLE:
            fields = (*fields, RETRY)
        return self._finished(status, fields, answer)

    def _finished(self, status: int, fields: tuple[Field, ...], body: bytes) -> Answer:
        if body:
            fields = (*fields, JSON)
        if self.is_draining:
            fields = (*fields, CLOSE)
        return Answer(status, fields, body)

    async def _body(self, receive: Receive) -> bytes:
        try:
            async with asyncio.timeout(self._limits.body_timeout):
                return await self._read(receive)
        except TimeoutError:
            raise Refusal(408, [CLOSE]) from None

    async def _read(self, receive: Receive) -> bytes:
        parts: list[bytes] = []
        size = 0
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise Refusal(400)
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            more = message.get("more_body", False)
            if size > self._limits.max_body:
                raise Refusal(413, [CLOSE], is_read=not more)
        return b"".join(parts)

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


def _head(scope: Scope) -> Head:
    tls = scope.get("extensions", {}).get("tls") or {}
    return Head(
        method=scope["method"],
        path=scope["path"].removeprefix(scope.get("root_path", "")),
        query=scope.get("query_string", b""),
        version=scope["http_version"],
        fields=scope["headers"],
        said=dict(scope["headers"]),
        certificate=tls.get("client_cert_name"),
    )


async def _send(send: Send, answer: Answer, *, has_more: bool = False) -> None:
    fields = list(answer.fields)
    if answer.status != HTTPStatus.NO_CONTENT:
        fields.append((b"content-length", b"%d" % len(answer.body)))
    await send({"type": "http.response.start", "status": answer.status, "headers": fields})
    await send({"type": "http.response.body", "body": answer.body, "more_body": has_more})


def _own_fields(dispatcher: Dispatcher, name: str | None) -> Fields:
    """Return the headers by which peers of ours know a reply of ours."""
    versions = [service.version for service, _ in dispatcher.table.services]
    newest = str(max(versions)) if versions else "0.0"
    fields = [(headers.VERSION.encode(), newest.encode())]
    if name is not None:
        fields.append((headers.SERVER.encode(), name.encode("ascii", "replace")))
    return fields


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
