"""The ASGI application: JSON-RPC 2.0 over HTTP, mountable in Starlette and FastAPI.

HTTP statuses speak of the transport; what the service says travels with 200. A request goes: path,
host, origin, verb, who calls, headers; and only then its body.
"""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from rpcgen_runtime import errors, jsonrpc
from rpcgen_runtime.access import Credentials
from rpcgen_runtime.context import Identity
from rpcgen_runtime.dispatch import SUCCESS_NULL, Dispatcher, ServerSettings
from rpcgen_runtime.endpoint import Endpoint
from rpcgen_runtime.http import headers, health
from rpcgen_runtime.http.arrival import Arrivals
from rpcgen_runtime.http.headers import Beside
from rpcgen_runtime.http.limits import HttpLimits
from rpcgen_runtime.http.origins import Origins
from rpcgen_runtime.messages import Failure, Reply, Request, Success, Verb
from rpcgen_runtime.telemetry import measures
from rpcgen_runtime.transport import DRAINING

# ASGI's own types (asgi.readthedocs.io, specification 3): dicts whose members depend on `type`.
Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Fields: TypeAlias = list[tuple[bytes, bytes]]

log = logging.getLogger("rpcgen_runtime.http")

_DIGITS = re.compile(r"[0-9]{1,18}")
_TOKEN_IN_QUERY = re.compile(rb"(^|&)(access_token|token)=")

_ONCE = frozenset(
    [b"host", b"authorization", b"content-type", b"content-encoding", b"origin"]
    + [it.encode() for it in headers.OURS]
)
"""Headers of which a second one that says something else is refused; a second host always is."""

LINGER_BYTES = 16 << 20
LINGER_SECONDS = 2.0
"""How much of a refused body is thrown away, and how long, before the connection is closed."""

JSON = (b"content-type", b"application/json")
CLOSE = (b"connection", b"close")
RETRY = (b"retry-after", b"1")


@dataclass(frozen=True, slots=True)
class _Beside:
    """What is known of a request before its body is read."""

    told: Beside | Failure
    """What its headers say, or what is answered because they cannot be read."""
    identity: Identity | None
    is_ours: bool


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
        self.dispatcher = Dispatcher(endpoints, settings)
        self._name = settings.name
        self._limits = limits or HttpLimits()
        self._bounds = jsonrpc.Bounds(
            max_batch=self._limits.max_batch,
            max_depth=self._limits.max_depth,
            max_keys=self._limits.max_keys,
        )
        self._path = path
        self._origins = Origins(allowed_hosts, allowed_origins)
        self._fields = _own_fields(self.dispatcher, settings.name)
        self._arrivals = Arrivals()
        self._has_warned = False
        self._measures = measures()
        self.is_draining = False
        """Whether clients are asked to connect elsewhere; set by the server that stops."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection's request, or the server's lifespan."""
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
        elif scope["type"] == "http":
            await self._serve(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        if path in health.HEALTH_PATHS and path != self._path:
            # Answered to everybody, whatever else is going on.
            reasons = [DRAINING] if self.is_draining else []
            await self._send(send, *health.told(path, scope["method"], reasons))
            return
        found = {
            # White space around a value is none of it (RFC 9110, section 5.5).
            name.decode("latin-1"): value.decode("latin-1").strip(" \t")
            for name, value in scope["headers"]
        }
        arrived = self._arrivals.now()
        fields: Fields = list(self._fields)
        try:
            if path != self._path and (path or self._path != "/"):
                raise _Refusal(404)
            self._check_names(scope, found)
            fields += self._origins.fields(found)
            if scope["method"] != "POST":
                preflight = self._origins.preflight(found, scope["method"])
                raise _Refusal(204 if preflight else 405, preflight or [(b"allow", b"POST")])
            identity = await self._identity(scope, found)
            self._check(found)
            body = await self._body(receive)
        except _Refusal as error:
            fields += error.fields
            await self._send(send, error.status, b"", fields, more=True)
            if not error.is_read:
                await self._linger(receive)
            await send({"type": "http.response.body"})
            return
        beside = _Beside(self._told(found, arrived), identity, headers.VERSION in found)
        status, answer = await self._answer(body, beside)
        if status == 503:
            fields.append(RETRY)
        await self._send(send, status, answer, fields)

    def _check_names(self, scope: Scope, found: Mapping[str, str]) -> None:
        """Raise _Refusal for a request to another server, or from a page that may not send any."""
        if len(found) != len(scope["headers"]):
            told = [it for it in scope["headers"] if it[0] in _ONCE]
            different = len({name for name, _ in told}) < len(set(told))
            if different or sum(name == b"host" for name, _ in told) > 1:
                raise _Refusal(400, [CLOSE])
        status = self._origins.refusal(found, scope["http_version"])
        if status is not None:
            raise _Refusal(status)

    async def _identity(self, scope: Scope, found: Mapping[str, str]) -> Identity | None:
        """Return who calls; None where nobody is asked. Raises _Refusal."""
        if not self.dispatcher.wants_credentials:
            return None
        token = headers.token_of(found.get(headers.AUTHORIZATION))
        tls = scope.get("extensions", {}).get("tls") or {}
        shown = Credentials(token=token, certificate=tls.get("client_cert_name"))
        if _TOKEN_IN_QUERY.search(scope.get("query_string", b"")):
            # RFC 6750, section 2.3: what is in a URL is in every log.
            raise _Refusal(401, [_challenge("invalid_request")])
        identity = await self.dispatcher.identify(shown)
        if isinstance(identity, Failure):
            raise _Refusal(401, [_challenge("invalid_token" if token is not None else "")])
        return identity

    def _check(self, found: Mapping[str, str]) -> None:
        """Raise _Refusal for what is refused before its body is read."""
        kind, charset = headers.media_type(found.get("content-type", ""))
        if kind not in headers.MEDIA_TYPES or charset not in {"utf-8", "utf8"}:
            raise _Refusal(415, [(b"accept", b"application/json")])
        if found.get("content-encoding", "identity").lower() != "identity":
            raise _Refusal(415, [(b"accept-encoding", b"identity")])
        if found.get(headers.SERVER, self._name) != self._name:
            raise _Refusal(421)
        length = found.get("content-length", "0")
        if not _DIGITS.fullmatch(length) or int(length) > self._limits.max_body:
            raise _Refusal(413, [CLOSE])

    def _told(self, found: Mapping[str, str], arrived: float) -> Beside | Failure:
        try:
            return headers.decode(found, self._limits.max_timeout, arrived=arrived)
        except headers.HeaderError as error:
            return Failure(errors.INVALID_PARAMS, str(error))

    async def _body(self, receive: Receive) -> bytes:
        try:
            async with asyncio.timeout(self._limits.body_timeout):
                return await self._read(receive)
        except TimeoutError:
            raise _Refusal(408, [CLOSE]) from None

    async def _read(self, receive: Receive) -> bytes:
        parts: list[bytes] = []
        size = 0
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise _Refusal(400)
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            more = message.get("more_body", False)
            if size > self._limits.max_body:
                raise _Refusal(413, [CLOSE], is_read=not more)
        return b"".join(parts)

    async def _answer(self, body: bytes, beside: _Beside) -> tuple[int, bytes]:
        if not body:
            failure = Failure(errors.PARSE_ERROR, "the body is empty")
            return 400, jsonrpc.encode_reply(b"null", failure)
        envelope = jsonrpc.decode(body, self._bounds, is_ours=beside.is_ours)
        if envelope.is_batch:
            return await self._batch(envelope, beside)
        item = envelope.items[0]
        reply = await self._one(item, beside)
        if beside.is_ours and isinstance(reply, Failure) and reply.code == errors.PARSE_ERROR:
            # Who says that it is one of ours, and writes otherwise, is read the long way.
            return await self._answer(body, replace(beside, is_ours=False))
        overloaded = isinstance(reply, Failure) and reply.code == errors.OVERLOADED
        if item.id is None:
            return 503 if overloaded else 204, b""
        answer = jsonrpc.encode_reply(item.id, self._within_limit(reply, 0))
        return 503 if overloaded else 200, answer

    async def _batch(self, envelope: jsonrpc.Envelope, beside: _Beside) -> tuple[int, bytes]:
        ids = [it.id for it in envelope.items if it.id is not None]
        if len(ids) > len(set(ids)):
            self._measures.duplicate_ids(len(ids) - len(set(ids)))
        replies = await asyncio.gather(*(self._one(it, beside) for it in envelope.items))
        answers: list[bytes] = []
        size = 0
        for item, reply in zip(envelope.items, replies, strict=True):
            if item.id is not None:
                kept = self._within_limit(reply, size)
                answers.append(jsonrpc.encode_reply(item.id, kept))
                size += len(kept.result) if isinstance(kept, Success) else 0
        return (200, b"[" + b",".join(answers) + b"]") if answers else (204, b"")

    def _within_limit(self, reply: Reply, size: int) -> Reply:
        if isinstance(reply, Failure) or size + len(reply.result) <= self._limits.max_response:
            return reply
        return Failure(errors.RESPONSE_TOO_LARGE, "the response is too large; the method did run")

    async def _one(self, item: jsonrpc.Incoming | jsonrpc.Refused, beside: _Beside) -> Reply:
        if isinstance(item, jsonrpc.Refused):
            return item.failure
        told = beside.told
        if isinstance(told, Failure):
            return told
        if item.id == b"null":
            self._warn_of_null()
        request = Request(
            verb=Verb.CALL if item.id is not None else Verb.CAST,
            name=item.name,
            params=item.params,
            version=told.version,
            deadline=told.deadline,
            message_id=told.message_id,
            traceparent=told.traceparent,
            data=told.data,
            identity=beside.identity,
        )
        if item.id is None:
            return self.dispatcher.begin(request) or SUCCESS_NULL
        return await self.dispatcher.handle(request)

    def _warn_of_null(self) -> None:
        if not self._has_warned:
            self._has_warned = True
            log.warning(
                "a client sends requests with the id null: it cannot tell its replies apart"
            )

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
        self, send: Send, status: int, body: bytes, fields: Fields, *, more: bool = False
    ) -> None:
        if body:
            fields.append(JSON)
        if status != 204:
            fields.append((b"content-length", b"%d" % len(body)))
        if self.is_draining:
            fields.append(CLOSE)
        await send({"type": "http.response.start", "status": status, "headers": fields})
        await send({"type": "http.response.body", "body": body, "more_body": more})


class _Refusal(Exception):  # an answer, not a fault
    """What is answered instead of what a method would."""

    def __init__(
        self, status: int, fields: Iterable[tuple[bytes, bytes]] = (), *, is_read: bool = False
    ) -> None:
        super().__init__(status)
        self.status = status
        self.fields = fields
        self.is_read = is_read
        """Whether all of the body has come."""


def _challenge(error: str) -> tuple[bytes, bytes]:
    """Return the header that says how to be let in (RFC 6750, section 3)."""
    told = f', error="{error}"' if error else ""
    return b"www-authenticate", f'Bearer realm="rpcgen"{told}'.encode()


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
