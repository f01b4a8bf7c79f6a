"""HTTP clients, sync and async; the only file that imports pyreqwest.

The deadline covers connecting, sending and the reply. No connection: not executed. Anything later:
unknown. Redirects are not followed, proxies of the environment are not asked.
"""

import atexit
import itertools
import time
from collections.abc import Mapping
from datetime import timedelta
from functools import cache

from pyreqwest.client import Client, ClientBuilder, SyncClient, SyncClientBuilder
from pyreqwest.exceptions import (
    BuilderError,
    ClientClosedError,
    ConnectError,
    PoolTimeoutError,
    PyreqwestError,
    RequestTimeoutError,
)

from rpcgen_runtime import jsonrpc
from rpcgen_runtime.errors import (
    BadReply,
    ConnectionLost,
    DeadlineExceeded,
    ExpiredUnstarted,
    Forbidden,
    InvalidRequest,
    NoServer,
    Overloaded,
    RpcError,
    Unreachable,
)
from rpcgen_runtime.http import headers
from rpcgen_runtime.messages import Failure, Reply, Request
from rpcgen_runtime.transport import AsyncTransport, ClientSettings, Transport

MAX_REQUESTS = 1_024
"""Requests of one transport under way at once; one more waits, as long as its deadline allows."""
MAX_IDLE = 256
"""Idle connections kept for the next request."""
EXIT_SECONDS = 0.05
"""How long the interpreter waits, at its end, for the library's threads to let go of it."""
IDLE_SECONDS = 30.0
"""How long an idle connection is kept."""

_FAILURES: Mapping[type[PyreqwestError], tuple[type[RpcError], str]] = {
    PoolTimeoutError: (ExpiredUnstarted, "no free connection before the deadline"),
    RequestTimeoutError: (DeadlineExceeded, "no reply before the deadline"),
    ClientClosedError: (Unreachable, "the transport is closed"),
    BuilderError: (InvalidRequest, "the request cannot be sent"),
    PyreqwestError: (ConnectionLost, "the connection was lost"),
}
"""What each failure of the library means; the first that fits holds."""

_NO_CONNECTION = "client error (Connect)"
"""Among the causes of a ConnectError where no connection came about.

The library calls all that goes wrong before the first byte of a response a failure to connect, and
all time that runs out before it too: what was sent by then may have been executed.
"""


class _Http:
    """What both clients do alike; no I/O."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._ids = itertools.count(1)
        # The library closes by and by: what is asked of it meanwhile might still be sent.
        self._is_closed = False

    def _body(self, request: Request, number: int | None) -> bytes:
        if self._is_closed:
            raise Unreachable(f"the transport is closed: `{request.name}` at {self._url}")
        return jsonrpc.encode_request(number, request.name, request.params)

    def _failure(self, error: PyreqwestError, request: Request) -> RpcError:
        kind, text = next(it for known, it in _FAILURES.items() if isinstance(error, known))
        if isinstance(error, ConnectError) and _is_without_connection(error):
            kind, text = Unreachable, "no connection"
        return kind(f"{text}: `{request.name}` at {self._url}")

    def _reply(self, status: int, ours: str | None, body: bytes, number: int) -> Reply:
        if status not in {200, 400, 503} or not body:
            raise self._refused(status)
        try:
            reply = jsonrpc.decode_reply(body, number, is_ours=ours is not None)
        except BadReply:
            if status != 200:
                raise self._refused(status) from None
            raise
        if isinstance(reply, Failure) and ours is None:
            return Failure(reply.code, reply.message, reply.data, is_foreign=True)
        return reply

    def _refused(self, status: int) -> RpcError:
        if status == 503:
            return Overloaded(f"{self._url} has too much to do (HTTP 503)")
        if status == 421:
            return NoServer(f"{self._url} is not the server that is meant (HTTP 421)")
        if status in {401, 403}:
            return Forbidden(f"{self._url} does not let this caller (HTTP {status})")
        if 300 <= status < 400:
            return InvalidRequest(
                f"{self._url} is elsewhere (HTTP {status}); redirects are not followed"
            )
        if status == 413:
            return InvalidRequest(f"{self._url} does not take so large a request (HTTP {status})")
        if 400 <= status < 500:
            return InvalidRequest(f"{self._url} does not take the request (HTTP {status})")
        return BadReply(f"{self._url} answered with HTTP {status} and no reply")

    def _accepted(self, status: int) -> None:
        """Raise unless the status says that what is not answered was taken."""
        if not 200 <= status < 300:
            raise self._refused(status)


class HttpTransport(_Http, Transport):
    """`http://host:port/` for sync clients."""

    def __init__(self, url: str, settings: ClientSettings) -> None:
        _Http.__init__(self, url)
        Transport.__init__(self, settings)
        builder = SyncClientBuilder().max_connections(MAX_REQUESTS).follow_redirects(enable=False)
        builder = builder.no_proxy().http1_only().pool_max_idle_per_host(MAX_IDLE)
        builder = builder.pool_idle_timeout(timedelta(seconds=IDLE_SECONDS)).tcp_nodelay(
            enabled=True
        )
        self._client: SyncClient = builder.build()

    def call(self, request: Request) -> Reply:
        """See Transport."""
        number = next(self._ids)
        status, ours, body = self._post(request, self._body(request, number))
        return self._reply(status, ours, body, number)

    def send(self, request: Request) -> None:
        """See Transport."""
        self._accepted(self._post(request, self._body(request, None))[0])

    def _post(self, request: Request, body: bytes) -> tuple[int, str | None, bytes]:
        remaining = timedelta(seconds=_remaining(request))
        try:
            builder = self._client.post(self._url).headers(headers.encode(request))
            response = builder.timeout(remaining).body_bytes(body).build().send()
            ours = response.get_header(headers.VERSION)
            return response.status, ours, bytes(response.bytes())
        except PyreqwestError as error:
            raise self._failure(error, request) from error

    def close(self) -> None:
        """See Transport."""
        self._is_closed = True
        self._client.close()


class AsyncHttpTransport(_Http, AsyncTransport):
    """`http://host:port/` for async clients."""

    def __init__(self, url: str, settings: ClientSettings) -> None:
        _Http.__init__(self, url)
        AsyncTransport.__init__(self, settings)
        _wait_at_exit()
        builder = ClientBuilder().max_connections(MAX_REQUESTS).follow_redirects(enable=False)
        builder = builder.no_proxy().http1_only().pool_max_idle_per_host(MAX_IDLE)
        builder = builder.pool_idle_timeout(timedelta(seconds=IDLE_SECONDS)).tcp_nodelay(
            enabled=True
        )
        self._client: Client = builder.build()

    async def call(self, request: Request) -> Reply:
        """See AsyncTransport."""
        number = next(self._ids)
        status, ours, body = await self._post(request, self._body(request, number))
        return self._reply(status, ours, body, number)

    async def send(self, request: Request) -> None:
        """See AsyncTransport."""
        self._accepted((await self._post(request, self._body(request, None)))[0])

    async def _post(self, request: Request, body: bytes) -> tuple[int, str | None, bytes]:
        remaining = timedelta(seconds=_remaining(request))
        try:
            builder = self._client.post(self._url).headers(headers.encode(request))
            response = await builder.timeout(remaining).body_bytes(body).build().send()
            ours = response.get_header(headers.VERSION)
            return response.status, ours, bytes(await response.bytes())
        except PyreqwestError as error:
            raise self._failure(error, request) from error

    async def close(self) -> None:
        """See AsyncTransport."""
        self._is_closed = True
        await self._client.close()


@cache
def _wait_at_exit() -> None:
    """See to it, once, that the interpreter does not end while a reply is handed over.

    The library's threads hand it over; one that comes too late ends the process with an abort.
    """
    atexit.register(time.sleep, EXIT_SECONDS)


def _is_without_connection(error: ConnectError) -> bool:
    causes = error.details["causes"] or []
    return any(it["message"] == _NO_CONNECTION for it in causes)


def _remaining(request: Request) -> float:
    remaining = request.deadline.remaining()
    if remaining <= 0:
        raise ExpiredUnstarted(f"the deadline passed before `{request.name}` was sent")
    return remaining
