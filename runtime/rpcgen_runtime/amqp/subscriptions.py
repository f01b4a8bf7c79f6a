"""The queues that a server consumes: declared, looked after, and taken from again when lost.

On the server's event loop.
"""

import asyncio
import logging
import random
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from typing import TypeAlias

from rpcgen_runtime.amqp.channel import Channel
from rpcgen_runtime.amqp.connection import Access, Connection
from rpcgen_runtime.amqp.declare import bind_again, declare
from rpcgen_runtime.amqp.link import Link
from rpcgen_runtime.amqp.messages import AmqpError, Delivery
from rpcgen_runtime.amqp.options import AmqpOptions
from rpcgen_runtime.amqp.topology import Lane, Station, Topology
from rpcgen_runtime.telemetry import Measures
from rpcgen_runtime.url import Url

AGAIN = 0.5
"""Seconds until a queue that was lost is declared and consumed again, and a part more."""

log = logging.getLogger("rpcgen_runtime.amqp")

Took: TypeAlias = Callable[[Station, str, Delivery], None]
"""Called with what was handed out, its station, and the name that the station's queue has."""


class Subscriptions:
    """A server's consuming connection, and its queues on it."""

    def __init__(
        self,
        url: Url,
        access: Access,
        options: AmqpOptions,
        topology: Topology,
        measures: Measures,
        *,
        prefetch: int,
        took: Took,
    ) -> None:
        """Take what is called with each delivery."""
        self.link = Link(url.hosts, access, measures, "consuming")
        self._topology, self._audit_every = topology, options.audit
        self._prefetch, self._measures = prefetch, measures
        self._took = took
        self._all: list[_Subscription] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_ending = False

    def start(self, lost: Callable[[], None], changed: Callable[[], None]) -> None:
        """Begin to connect; `lost` and `changed` are called as `Link.start` does."""
        self.link.start(self._prepare, lambda _: lost(), changed)

    async def stop(self) -> None:
        """Take no more; what is on its way still comes."""
        self._is_ending = True
        await asyncio.gather(*(it.cancel() for it in self._all))

    async def close(self) -> None:
        """Disconnect: the broker gives to others what is not acknowledged."""
        self._is_ending = True
        for task in self._tasks:
            task.cancel()
        await self.link.close()

    @property
    def lost(self) -> Sequence[str]:
        """The queues that are not consumed at the moment."""
        return [it.name for it in self._all if not it.is_active]

    def restore(self, queue: str) -> None:
        """Declare a queue again that somebody deleted, and that nobody consumes."""
        self._begin_aside(self._restore(queue))

    async def _restore(self, queue: str) -> None:
        stations = [it for it in self._topology.stations if it.queue.name == queue]
        connection = self.link.connection
        if stations and connection is not None:
            with suppress(AmqpError):
                await declare(connection, Topology(exchanges=[], stations=stations))

    async def _prepare(self, connection: Connection) -> None:
        names = await declare(connection, self._topology)
        found = list(zip(self._topology.stations, names, strict=True))
        self._all = [
            _Subscription(connection, station, name or station.queue.name, self._took, self._renew)
            for station, name in found
            if station.lane is not Lane.DEAD
        ]
        away = [station for station, name in found if not name]
        # At once: a queue without a leader keeps nobody from the others.
        there = [it for it in self._all if it.station not in away]
        await asyncio.gather(*(self._subscribe(it) for it in there))
        for subscription in self._all:
            if not subscription.is_active:
                self._renew(subscription)
        self._begin_aside(self._audit(connection))

    async def _audit(self, connection: Connection) -> None:
        while not self._is_ending and not connection.closed.done():
            every = self._audit_every
            await asyncio.sleep(random.uniform(every, every * 1.5))  # noqa: S311
            bound = {it.name: it.station.bindings for it in self._all if it.is_active}
            try:
                await bind_again(connection, self._topology.exchanges, bound)
            except AmqpError as error:
                log.warning("bindings cannot be declared again: %s", error)

    def _renew(self, subscription: "_Subscription") -> None:
        """Declare and consume a queue again that was lost while the connection lives."""
        if not self._is_ending and not subscription.connection.closed.done():
            self._begin_aside(self._renewed(subscription))

    async def _renewed(self, subscription: "_Subscription") -> None:
        log.warning("%s: the queue is lost, and declared again", subscription.name)
        self._measures.reconnected("cancelled")
        only = Topology(exchanges=self._topology.exchanges, stations=[subscription.station])
        connection = subscription.connection
        while not subscription.is_active:
            # Not in step with the other servers that lost it.
            await asyncio.sleep(random.uniform(AGAIN / 2, AGAIN))  # noqa: S311
            if connection.closed.done() or self._is_ending:
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

    def _begin_aside(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class _Subscription:
    """One queue that is consumed, on a channel of its own."""

    def __init__(
        self,
        connection: Connection,
        station: Station,
        name: str,
        took: Took,
        lost: Callable[["_Subscription"], None],
    ) -> None:
        self.connection, self.station, self.name = connection, station, name
        self.is_active = False
        self._took, self._lost = took, lost
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
                lambda delivery: self._took(self.station, self.name, delivery),
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
            self._lost(self)
