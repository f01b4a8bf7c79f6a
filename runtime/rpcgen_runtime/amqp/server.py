"""A server on a broker: its I/O in a thread of its own, its requests on its own event loop.

So a handler that blocks the event loop, or the interpreter for a while, costs no connection.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from rpcgen_runtime.amqp.entry import access_of
from rpcgen_runtime.amqp.intake import Intake, MayRepeat
from rpcgen_runtime.amqp.iothread import IoThread
from rpcgen_runtime.amqp.messages import AmqpError
from rpcgen_runtime.amqp.options import AmqpOptions
from rpcgen_runtime.amqp.topology import Plate, Topology
from rpcgen_runtime.amqp.work import MethodOf, Work
from rpcgen_runtime.messages import Reply
from rpcgen_runtime.telemetry import measures
from rpcgen_runtime.tls import ClientTls
from rpcgen_runtime.transport import NOT_STARTED, Handle
from rpcgen_runtime.url import Url

PATIENCE = 15.0
"""Seconds in which a server that starts must have found a broker."""

log = logging.getLogger("rpcgen_runtime.amqp")


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """Who serves, and how."""

    plate: Plate
    topology: Topology
    places: int
    handle: Handle
    may_repeat: MayRepeat
    method_of: MethodOf


class AmqpAcceptor:
    """`amqp://` and `amqps://` for one server."""

    def __init__(
        self, url: Url, options: AmqpOptions, tls: ClientTls | None, office: Office
    ) -> None:
        self.url = url.shown
        self._office = office
        self._thread: IoThread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: dict[Work, asyncio.Task[None]] = {}
        self._inbox: deque[Work] = deque()
        self._outbox: deque[tuple[Work, Reply]] = deque()
        self._is_started = False
        self._is_called = False
        self._is_answered = False
        self._intake = Intake(
            url,
            access_of(url, options, tls, f"server {office.plate.server}"),
            options,
            office.topology,
            server=office.plate.server,
            places=office.places,
            may_repeat=office.may_repeat,
            method_of=office.method_of,
            run=self._inbox.append,
            go=self._hand_over,
            measures=measures(),
        )

    @property
    def not_ready(self) -> Sequence[str]:
        """See Acceptor."""
        return self._intake.not_ready if self._is_started else [NOT_STARTED]

    async def start(self) -> None:
        """See Acceptor."""
        self._loop = asyncio.get_running_loop()
        # Requests may come before all of it has started.
        thread = self._thread = IoThread("rpcgen-amqp")
        try:
            await thread.wait_for_async(self._intake.start(PATIENCE))
        except BaseException as error:
            self._thread = None
            await thread.wait_for_async(self._intake.abandon())
            thread.close()
            if isinstance(error, AmqpError):
                raise OSError(f"{self.url}: {error}") from None
            raise
        self._is_started = True

    async def stop(self) -> None:
        """See Acceptor."""
        if self._thread is not None:
            await self._thread.wait_for_async(self._intake.stop())

    async def close(self) -> None:
        """See Acceptor."""
        thread = self._thread
        if thread is not None:
            await thread.wait_for_async(self._intake.close())
            self._thread = None
            thread.close()

    async def abandon(self) -> None:
        """See Acceptor."""
        thread, self._thread = self._thread, None
        if thread is not None:
            left = ", ".join(self._intake.unfinished)
            log.error("left unfinished, and given to other servers: %s", left or "nothing")
            await thread.wait_for_async(self._intake.abandon())
            thread.close()

    # From the thread to the event loop, and back. One wake-up carries all that came meanwhile: it
    # costs more than what it carries.

    def _hand_over(self) -> None:
        if self._inbox and not self._is_called:
            self._is_called = True
            assert self._loop is not None, "it was started"
            with suppress(RuntimeError):  # the loop is closed: the process ends
                self._loop.call_soon_threadsafe(self._begin)

    def _begin(self) -> None:
        self._is_called = False
        loop = asyncio.get_running_loop()
        while self._inbox:
            work = self._inbox.popleft()
            # The event loop itself does not keep its tasks.
            self._tasks[work] = loop.create_task(self._run(work))

    async def _run(self, work: Work) -> None:
        # Cancelled, it stays with the broker, which hands it to another server.
        try:
            reply = await self._office.handle(work.request)
        finally:
            del self._tasks[work]
        self._outbox.append((work, reply))
        if self._is_answered:
            return
        self._is_answered = True
        if self._tasks and self._loop is not None:
            # The thread would wait for this one anyway, until it has nothing more to run.
            self._loop.call_soon(self._hand_back)
        else:
            self._hand_back()

    def _hand_back(self) -> None:
        thread = self._thread
        if thread is not None:
            with suppress(RuntimeError):  # the thread has ended: nobody waits any more
                thread.loop.call_soon_threadsafe(self._answer)

    def _answer(self) -> None:
        self._is_answered = False
        while self._outbox:
            self._intake.finished(*self._outbox.popleft())
        self._intake.pump()
