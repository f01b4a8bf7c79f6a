"""Publishing with confirms: each message ends in exactly one fate. On one event loop."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from enum import Enum
from itertools import takewhile
from typing import NamedTuple, TypeAlias

from rpcgen_runtime.amqp.connection import Channel, Connection
from rpcgen_runtime.amqp.link import Link
from rpcgen_runtime.amqp.messages import AmqpError, Message
from rpcgen_runtime.telemetry import Measures

TICK = 1.0
"""Seconds between two looks at what is not confirmed yet."""


class Fate(Enum):
    """What became of a published message."""

    CONFIRMED = "confirmed"
    """The broker has it."""
    RETURNED = "returned"
    """No queue took it."""
    REFUSED = "refused"
    """The queue is full, or could not take it."""
    LOST = "lost"
    """Nobody knows: the connection ended before the confirm."""


Done: TypeAlias = Callable[[Fate], None]


class _Published(NamedTuple):
    key: str
    done: Done
    at: float


class Publisher:
    """The publishing side of a link; one channel in confirm mode for each connection."""

    def __init__(self, link: Link, confirm_timeout: float, measures: Measures) -> None:
        self._link = link
        self._confirm_timeout = confirm_timeout
        self._measures = measures
        self._channel: Channel | None = None
        self._tag = 0
        self._open: dict[int, _Published] = {}
        self._returned: Counter[str] = Counter()
        self._timer: asyncio.TimerHandle | None = None
        self.ended: AmqpError | None = None
        """Why the last channel was closed."""

    @property
    def is_ready(self) -> bool:
        """Whether a message can be published now."""
        channel = self._channel
        return channel is not None and channel.is_open and self._link.is_up

    @property
    def unconfirmed(self) -> int:
        """How many messages have no fate yet."""
        return len(self._open)

    async def prepare(self, connection: Connection) -> None:
        """Make ready a new connection of the link. Raises AmqpError."""
        channel = await connection.channel()
        await channel.confirm(self._on_confirm, self._on_return)
        channel.closed.add_done_callback(lambda _: self._end(channel))
        self._channel, self._tag = channel, 0
        self._watch()

    def publish(
        self, exchange: str, key: str, message: Message, done: Done, *, mandatory: bool
    ) -> None:
        """Publish a message; `done` is called once. Raises AmqpError where it was not sent.

        Call it only where `is_ready`.
        """
        channel = self._channel
        if channel is None:
            raise AmqpError(0, "there is no connection")
        channel.publish(exchange, key, message, mandatory=mandatory)
        self._tag += 1
        name = message.message_id or message.correlation_id or ""
        self._open[self._tag] = _Published(name, done, time.monotonic())

    def close(self) -> None:
        """Watch no more."""
        if self._timer is not None:
            self._timer.cancel()

    def _on_confirm(self, tag: int, multiple: bool, taken: bool) -> None:  # noqa: FBT001
        if multiple:
            # They are in the order of their tags.
            tags = list(takewhile(tag.__ge__, self._open))
        else:
            tags = [tag] if tag in self._open else []
        now = time.monotonic()
        for each in tags:
            published = self._open.pop(each)
            self._measures.confirmed(now - published.at)
            published.done(self._fate(published.key, taken=taken))

    def _fate(self, key: str, *, taken: bool) -> Fate:
        if not taken:
            return Fate.REFUSED
        if key in self._returned:
            self._returned -= Counter([key])
            return Fate.RETURNED
        return Fate.CONFIRMED

    def _on_return(self, message: Message) -> None:
        # The confirm of what comes back follows, and finds it here.
        self._returned[message.message_id or message.correlation_id or ""] += 1

    def _end(self, channel: Channel) -> None:
        if channel is not self._channel:
            return
        self._channel = None
        reason = self.ended = channel.closed.result()
        lost, self._open = self._open, {}
        self._returned.clear()
        for published in lost.values():
            published.done(Fate.LOST)
        # A channel that ended alone takes its connection with it: both are made anew.
        self._link.drop(f"a channel was closed: {reason}")

    def _watch(self) -> None:
        """Give up on a connection that does not confirm: it may never (rabbitmq-server 14589)."""
        self.close()
        self._timer = asyncio.get_running_loop().call_later(TICK, self._watch)
        oldest = next(iter(self._open.values()), None)
        if oldest is None or not self._link.is_up:
            return
        if time.monotonic() - oldest.at > self._confirm_timeout:
            self._link.drop("the broker does not confirm")
