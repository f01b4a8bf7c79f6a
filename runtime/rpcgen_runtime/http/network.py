"""HTTP over TCP and TLS, sync and async; the only file that imports pyreqwest.

The deadline covers connecting, sending and the reply. No connection: not executed. Anything later:
unknown. Redirects are not followed, proxies of the environment are not asked, nothing is unpacked.
"""

import atexit
import logging
import time
from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, TypeVar

from pyreqwest.bytes import Bytes
from pyreqwest.client import ClientBuilder, SyncClientBuilder
from pyreqwest.exceptions import (
    BuilderError,
    ClientClosedError,
    DetailedPyreqwestError,
    PoolTimeoutError,
    PyreqwestError,
    RequestTimeoutError,
)
from pyreqwest.response import BaseResponse, Response, SyncResponse

from rpcgen_runtime.errors import (
    ConnectionLost,
    DeadlineExceeded,
    ExpiredUnstarted,
    InvalidRequest,
    RpcError,
    Unauthenticated,
    Unreachable,
)
from rpcgen_runtime.http import headers
from rpcgen_runtime.http.exchange import Answer, Post, too_large
from rpcgen_runtime.telemetry import measures
from rpcgen_runtime.transport import ClientSettings

if TYPE_CHECKING:
    from rpcgen_runtime.tls import ClientTls

MAX_REQUESTS = 1_024
"""Requests of one transport under way at once; one more waits, as long as its deadline allows."""
MAX_IDLE = 256
"""Idle connections kept for the next request."""
IDLE_SECONDS = 30.0
"""How long an idle connection is kept."""
CONNECT_SECONDS = 10.0
"""How long a connection may take to come about, TLS included: until then nothing is executed."""
CONNECT_SECONDS_OF_MANY = 3.0
"""The same where another host could be asked instead."""
MAX_DIGITS = 18
"""Of a length that is said; the library has refused what is no number."""
EXIT_SECONDS = 0.05
"""How long the interpreter waits, at its end, for the library's threads to let go of it."""

log = logging.getLogger("rpcgen_runtime.http")

Builder = TypeVar("Builder", ClientBuilder, SyncClientBuilder)

_FAILURES: Mapping[type[PyreqwestError], tuple[type[RpcError], str]] = {
    PoolTimeoutError: (ExpiredUnstarted, "no free connection before the deadline"),
    RequestTimeoutError: (DeadlineExceeded, "no reply before the deadline"),
    ClientClosedError: (Unreachable, "the transport is closed"),
    BuilderError: (InvalidRequest, "the request cannot be sent"),
    PyreqwestError: (ConnectionLost, "the connection was lost"),
}
"""What each failure of the library means; the first that fits holds."""

_NO_CONNECTION = "client error (Connect)"
"""Among the causes where no connection came about, TLS included.

The library calls all that goes wrong before the first byte of a response a failure to connect, and
all time that runs out before it too: what was sent by then may have been executed.
"""
_NO_TLS = frozenset(
    f"received corrupt message of type {it}"
    for it in ("InvalidContentType", "UnknownProtocolVersion")
)
"""What the first bytes of a server are said to be that are none of TLS: plain HTTP, for one."""
_REFUSED_BY_TLS = "received fatal alert: "
"""Begins the cause where the server did not want our certificate, or our having none.

With TLS 1.3 it says so after our side believes that the connection stands, but reads nothing.
"""


class Network:
    """Posts and waits. May be used by several threads."""

    def __init__(self, settings: ClientSettings, *, has_others: bool) -> None:
        """Take the settings, and whether another host could be asked instead."""
        self._max_reply = settings.max_reply
        self._client = _built(SyncClientBuilder(), settings.tls, has_others=has_others).build()

    def post(self, post: Post, url: str) -> Answer:
        """Return what is answered. Raises as Transport.call does."""
        try:
            builder = self._client.post(url).headers(post.fields())
            builder = builder.timeout(timedelta(seconds=post.seconds())).body_bytes(post.body)
            with builder.build_streamed() as response:
                ours = response.get_header(headers.VERSION)
                server = response.get_header(headers.SERVER)
                body = self._body(response, url)
                return Answer(response.status, ours, server, body)
        except PyreqwestError as error:
            raise _failure(error, post, url) from error

    def close(self) -> None:
        """Give back the connections."""
        self._client.close()

    def _body(self, response: SyncResponse, url: str) -> bytes:
        limit = self._max_reply
        if _is_said_to_fit(response, limit, url):
            return bytes(response.bytes())
        parts: list[Bytes] = []
        while (part := response.body_reader.read_chunk()) is not None:
            parts.append(part)
            limit -= len(part)
            if limit < 0:
                raise too_large(self._max_reply, url)
        return b"".join(parts)


class AsyncNetwork:
    """Posts and awaits, on one event loop."""

    def __init__(self, settings: ClientSettings, *, has_others: bool) -> None:
        """Take the settings, and whether another host could be asked instead."""
        self._max_reply = settings.max_reply
        _wait_at_exit()
        self._client = _built(ClientBuilder(), settings.tls, has_others=has_others).build()

    async def post(self, post: Post, url: str) -> Answer:
        """Return what is answered. Raises as AsyncTransport.call does."""
        try:
            builder = self._client.post(url).headers(post.fields())
            builder = builder.timeout(timedelta(seconds=post.seconds())).body_bytes(post.body)
            async with builder.build_streamed() as response:
                ours = response.get_header(headers.VERSION)
                server = response.get_header(headers.SERVER)
                body = await self._body(response, url)
                return Answer(response.status, ours, server, body)
        except PyreqwestError as error:
            raise _failure(error, post, url) from error

    async def close(self) -> None:
        """Give back the connections."""
        await self._client.close()

    async def _body(self, response: Response, url: str) -> bytes:
        limit = self._max_reply
        if _is_said_to_fit(response, limit, url):
            return bytes(await response.bytes())
        parts: list[Bytes] = []
        while (part := await response.body_reader.read_chunk()) is not None:
            parts.append(part)
            limit -= len(part)
            if limit < 0:
                raise too_large(self._max_reply, url)
        return b"".join(parts)


def _built(builder: Builder, tls: "ClientTls | None", *, has_others: bool) -> Builder:
    builder = builder.max_connections(MAX_REQUESTS).pool_max_idle_per_host(MAX_IDLE)
    builder = builder.pool_idle_timeout(timedelta(seconds=IDLE_SECONDS)).tcp_nodelay(enabled=True)
    builder = builder.http1_only().no_proxy().follow_redirects(enable=False)
    builder = builder.gzip(enable=False).brotli(enable=False)
    builder = builder.zstd(enable=False).deflate(enable=False)
    patience = CONNECT_SECONDS_OF_MANY if has_others else CONNECT_SECONDS
    builder = builder.connect_timeout(timedelta(seconds=patience))
    if tls is None:
        return builder
    authorities, identity = tls.authorities(), tls.identity()
    if authorities is not None:
        builder = builder.add_root_certificate_pem(authorities)
    if identity is not None:
        builder = builder.identity_pem(identity)
    if tls.insecure_skip_verify:
        log.warning("certificates of servers are not verified: anybody may read and change calls")
        measures().insecure("unverified")
        builder = builder.danger_accept_invalid_certs(enable=True)
    return builder


def _is_said_to_fit(response: BaseResponse, limit: int, url: str) -> bool:
    """Whether the length is told, so that nothing more can come; raises if it is too large."""
    told = response.get_header("content-length")
    if told is None:
        return False
    if len(told) > MAX_DIGITS or int(told) > limit:
        raise too_large(limit, url)
    return True


@cache
def _wait_at_exit() -> None:
    """See to it, once, that the interpreter does not end while a reply is handed over.

    The library's threads hand it over; one that comes too late ends the process with an abort.
    """
    atexit.register(time.sleep, EXIT_SECONDS)


def _failure(error: PyreqwestError, post: Post, url: str) -> RpcError:
    kind, text = next(it for known, it in _FAILURES.items() if isinstance(error, known))
    causes = _causes(error)
    if _NO_CONNECTION in causes:
        why = "the port does not speak TLS" if causes[-1] in _NO_TLS else causes[-1]
        kind, text = Unreachable, f"no connection ({why})"
        if post.request.deadline.passed():
            kind, text = ExpiredUnstarted, "no connection before the deadline"
    elif causes and causes[-1].startswith(_REFUSED_BY_TLS):
        kind, text = Unauthenticated, f"the server refuses TLS ({causes[-1]})"
    elif kind is ConnectionLost and causes:
        text = f"{text} ({causes[-1].partition(': http')[0]})"
    return kind(f"{text}: `{post.request.name}` at {url}")


def _causes(error: PyreqwestError) -> list[str]:
    found = error.details["causes"] if isinstance(error, DetailedPyreqwestError) else None
    return [it["message"] for it in found or []]
