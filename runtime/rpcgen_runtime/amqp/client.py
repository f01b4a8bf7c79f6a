"""AMQP transports: async ones live on their user's event loop, sync ones on a thread of their own.

Both are the same engine, `Requests`; here is only how its users wait.
"""

import asyncio
import os
import threading
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout

from rpcgen_runtime.amqp.entry import access_of
from rpcgen_runtime.amqp.iothread import IoThread
from rpcgen_runtime.amqp.options import AmqpOptions
from rpcgen_runtime.amqp.pending import Outcome
from rpcgen_runtime.amqp.requests import Requests
from rpcgen_runtime.errors import DeadlineExceeded, RpcError, Unreachable
from rpcgen_runtime.messages import Failure, Reach, Reply, Request, Success
from rpcgen_runtime.telemetry import measures
from rpcgen_runtime.telemetry.peers import Peer
from rpcgen_runtime.transport import AsyncTransport, ClientSettings, Transport
from rpcgen_runtime.url import Url

GRACE = 0.5
"""Seconds after the deadline in which the engine's own word for it is awaited."""


class AmqpTransport(Transport):
    """`amqp://` and `amqps://` for sync clients."""

    def __init__(self, url: Url, options: AmqpOptions, settings: ClientSettings) -> None:
        super().__init__(settings, _peer(url))
        self._url, self._options = url, options
        self._lock = threading.Lock()
        self._engine: tuple[IoThread, Requests] | None = None
        self._process = 0
        self._is_closed = False

    def call(self, request: Request) -> Reply:
        """See Transport."""
        return _reply(self._outcome(request))

    def send(self, request: Request) -> Reach:
        """See Transport."""
        return _reach(self._outcome(request))

    def close(self) -> None:
        """See Transport."""
        with self._lock:
            self._is_closed = True
            engine, self._engine = self._engine, None
            if engine is not None and self._process == os.getpid():
                thread, requests = engine
                thread.wait_for(requests.close())
                thread.close()

    def _outcome(self, request: Request) -> Outcome:
        thread, requests = self._opened()
        future: Future[Outcome] = Future()
        thread.loop.call_soon_threadsafe(requests.submit, request, future.set_result)
        try:
            return future.result(max(0.0, request.deadline.remaining()) + GRACE)
        except FutureTimeout:
            return DeadlineExceeded(f"no reply to `{request.name}` before the deadline")

    def _opened(self) -> tuple[IoThread, Requests]:
        engine = self._engine
        # A forked process has no thread of its parent's, and must not touch its sockets.
        if engine is not None and self._process == os.getpid():
            return engine
        with self._lock:
            if self._is_closed:
                raise Unreachable("the transport is closed")
            if self._engine is None or self._process != os.getpid():
                thread = IoThread("rpcgen-amqp")
                requests = _requests(self._url, self._options, self.settings)
                thread.loop.call_soon_threadsafe(requests.start)
                self._engine, self._process = (thread, requests), os.getpid()
            return self._engine


class AsyncAmqpTransport(AsyncTransport):
    """`amqp://` and `amqps://` for async clients."""

    def __init__(self, url: Url, options: AmqpOptions, settings: ClientSettings) -> None:
        super().__init__(settings, _peer(url))
        self._url, self._options = url, options
        self._loop: asyncio.AbstractEventLoop | None = None
        self._requests: Requests | None = None
        self._is_closed = False

    async def call(self, request: Request) -> Reply:
        """See AsyncTransport."""
        return _reply(await self._outcome(request))

    async def send(self, request: Request) -> Reach:
        """See AsyncTransport."""
        return _reach(await self._outcome(request))

    async def close(self) -> None:
        """See AsyncTransport."""
        self._is_closed = True
        requests, self._requests = self._requests, None
        if requests is not None:
            await requests.close()

    def _outcome(self, request: Request) -> asyncio.Future[Outcome]:
        loop = asyncio.get_running_loop()
        requests = self._opened(loop)
        future: asyncio.Future[Outcome] = loop.create_future()
        requests.submit(request, lambda it: None if future.done() else future.set_result(it))
        return future

    def _opened(self, loop: asyncio.AbstractEventLoop) -> Requests:
        if self._is_closed:
            raise Unreachable("the transport is closed")
        if self._requests is None:
            self._requests = _requests(self._url, self._options, self.settings)
            self._loop = loop
            self._requests.start()
        elif self._loop is not loop:
            raise RuntimeError("an async transport is used on the event loop of its first call")
        return self._requests


def _peer(url: Url) -> Peer:
    if len(url.hosts) > 1:
        return Peer(transport="tcp")
    return Peer(transport="tcp", address=url.hosts[0].name, port=url.hosts[0].port)


def _requests(url: Url, options: AmqpOptions, settings: ClientSettings) -> Requests:
    access = access_of(url, options, settings.tls, "client")
    return Requests(url, access, options, measures(), settings.max_reply)


def _reply(outcome: Outcome) -> Reply:
    if isinstance(outcome, RpcError):
        raise outcome
    assert isinstance(outcome, Success | Failure), "a call ends with a reply"
    return outcome


def _reach(outcome: Outcome) -> Reach:
    if isinstance(outcome, RpcError):
        raise outcome
    assert isinstance(outcome, Reach), "what is not answered ends when it is sent"
    return outcome
