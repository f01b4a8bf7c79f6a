"""Clients of a hub: sync ones wait in their thread, async ones on their event loop."""

import asyncio
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import suppress

from rpcgen_runtime.errors import DeadlineExceeded, ExpiredUnstarted, RpcError, Unreachable
from rpcgen_runtime.memory.hub import Hub, OnReply
from rpcgen_runtime.memory.server import MemoryAcceptor
from rpcgen_runtime.messages import Reach, Reply, Request
from rpcgen_runtime.telemetry.peers import Peer
from rpcgen_runtime.transport import AsyncTransport, ClientSettings, Transport


class MemoryTransport(Transport):
    """`memory://name` for sync clients."""

    def __init__(self, hub: Hub, settings: ClientSettings) -> None:
        super().__init__(settings, Peer(transport="inproc"))
        self._hub: Hub | None = hub

    def call(self, request: Request) -> Reply:
        """See Transport."""
        hub = _opened(self._hub)
        future: Future[Reply] = Future()
        hub.send(request, future.set_result)
        try:
            return future.result(request.deadline.remaining())
        except FutureTimeout:
            raise _expired(hub, future.set_result, request) from None

    def send(self, request: Request) -> Reach:
        """See Transport."""
        return Reach(tuple(_opened(self._hub).send(request, _ignore)))

    def close(self) -> None:
        """See Transport."""
        self._hub = None


class AsyncMemoryTransport(AsyncTransport):
    """`memory://name` for async clients."""

    def __init__(self, hub: Hub, settings: ClientSettings) -> None:
        super().__init__(settings, Peer(transport="inproc"))
        self._hub: Hub | None = hub

    async def call(self, request: Request) -> Reply:
        """See AsyncTransport."""
        hub = _opened(self._hub)
        loop = asyncio.get_running_loop()
        consumer = hub.local(request, loop)
        if isinstance(consumer, MemoryAcceptor):
            # The server lives on this very loop: no message has to cross anything.
            return await consumer.handle(request)
        future: asyncio.Future[Reply] = loop.create_future()

        def on_reply(reply: Reply) -> None:
            with suppress(RuntimeError):  # the loop is closed, and nobody waits any more
                loop.call_soon_threadsafe(_settle, future, reply)

        hub.send(request, on_reply)
        try:
            async with asyncio.timeout(request.deadline.remaining()):
                return await future
        except TimeoutError:
            raise _expired(hub, on_reply, request) from None

    async def send(self, request: Request) -> Reach:
        """See AsyncTransport."""
        return Reach(tuple(_opened(self._hub).send(request, _ignore)))

    async def close(self) -> None:
        """See AsyncTransport."""
        self._hub = None


def _opened(hub: Hub | None) -> Hub:
    if hub is None:
        raise Unreachable("the transport is closed")
    return hub


def _expired(hub: Hub, on_reply: OnReply, request: Request) -> RpcError:
    if hub.withdraw(on_reply):
        return ExpiredUnstarted(f"no server came for `{request.name}` before the deadline")
    return DeadlineExceeded(f"no reply to `{request.name}` before the deadline")


def _settle(future: asyncio.Future[Reply], reply: Reply) -> None:
    if not future.done():
        future.set_result(reply)


def _ignore(_reply: Reply) -> None:
    """Nobody waits for the answer to a cast, a fanout or an event."""
