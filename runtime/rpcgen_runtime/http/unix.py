"""HTTP over a Unix socket, sync and async; the only file that imports httpcore.

The library for TCP has no Unix sockets: docs/decisions/0007-unix-sockets.md.
"""

import asyncio
import select
import socket
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import httpcore

from rpcgen_runtime.errors import (
    ConnectionLost,
    DeadlineExceeded,
    ExpiredUnstarted,
    RpcError,
    Unreachable,
)
from rpcgen_runtime.http import headers
from rpcgen_runtime.http.exchange import Answer, Post, too_large
from rpcgen_runtime.transport import ClientSettings

MAX_REQUESTS = 1_024
"""Requests of one transport under way at once; one more waits, as long as its deadline allows."""
IDLE_SECONDS = 30.0
"""How long an idle connection is kept."""
URL = "http://localhost/"

_FAILURES: Mapping[type[Exception], tuple[type[RpcError], str]] = {
    httpcore.ConnectError: (Unreachable, "no connection"),
    httpcore.ConnectTimeout: (ExpiredUnstarted, "no connection before the deadline"),
    httpcore.PoolTimeout: (ExpiredUnstarted, "no free connection before the deadline"),
    httpcore.TimeoutException: (DeadlineExceeded, "no reply before the deadline"),
    TimeoutError: (DeadlineExceeded, "no reply before the deadline"),
    httpcore.NetworkError: (ConnectionLost, "the connection was lost"),
    httpcore.ProtocolError: (ConnectionLost, "the connection was lost"),
}
"""What each failure of the library means; the first that fits holds."""


class Unix:
    """Posts and waits. May be used by several threads."""

    def __init__(self, path: str, settings: ClientSettings) -> None:
        self._max_reply = settings.max_reply
        self._pool = httpcore.ConnectionPool(
            uds=path,
            max_connections=MAX_REQUESTS,
            keepalive_expiry=IDLE_SECONDS,
            network_backend=_Sockets(),
        )

    def post(self, post: Post, url: str) -> Answer:
        """Return what is answered. Raises as Transport.call does."""
        seconds = post.seconds()
        try:
            with self._pool.stream(
                "POST",
                URL,
                headers=_fields(post),
                content=post.body,
                extensions=_extensions(seconds),
            ) as response:
                parts = _Parts(self._max_reply, url)
                for part in response.iter_stream():
                    parts.add(part)
                return _answer(response, parts.whole())
        except tuple(_FAILURES) as error:
            raise _failure(error, post, url) from error

    def close(self) -> None:
        """Give back the connections."""
        self._pool.close()


class AsyncUnix:
    """Posts and awaits, on one event loop."""

    def __init__(self, path: str, settings: ClientSettings) -> None:
        self._max_reply = settings.max_reply
        self._pool = httpcore.AsyncConnectionPool(
            uds=path, max_connections=MAX_REQUESTS, keepalive_expiry=IDLE_SECONDS
        )

    async def post(self, post: Post, url: str) -> Answer:
        """Return what is answered. Raises as AsyncTransport.call does."""
        seconds = post.seconds()
        try:
            async with asyncio.timeout(seconds):
                async with self._pool.stream(
                    "POST",
                    URL,
                    headers=_fields(post),
                    content=post.body,
                    extensions=_extensions(seconds),
                ) as response:
                    parts = _Parts(self._max_reply, url)
                    async for part in response.aiter_stream():
                        parts.add(part)
                    return _answer(response, parts.whole())
        except tuple(_FAILURES) as error:
            raise _failure(error, post, url) from error

    async def close(self) -> None:
        """Give back the connections."""
        await self._pool.aclose()


class _Sockets(httpcore.NetworkBackend):
    """Connects for the sync pool; the library's own way leaves a socket open where it fails."""

    def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Return a connection. Raises ConnectError or ConnectTimeout."""
        del socket_options
        made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            made.settimeout(timeout)
            made.connect(path)
        except OSError as error:
            made.close()
            kind = httpcore.ConnectTimeout if isinstance(error, TimeoutError) else None
            raise (kind or httpcore.ConnectError)(error) from error
        return _Stream(made)


class _Stream(httpcore.NetworkStream):
    """One connection."""

    def __init__(self, made: socket.socket) -> None:
        self._socket = made

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Return what has come; nothing at the end. Raises ReadTimeout or ReadError."""
        try:
            self._socket.settimeout(timeout)
            return self._socket.recv(max_bytes)
        except TimeoutError as error:
            raise httpcore.ReadTimeout(error) from error
        except OSError as error:
            raise httpcore.ReadError(error) from error

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send all of it. Raises WriteTimeout or WriteError."""
        try:
            self._socket.settimeout(timeout)
            self._socket.sendall(buffer)
        except TimeoutError as error:
            raise httpcore.WriteTimeout(error) from error
        except OSError as error:
            raise httpcore.WriteError(error) from error

    def close(self) -> None:
        """End the connection."""
        self._socket.close()

    def get_extra_info(self, info: str) -> Any:
        """Return whether something has come, by which the pool knows that the peer hung up."""
        if info != "is_readable":
            return None
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        return bool(poll.poll(0))


def _fields(post: Post) -> Sequence[tuple[str, str]]:
    return [("host", "localhost"), *post.fields().items()]


def _extensions(seconds: float) -> dict[str, dict[str, float]]:
    return {"timeout": dict.fromkeys(("connect", "read", "write", "pool"), seconds)}


class _Parts:
    """A body that comes bit by bit, up to a limit."""

    def __init__(self, limit: int, url: str) -> None:
        self._limit, self._url = limit, url
        self._parts: list[bytes] = []
        self._size = 0

    def add(self, part: bytes) -> None:
        """Take the next bit. Raises BadReply."""
        self._parts.append(part)
        self._size += len(part)
        if self._size > self._limit:
            raise too_large(self._limit, self._url)

    def whole(self) -> bytes:
        """Return all of it."""
        return b"".join(self._parts)


def _answer(response: httpcore.Response, body: bytes) -> Answer:
    found = {name.lower().decode("latin-1"): it.decode("latin-1") for name, it in response.headers}
    ours, server = found.get(headers.VERSION), found.get(headers.SERVER)
    return Answer(response.status, ours, server, body)


def _failure(error: Exception, post: Post, url: str) -> RpcError:
    kind, text = next(it for known, it in _FAILURES.items() if isinstance(error, known))
    return kind(f"{text}: `{post.request.name}` at {url}")
