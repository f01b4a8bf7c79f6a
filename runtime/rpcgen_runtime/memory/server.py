"""A server on a hub: takes requests from any thread, runs them on its event loop."""

import asyncio
from collections.abc import Sequence

from rpcgen_runtime import errors
from rpcgen_runtime.facts import Service
from rpcgen_runtime.memory.hub import Hub, OnReply, address_of
from rpcgen_runtime.messages import Failure, Reply, Request
from rpcgen_runtime.transport import DRAINING, NOT_STARTED, Handle

GONE = Failure(errors.DEADLINE_EXCEEDED, "the server ended before the handler did")


class MemoryAcceptor:
    """`memory://name` for one server."""

    def __init__(
        self,
        hub: Hub,
        services: Sequence[tuple[Service, bool]],
        handle: Handle,
        name: str,
        group: str,
    ) -> None:
        self.url = f"memory://{hub.name}"
        self.name = name
        self.group = group
        self.handle = handle
        self.loop: asyncio.AbstractEventLoop | None = None
        self._hub = hub
        self._services = services
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_stopped = False

    @property
    def not_ready(self) -> Sequence[str]:
        """See Acceptor."""
        if self._is_stopped:
            return [DRAINING]
        return [] if self.loop is not None else [NOT_STARTED]

    async def start(self) -> None:
        """See Acceptor."""
        self.loop = asyncio.get_running_loop()
        for service, is_events in self._services:
            address = address_of(service.target)
            if is_events:
                self._hub.listen(address, self)
            else:
                self._hub.join(address, self)

    async def stop(self) -> None:
        """See Acceptor."""
        self._is_stopped = True
        self._hub.leave(self)

    async def abandon(self) -> None:
        """See Acceptor: who waits for an answer is told when the process ends."""

    async def close(self) -> None:
        """See Acceptor: what was handed over before the server left begins now at the latest."""
        await asyncio.sleep(0)
        while self._tasks:
            await asyncio.wait(self._tasks)

    def deliver(self, request: Request, on_reply: OnReply) -> None:
        """Run a request on the server's loop."""
        assert self.loop is not None, "only started servers are on a hub"
        self.loop.call_soon_threadsafe(self._begin, request, on_reply)

    def _begin(self, request: Request, on_reply: OnReply) -> None:
        task = asyncio.ensure_future(self._run(request, on_reply))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, request: Request, on_reply: OnReply) -> None:
        reply: Reply = GONE
        try:
            reply = await self.handle(request)
        finally:
            on_reply(reply)
