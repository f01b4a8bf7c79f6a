"""What a server does with each delivery. On its event loop.

Strategy: a delivery is acknowledged when nothing about it is left to do: its reply is confirmed,
its work is done, or it stands in another queue. Until then the broker hands it to another server
should this one be lost. A call that the contract does not allow to repeat is started only where the
broker says that nobody had it before; where somebody had, its caller is told that at once.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from typing import TypeAlias

from rpcgen_runtime import errors
from rpcgen_runtime.amqp import moved, wire
from rpcgen_runtime.amqp.connection import Access
from rpcgen_runtime.amqp.declare import PRECONDITION_FAILED
from rpcgen_runtime.amqp.messages import AmqpError, Delivery
from rpcgen_runtime.amqp.options import AmqpOptions
from rpcgen_runtime.amqp.outgoing import Outgoing
from rpcgen_runtime.amqp.subscriptions import Subscriptions
from rpcgen_runtime.amqp.timers import Act, Timers
from rpcgen_runtime.amqp.topology import Lane, Station, Topology
from rpcgen_runtime.amqp.undone import Undone
from rpcgen_runtime.amqp.work import MethodOf, Work
from rpcgen_runtime.messages import CALL, Failure, Reply, Request
from rpcgen_runtime.telemetry import Measures
from rpcgen_runtime.url import Url

SUSPECT_REST = 0.1
"""Seconds that an acknowledgement may take on its way."""
FAREWELL = 5.0
"""Seconds in which the broker confirms the last replies."""

REDELIVERED = Failure(
    errors.REDELIVERED, "the server that had the request was lost; it may have been executed"
)
LATE = Failure(errors.EXPIRED_UNSTARTED, "the deadline passed before the call came")

log = logging.getLogger("rpcgen_runtime.amqp")

Run: TypeAlias = Callable[[Work], None]
"""Begins a request; `Intake.finished` is called with its end."""
MayRepeat: TypeAlias = Callable[[Request], bool]


class Intake:
    """One server at a broker; see the module."""

    def __init__(
        self,
        url: Url,
        access: Access,
        options: AmqpOptions,
        topology: Topology,
        *,
        places: int,
        may_repeat: MayRepeat,
        method_of: MethodOf,
        run: Run,
        measures: Measures,
    ) -> None:
        self._options, self._places = options, places
        self._may_repeat, self._method_of = may_repeat, method_of
        self._run, self._measures = run, measures
        self._timers = Timers()
        # What is done, and not yet acknowledged, takes room as well.
        prefetch = options.prefetch or places + places // 2
        self._subscriptions = Subscriptions(
            url, access, options, topology, measures,
            prefetch=prefetch, took=self._took,
        )  # fmt: skip
        self._outgoing = Outgoing(
            url, access, options, measures,
            prefetch=prefetch, timers=self._timers,
            is_idle=lambda: not self._running, restore=self._subscriptions.restore,
        )  # fmt: skip
        self._undone = Undone(
            self._outgoing, self._timers, measures,
            limit=options.delivery_limit, method_of=method_of,
        )  # fmt: skip
        self._waiting: deque[Work] = deque()
        self._running: dict[Work, None] = {}
        self._moving: set[str] = set()
        """Messages on their way to the suspects."""
        self._started: asyncio.Future[None] | None = None
        self._is_draining = False

    @property
    def not_ready(self) -> Sequence[str]:
        """Why it takes no work, for people; empty when it does."""
        reasons: list[str] = []
        if self._is_draining:
            reasons.append("draining")
        for link in (self._subscriptions.link, self._outgoing.link):
            if link.connection is None:
                why = f": {link.failure}" if link.failure else ""
                reasons.append(f"not connected for {link.kind}{why}")
            elif link.connection.is_blocked:
                reasons.append("blocked: the broker takes no messages at the moment")
        lost = self._subscriptions.lost
        if self._subscriptions.link.connection is not None and lost:
            reasons.append(f"not declared: {', '.join(lost)}")
        return reasons

    def beat(self) -> None:
        """Keep the connections alive; from a thread, whatever the event loop is busy with."""
        for link in (self._subscriptions.link, self._outgoing.link):
            if link.connection is not None:
                link.connection.beat()

    @property
    def unfinished(self) -> Sequence[str]:
        """The ids of the messages that are with handlers."""
        return [it.request.message_id for it in self._running]

    async def start(self, patience: float) -> None:
        """Begin to take messages.

        Raises AmqpError where that cannot be within `patience` seconds, or at once where somebody
        must mend something.
        """
        self._started = asyncio.get_running_loop().create_future()
        self._outgoing.start(self._changed)
        # What waits here the broker hands out again.
        self._subscriptions.start(self._waiting.clear, self._changed)
        try:
            async with asyncio.timeout(patience):
                await self._started
        except TimeoutError:
            raise self._failure() or AmqpError(
                0, f"no broker answered within {patience:g} s"
            ) from None

    async def stop(self) -> None:
        """Take no more messages, and give back what no handler has begun."""
        self._is_draining = True
        await self._subscriptions.stop()
        waiting = list(self._waiting)
        self._waiting.clear()
        for work in waiting:
            if work.station.queue.exclusive:
                # Its queue goes with this server: nobody else would ever run it.
                self._begin(work)
            else:
                self._undone.give_back(work)
        self._timers.hurry()

    async def close(self) -> None:
        """Wait for what is with handlers, then for the broker's last confirms; disconnect."""
        while self._running or self._waiting:
            await asyncio.sleep(0.005)
        try:
            async with asyncio.timeout(FAREWELL):
                while self._outgoing.left:
                    await asyncio.sleep(0.005)
        except TimeoutError:
            log.warning("%s messages were not confirmed at the end", self._outgoing.left)
        await self.abandon()

    async def abandon(self) -> None:
        """Disconnect at once: the broker gives to others what is not acknowledged."""
        self._is_draining = True
        self._timers.close()
        await asyncio.gather(self._subscriptions.close(), self._outgoing.close())

    def finished(self, work: Work, reply: Reply) -> None:
        """Take how a request ended, and begin what waits for its place."""
        del self._running[work]
        if work.request.verb is CALL:
            if isinstance(reply, Failure) and reply.code == errors.PARSE_ERROR:
                method = self._method_of(work.request)
                self._undone.refuse(work.station, work.queue, work.delivery, reply, method)
            else:
                self._outgoing.answer(work.delivery, reply, work.request)
        elif not isinstance(reply, Failure):
            work.delivery.ack()
        elif work.station.lane is Lane.FANOUTS:
            work.delivery.ack()
            log.warning("a fanout of %s failed: %s", work.request.name, reply.message)
        else:
            self._undone.failed(work, reply)
        self._begin_waiting()

    def _changed(self) -> None:
        started = self._started
        if started is not None and not started.done():
            fatal = self._failure()
            if fatal is not None and (fatal.is_fatal or fatal.code == PRECONDITION_FAILED):
                started.set_exception(fatal)
            elif self._subscriptions.link.is_up and self._outgoing.is_ready:
                started.set_result(None)
        self._outgoing.pump()
        self._begin_waiting()

    def _failure(self) -> AmqpError | None:
        return self._outgoing.link.failure or self._subscriptions.link.failure

    # Where there is a place for it, a delivery is begun; else it waits.

    def _accept(self, work: Work) -> None:
        if self._is_draining and not work.station.queue.exclusive:
            self._undone.give_back(work)
            return
        if not work.delivery.channel.is_open:
            return  # the broker hands it out again
        if self._waiting or not self._has_place():
            self._waiting.append(work)
            return
        self._begin(work)

    def _has_place(self) -> bool:
        """Whether a handler may begin: there is room, and its reply could leave."""
        return len(self._running) < self._places and self._outgoing.is_ready

    def _begin_waiting(self) -> None:
        while self._waiting and self._has_place():
            self._begin(self._waiting.popleft())

    def _begin(self, work: Work) -> None:
        self._running[work] = None
        self._run(work)

    # What comes in.

    def _took(self, station: Station, queue: str, delivery: Delivery) -> None:
        try:
            incoming = wire.decode_request(
                delivery.message,
                max_body=self._options.max_body,
                work_timeout=self._options.work_timeout,
            )
        except wire.Unusable as error:
            self._measures.undecodable()
            self._undone.refuse(station, queue, delivery, error.failure)
            return
        work = Work(station, queue, delivery, incoming.request, incoming.attempt)
        if work.request.verb is CALL and work.request.deadline.passed():
            self._late(work)
        elif station.lane is Lane.SUSPECTS:
            self._suspect(work)
        elif station.lane is Lane.FANOUTS or not delivery.is_redelivered:
            self._accept(work)
        else:
            self._redelivered(work)

    def _late(self, work: Work) -> None:
        """Refuse a call whose deadline has passed: where its caller waits, the clocks differ."""
        late = -work.request.deadline.remaining()
        log.info("%s is not begun: %.1f s behind its deadline", work.request.name, late)
        self._measures.expired_unexecuted(self._method_of(work.request))
        may_have_run = (
            work.delivery.is_redelivered or work.attempt or work.station.lane is Lane.SUSPECTS
        )
        self._outgoing.refuse(work.delivery, REDELIVERED if may_have_run else LATE)

    def _suspect(self, work: Work) -> None:
        """Run a suspect, once it is gone from where this very server took it.

        Else, when it ends this server, it is there once more, and a second time here.
        """
        if work.request.message_id in self._moving and not self._is_draining:
            self._timers.later(SUSPECT_REST, lambda: self._suspect(work))
        else:
            self._accept(work)

    def _redelivered(self, work: Work) -> None:
        self._measures.redelivered(self._method_of(work.request))
        is_call = work.request.verb is CALL
        if is_call and not self._may_repeat(work.request):
            self._outgoing.answer(work.delivery, REDELIVERED, work.request)
        elif work.station.suspects:
            self._again(work)
        else:
            self._accept(work)

    def _again(self, work: Work) -> None:
        """Run what a server was lost with once more; the second time alone, as a suspect."""
        before = moved.deliveries_before(work.delivery.message)
        if before + work.attempt >= 2 or (not before and work.attempt):
            message = work.again(work.attempt)
            self._moving.add(work.request.message_id)
            suspects = work.station.suspects
            self._outgoing.move(work.delivery, suspects, message, self._moved(work))
        elif before:
            self._accept(work)
        else:
            # A classic queue does not count: that is done beside the message.
            message = work.again(work.attempt + 1)
            self._outgoing.put_back(work.delivery, work.queue, message)

    def _moved(self, work: Work) -> Act:
        """Return what is called when it was acknowledged where it was."""
        loop, forget = asyncio.get_running_loop(), self._moving.discard

        def acknowledged() -> None:
            loop.call_later(SUSPECT_REST, forget, work.request.message_id)

        return acknowledged
