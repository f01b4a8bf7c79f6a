"""HTTP over a Unix socket, sync and async; the only file that imports httpcore.

The library for TCP has no Unix sockets: docs/decisions/0007-unix-sockets.md.
"""

import asyncio
from collections.abc import Mapping, Sequence

import httpcore

from rpcgen_runtime.errors import (
    ConnectionLost,
    DeadlineExceeded,
    ExpiredUnstarted,
    RpcError,
    Unreachable,
)
from rpcgen_runtime.http import headers
from rpcgen_runtime.http.exchange import Answer, Post

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

    def __init__(self, socket: str) -> None:
        self._pool = httpcore.ConnectionPool(
            uds=socket, max_connections=MAX_REQUESTS, keepalive_expiry=IDLE_SECONDS
        )

    def post(self, post: Post, url: str) -> Answer:
        """Return what is answered. Raises as Transport.call does."""
        seconds = post.seconds()
        try:
            return _answer(
                self._pool.request(
                    "POST",
                    URL,
                    headers=_fields(post),
                    content=post.body,
                    extensions=_extensions(seconds),
                )
            )
        except tuple(_FAILURES) as error:
            raise _failure(error, post, url) from error

    def close(self) -> None:
        """Give back the connections."""
        self._pool.close()


class AsyncUnix:
    """Posts and awaits, on one event loop."""

    def __init__(self, socket: str) -> None:
        self._pool = httpcore.AsyncConnectionPool(
            uds=socket, max_connections=MAX_REQUESTS, keepalive_expiry=IDLE_SECONDS
        )

    async def post(self, post: Post, url: str) -> Answer:
        """Return what is answered. Raises as AsyncTransport.call does."""
        seconds = post.seconds()
        try:
            async with asyncio.timeout(seconds):
                return _answer(
                    await self._pool.request(
                        "POST",
                        URL,
                        headers=_fields(post),
                        content=post.body,
                        extensions=_extensions(seconds),
                    )
                )
        except tuple(_FAILURES) as error:
            raise _failure(error, post, url) from error

    async def close(self) -> None:
        """Give back the connections."""
        await self._pool.aclose()


def _fields(post: Post) -> Sequence[tuple[str, str]]:
    return [("host", "localhost"), *post.fields().items()]


def _extensions(seconds: float) -> dict[str, dict[str, float]]:
    return {"timeout": dict.fromkeys(("connect", "read", "write", "pool"), seconds)}


def _answer(response: httpcore.Response) -> Answer:
    found = {name.lower().decode("latin-1"): it.decode("latin-1") for name, it in response.headers}
    ours, server = found.get(headers.VERSION), found.get(headers.SERVER)
    return Answer(response.status, ours, server, response.content)


def _failure(error: Exception, post: Post, url: str) -> RpcError:
    kind, text = next(it for known, it in _FAILURES.items() if isinstance(error, known))
    return kind(f"{text}: `{post.request.name}` at {url}")
