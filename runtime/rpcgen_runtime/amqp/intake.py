"""What a server takes from a broker and gives back to it. On the event loop of its I/O thread.

Strategy: a delivery is acknowledged when nothing about it is left to do: its reply is confirmed,
its work is done, or it stands in another queue. Until then the broker hands it to another server
should this one be lost. A call that the contract does not allow to repeat is started only where the
broker says that nobody had it before; where somebody had, its caller is told that at once.
"""

import asyncio
import logging
import random
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeAlias

from rpcgen_runtime import errors
from rpcgen_runtime.amqp import wire
from rpcgen_runtime.amqp.clocks import Clocks
from rpcgen_runtime.amqp.connection import Access, Channel, Connection
from rpcgen_runtime.amqp.declare import bind_again, declare
from rpcgen_runtime.amqp.link import Link
from rpcgen_runtime.amqp.messages import AmqpError, Delivery, Message
from rpcgen_runtime.amqp.options import AmqpOptions
from rpcgen_runtime.amqp.publisher import Fate, Publisher
from rpcgen_runtime.amqp.topology import Lane, Station, Topology
from rpcgen_runtime.messages import Failure, Reply, Request, Verb
from rpcgen_runtime.telemetry import Measures
from rpcgen_runtime.url import Url

AGAIN = 0.5
"""Seconds until a queue that was lost is declared and consumed again, and a part more."""
FIRST_REST, LONGEST_REST = 0.1, 5.0
"""Seconds before a cast or an event that failed is tried again; doubled each time."""
SUSPECT_REST = 0.1
"""Seconds that an acknowledgement may take on its way."""
REFUSED_REST = 0.5
"""Seconds before what nobody had room for is offered again."""
FAREWELL = 5.0
"""Seconds in which the broker confirms the last replies."""

REDELIVERED = Failure(
    errors.REDELIVERED, "the server that had the request was lost; it may have been executed"
)
NEVER = frozenset(
    [
        errors.PARSE_ERROR, errors.INVALID_REQUEST, errors.METHOD_NOT_FOUND,
        errors.INVALID_PARAMS, errors.UNSUPPORTED_VERSION, errors.UNAUTHENTICATED,
        errors.FORBIDDEN, errors.DEADLINE_EXCEEDED,
    ]
)  # fmt: skip
"""Failures of a cast or an event that another try would not mend."""
NOT_NOW = frozenset([errors.OVERLOADED, errors.EXPIRED_UNSTARTED])

log = logging.getLogger("rpcgen_runtime.amqp")


@dataclass(frozen=True, slots=True, eq=False)
class Work:
    """A delivery that is, or will be, with a handler."""

    station: Station
    queue: str
    """The station's queue, by the name that it has."""
    delivery: Delivery
    request: Request
    attempt: int


Run: TypeAlias = Callable[[Work], None]
"""Begins a request elsewhere; `Intake.finished` is called with its end, on the intake's loop."""
MayRepeat: TypeAlias = Callable[[Request], bool]


class Intake:
    """One server's queues; see the module."""

    def __init__(
        self,
        url: Url,
        access: Access,
        options: AmqpOptions,
        topology: Topology,
        *,
        server: str,
        places: int,
        may_repeat: MayRepeat,
        run: Run,
        measures: Measures,
    ) -> None:
        self._options, self._topology, self._server = options, topology, server
        self._may_repeat, self._run, self._measures = may_repeat, run, measures
        self._clocks = Clocks()
        self._places = places
        self._prefetch = options.prefetch or places + places // 4
        self._taking = Link(url.hosts, access, measures, "consuming")
        self._sending = Link(url.hosts, access, measures, "publishing")
        self._publisher = Publisher(self._sending, options.confirm_timeout, measures)
        self._subscriptions: list[_Subscription] = []
        self._waiting: deque[Work] = deque()
        self._running: dict[Work, None] = {}
        self._unsent: deque[Callable[[], None]] = deque()
        self._moving: set[str] = set()
        """Messages on their way to the suspects."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._timers: dict[asyncio.TimerHandle, Callable[[], None]] = {}
        self._started: asyncio.Future[None] | None = None
        self._is_draining = False

    @property
    def not_ready(self) -> Sequence[str]:
        """Why it takes no work, for people; empty when it does."""
        reasons: list[str] = []
        if self._is_draining:
            reasons.append("draining")
        for link in (self._taking, self._sending):
            if link.connection is None:
                why = f": {link.failure}" if link.failure else ""
                reasons.append(f"not connected for {link.kind}{why}")
            elif link.connection.is_blocked:
                reasons.append("blocked: the broker takes no messages at the moment")
        lost = [it.name for it in self._subscriptions if not it.is_active]
        if self._taking.connection is not None and lost:
            reasons.append(f"not declared: {', '.join(lost)}")
        return reasons

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
        self._sending.start(self._publisher.prepare, lambda _: None, self._changed)
        self._taking.start(self._prepare, self._lost, self._changed)
        try:
            async with asyncio.timeout(patience):
                await self._started
        except TimeoutError:
            failure = self._sending.failure or self._taking.failure
            raise failure or AmqpError(0, f"no broker answered within {patience:g} s") from None

    async def stop(self) -> None:
        """Take no more messages, and give back what no handler has begun."""
        self._is_draining = True
        await asyncio.gather(*(it.cancel() for it in self._subscriptions))
        for work in self._take_waiting():
            if work.station.queue.exclusive:
                # Its queue goes with this server: nobody else would ever run it.
                self._begin(work)
            else:
                self._give_back(work)
        for timer, act in list(self._timers.items()):
            timer.cancel()
            del self._timers[timer]
            act()

    async def close(self) -> None:
        """Wait for what is with handlers, then for the broker's last confirms; disconnect."""
        while self._running or self._waiting:
            await asyncio.sleep(0.005)
        try:
            async with asyncio.timeout(FAREWELL):
                while self._unsent or self._publisher.unconfirmed:
                    await asyncio.sleep(0.005)
        except TimeoutError:
            log.warning("%s messages were not confirmed at the end", self._publisher.unconfirmed)
        await self.abandon()

    async def abandon(self) -> None:
        """Disconnect at once: the broker gives to others what is not acknowledged."""
        self._is_draining = True
        self._publisher.close()
        for task in self._tasks:
            task.cancel()
        for timer in self._timers:
            timer.cancel()
        await asyncio.gather(self._taking.close(), self._sending.close())

    def finished(self, work: Work, reply: Reply) -> None:
        """Take how a request ended."""
        del self._running[work]
        if isinstance(reply, Failure) and reply.code == errors.EXPIRED_UNSTARTED:
            self._measures.expired_unexecuted()
        if work.request.verb is Verb.CALL:
            if isinstance(reply, Failure) and reply.code == errors.PARSE_ERROR:
                self._refuse(work.station, work.queue, work.delivery, reply)
            else:
                self._answer(work.delivery, reply, work.request)
        elif not isinstance(reply, Failure):
            work.delivery.ack()
        elif work.station.lane is Lane.FANOUTS:
            work.delivery.ack()
            log.warning("a fanout of %s failed: %s", work.request.name, reply.message)
        else:
            self._failed(work, reply)
        self._pump()

    # What comes in.

    def took(self, subscription: "_Subscription", delivery: Delivery) -> None:
        """Take a delivery."""
        station = subscription.station
        try:
            incoming = wire.decode_request(
                delivery.message,
                clocks=self._clocks,
                max_body=self._options.max_body,
                work_timeout=self._options.work_timeout,
                is_redelivered=delivery.is_redelivered,
            )
        except wire.Unusable as error:
            self._measures.undecodable()
            self._refuse(station, subscription.name, delivery, error.failure)
            return
        work = Work(station, subscription.name, delivery, incoming.request, incoming.attempt)
        if station.lane is Lane.SUSPECTS:
            self._suspect(work)
            return
        if station.lane is Lane.FANOUTS or not delivery.is_redelivered:
            self._accept(work)
            return
        self._measures.redelivered()
        is_call = incoming.request.verb is Verb.CALL
        if is_call and not self._may_repeat(incoming.request):
            self._answer(delivery, REDELIVERED, incoming.request)
        elif station.suspects:
            self._again(work)
        else:
            self._accept(work)

    def _suspect(self, work: Work) -> None:
        """Run a suspect, once it is gone from where this very server took it.

        Else, when it ends this server, it is there once more, and a second time here.
        """
        if work.request.message_id in self._moving and not self._is_draining:
            self._later(SUSPECT_REST, lambda: self._suspect(work))
        else:
            self._accept(work)

    def _again(self, work: Work) -> None:
        """Run what a server was lost with once more; the second time alone, as a suspect."""
        before = wire.deliveries_before(work.delivery.message)
        if before + work.attempt >= 2 or (not before and work.attempt):
            message = self._repeated(work, work.attempt)
            self._moving.add(work.request.message_id)
            self._move(work.delivery, work.station.suspects, message, self._moved(work))
        elif before:
            self._accept(work)
        else:
            # A classic queue does not count: that is done beside the message.
            self._move(work.delivery, work.queue, self._repeated(work, work.attempt + 1))

    def _moved(self, work: Work) -> Callable[[], None]:
        """Return what is called when it was acknowledged where it was."""
        loop, forget = asyncio.get_running_loop(), self._moving.discard

        def moved() -> None:
            loop.call_later(SUSPECT_REST, forget, work.request.message_id)

        return moved

    def _repeated(self, work: Work, attempt: int) -> Message:
        return wire.again(work.delivery.message, attempt, work.request.deadline)

    def _accept(self, work: Work) -> None:
        if self._is_draining and not work.station.queue.exclusive:
            self._give_back(work)
            return
        if not work.delivery.channel.is_open:
            return  # the broker hands it out again
        if self._waiting or not self._has_place():
            self._waiting.append(work)
            return
        self._begin(work)

    def _has_place(self) -> bool:
        """Whether a handler may begin: there is room, and its reply could leave."""
        return len(self._running) < self._places and self._publisher.is_ready

    def _begin(self, work: Work) -> None:
        self._running[work] = None
        self._run(work)

    def _pump(self) -> None:
        while self._unsent and self._publisher.is_ready:
            self._unsent.popleft()()
        while self._waiting and self._has_place():
            self._begin(self._waiting.popleft())

    def _take_waiting(self) -> Sequence[Work]:
        waiting, self._waiting = self._waiting, deque()
        return waiting

    # What goes out.

    def _answer(self, delivery: Delivery, reply: Reply, request: Request) -> None:
        """Send a reply; once the broker has it, or nobody waits for it, the request is done."""
        if request.deadline.passed():
            delivery.ack()
            return
        message = wire.encode_reply(
            delivery.message, reply, server=self._server, max_body=self._options.max_body
        )

        def fated(fate: Fate) -> None:
            if fate is Fate.LOST:
                self._unsent.append(lambda: self._answer(delivery, reply, request))
            else:
                delivery.ack()

        reply_to = delivery.message.reply_to or ""
        self._publish(reply_to, message, fated)

    def _publish(self, queue: str, message: Message, fated: Callable[[Fate], None]) -> None:
        """Publish into a queue; where that cannot be now, later."""
        if self._publisher.is_ready:
            try:
                self._publisher.publish("", queue, message, fated, mandatory=True)
            except AmqpError:
                pass
            else:
                return
        self._unsent.append(lambda: self._publish(queue, message, fated))

    def _move(
        self,
        delivery: Delivery,
        queue: str,
        message: Message,
        moved: Callable[[], None] | None = None,
    ) -> None:
        """Put a message into another queue, then acknowledge it where it was."""

        def fated(fate: Fate) -> None:
            if moved is not None:
                moved()
            if fate is Fate.CONFIRMED:
                delivery.ack()
                return
            if fate is Fate.RETURNED:
                self._begin_aside(self._restore(queue))
            elif fate is Fate.REFUSED:
                self._publisher.renew()
            # Not there, full or unknown: it stays where it is, and comes again.
            self._later(AGAIN, delivery.give_back)

        self._publish(queue, message, fated)

    def _refuse(self, station: Station, queue: str, delivery: Delivery, failure: Failure) -> None:
        """Put aside what is no request; tell its sender where there is a way."""
        message = delivery.message
        log.warning("%s: a message is put aside: %s", queue, failure.message)
        if wire.may_answer(message):
            reply = wire.encode_reply(
                message, failure, server=self._server, max_body=self._options.max_body
            )
            self._publish(message.reply_to or "", reply, lambda _: None)
        if not station.dead:
            delivery.ack()
            return
        self._measures.dead_lettered("undecodable")
        self._move(delivery, station.dead, wire.dead(message, failure.message, queue))

    def _failed(self, work: Work, failure: Failure) -> None:
        """Decide what becomes of a cast or an event whose handler did not do it."""
        if failure.code in NOT_NOW:
            message = self._repeated(work, work.attempt)
            self._later(REFUSED_REST, lambda: self._move(work.delivery, work.queue, message))
            return
        attempt = work.attempt + 1
        if failure.code in NEVER or attempt > self._options.delivery_limit:
            self._measures.dead_lettered("rejected" if failure.code in NEVER else "failed")
            reason = wire.reason_of(failure)
            log.error("%s is put aside: %s", work.request.name, reason)
            letter = wire.dead(work.delivery.message, reason, work.queue)
            self._move(work.delivery, work.station.dead, letter)
            return
        message = self._repeated(work, attempt)
        rest = min(LONGEST_REST, FIRST_REST * 2 ** (attempt - 1))
        self._later(rest, lambda: self._move(work.delivery, work.queue, message))

    def _give_back(self, work: Work) -> None:
        """Give back what was not begun, so that it does not look as if it had been."""
        self._move(work.delivery, work.queue, self._repeated(work, work.attempt))

    def _later(self, seconds: float, act: Callable[[], None]) -> None:
        if self._is_draining:
            act()
            return

        def due() -> None:
            del self._timers[timer]
            act()

        timer = asyncio.get_running_loop().call_later(seconds, due)
        self._timers[timer] = act

    # Connections.

    async def _prepare(self, connection: Connection) -> None:
        names = await declare(connection, self._topology)
        self._subscriptions = [
            _Subscription(self, connection, station, name or station.queue.name)
            for station, name in zip(self._topology.stations, names, strict=True)
            if station.lane is not Lane.DEAD
        ]
        lost = [it for it, name in zip(self._topology.stations, names, strict=True) if not name]
        # At once: a queue without a leader keeps nobody from the others.
        there = [it for it in self._subscriptions if it.station not in lost]
        await asyncio.gather(*(self._subscribe(it) for it in there))
        for subscription in self._subscriptions:
            if not subscription.is_active:
                self.renew(subscription)
        self._begin_aside(self._audit(connection))

    def _lost(self, _reason: AmqpError) -> None:
        # The broker hands out again what waits here.
        self._waiting.clear()

    def _changed(self) -> None:
        started = self._started
        if started is not None and not started.done():
            fatal = self._sending.failure or self._taking.failure
            if fatal is not None and (fatal.is_fatal or fatal.code == 406):
                started.set_exception(fatal)
            elif self._taking.is_up and self._publisher.is_ready:
                started.set_result(None)
        self._pump()

    async def _audit(self, connection: Connection) -> None:
        while not self._is_draining and not connection.closed.done():
            every = self._options.audit
            await asyncio.sleep(random.uniform(every, every * 1.5))  # noqa: S311
            bound = {it.name: it.station.bindings for it in self._subscriptions if it.is_active}
            try:
                await bind_again(connection, self._topology.exchanges, bound)
            except AmqpError as error:
                log.warning("bindings cannot be declared again: %s", error)

    def renew(self, subscription: "_Subscription") -> None:
        """Declare and consume a queue again that was lost while the connection lives."""
        if self._is_draining or subscription.connection.closed.done():
            return
        self._begin_aside(self._renew(subscription))

    def _begin_aside(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _restore(self, queue: str) -> None:
        """Declare a queue again that somebody deleted, and that nobody consumes."""
        stations = [it for it in self._topology.stations if it.queue.name == queue]
        connection = self._taking.connection
        if stations and connection is not None:
            with suppress(AmqpError):
                await declare(connection, Topology(exchanges=[], stations=stations))

    async def _renew(self, subscription: "_Subscription") -> None:
        log.warning("%s: the queue is lost, and declared again", subscription.name)
        self._measures.reconnected("cancelled")
        only = Topology(exchanges=self._topology.exchanges, stations=[subscription.station])
        connection = subscription.connection
        while not subscription.is_active:
            # Not in step with the other servers that lost it.
            await asyncio.sleep(random.uniform(AGAIN / 2, AGAIN))  # noqa: S311
            if connection.closed.done() or self._is_draining:
                return
            try:
                [name] = await declare(connection, only)
            except AmqpError as error:
                log.warning("%s: %s", subscription.name, error)
                continue
            if name is not None:
                subscription.name = name
                await self._subscribe(subscription)

    async def _subscribe(self, subscription: "_Subscription") -> None:
        """Begin to consume; where the queue does not answer, it is not active afterwards."""
        try:
            await subscription.start(self._prefetch)
        except AmqpError as error:
            if subscription.connection.closed.done():
                raise
            log.warning("%s cannot be consumed: %s", subscription.name, error)


class _Subscription:
    """One queue that is consumed, on a channel of its own."""

    def __init__(self, intake: Intake, connection: Connection, station: Station, name: str) -> None:
        self.connection, self.station, self.name = connection, station, name
        self.is_active = False
        self._intake = intake
        self._channel: Channel | None = None
        self._tag = ""

    async def start(self, prefetch: int) -> None:
        """Begin to consume. Raises AmqpError."""
        if self._channel is not None:
            # What it still has to acknowledge was in a queue that is gone.
            await self._channel.close()
        channel = self._channel = await self.connection.channel()
        channel.closed.add_done_callback(lambda _: self._end(channel))
        lane = self.station.lane
        try:
            self._tag = await channel.consume(
                self.name,
                lambda delivery: self._intake.took(self, delivery),
                on_cancel=lambda: self._end(channel),
                prefetch=1 if lane is Lane.SUSPECTS else prefetch,
            )
        except AmqpError:
            await channel.close()
            raise
        self.is_active = True

    async def cancel(self) -> None:
        """Take no more; what is on its way still comes."""
        if self.is_active and self._channel is not None and self._channel.is_open:
            self.is_active = False
            try:
                await self._channel.cancel(self._tag)
            except AmqpError as error:
                log.warning("%s: %s", self.name, error)

    def _end(self, channel: Channel) -> None:
        if channel is self._channel and self.is_active:
            self.is_active = False
            self._intake.renew(self)
