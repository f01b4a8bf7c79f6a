"""Publishing with confirms: each message ends in exactly one fate. On one event loop."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from enum import Enum
from itertools import takewhile
from typing import Final, NamedTuple, TypeAlias

from rpcgen_runtime.amqp.channel import Channel
from rpcgen_runtime.amqp.connection import Connection
from rpcgen_runtime.amqp.link import Link
from rpcgen_runtime.amqp.messages import AmqpError, Message
from rpcgen_runtime.telemetry import Measures

SLOWEST = 48 * 1024
"""Bytes in a second for which a connection is given time, before it is said not to confirm."""
TICK = 1.0
"""Seconds between two looks at what is not confirmed yet."""
RENEWED = 0.5
"""Seconds for which a channel is new."""


class Fate(Enum):
    """What became of a published message."""

    CONFIRMED = "confirmed"
    """The broker has it."""
    RETURNED = "returned"
    """No queue took it."""
    REFUSED = "refused"
    """The queue is full, or could not take it."""
    LOST = "lost"
    """Nobody knows: the connection ended before the confirm, or there was none in time."""


CONFIRMED: Final = Fate.CONFIRMED
"""The same, for what nearly all messages end in (see `messages.CALL`)."""

Done: TypeAlias = Callable[[Fate], None]


class _Published(NamedTuple):
    key: str
    done: Done
    at: float
    size: int
    due: float
    """When it should have been confirmed, with all that was sent before it."""


class Publisher:
    """The publishing side of a link: a channel in confirm mode, renewed where that may help."""

    def __init__(
        self, link: Link, confirm_timeout: float, measures: Measures, *, is_spare: bool = False
    ) -> None:
        """Take whether the link has a better one: then silence costs the channel alone."""
        self.ended: AmqpError | None = None
        """Why the last channel was closed."""
        self._link, self._is_spare = link, is_spare
        self._confirm_timeout = confirm_timeout
        self._measures = measures
        self._outbox: _Outbox | None = None
        self._former: list[_Outbox] = []
        self._renewing: asyncio.Task[None] | None = None
        self._renewed_at = 0.0
        self._timer: asyncio.TimerHandle | None = None

    @property
    def is_ready(self) -> bool:
        """Whether a message can be published now."""
        outbox, connection = self._outbox, self._link.connection
        if outbox is None or connection is None:
            return False
        return outbox.channel.is_open and not connection.is_blocked

    @property
    def unconfirmed(self) -> int:
        """How many messages have no fate yet."""
        return sum(len(it.open) for it in self._outboxes())

    async def prepare(self, connection: Connection) -> None:
        """Make ready a new connection of the link. Raises AmqpError."""
        self._former = []
        self._outbox = await self._opened(connection)
        self._watch()

    def publish(
        self, exchange: str, key: str, message: Message, done: Done, *, mandatory: bool
    ) -> None:
        """Publish a message; `done` is called once. Raises AmqpError where it was not sent.

        Call it only where `is_ready`.
        """
        if self._outbox is None:
            raise AmqpError(0, "there is no connection")
        self._outbox.publish(exchange, key, message, done, mandatory=mandatory)

    def put(self, queue: str, message: Message, done: Done) -> None:
        """Publish into a queue, as `publish` does."""
        self.publish("", queue, message, done, mandatory=True)

    def renew(self) -> None:
        """Publish on a new channel from soon on.

        A channel that met a quorum queue without a leader may be refused by it for good
        (RabbitMQ 3.10).
        """
        is_new = time.monotonic() - self._renewed_at < RENEWED
        if self._renewing is None and not is_new and self._link.connection is not None:
            self._renewing = asyncio.ensure_future(self._renew(self._link.connection))

    def close(self) -> None:
        """Watch no more."""
        if self._timer is not None:
            self._timer.cancel()
        if self._renewing is not None:
            self._renewing.cancel()

    async def _renew(self, connection: Connection) -> None:
        try:
            outbox = await self._opened(connection)
        except AmqpError:
            return  # the connection is lost, and made anew
        finally:
            self._renewing, self._renewed_at = None, time.monotonic()
        if self._outbox is not None:
            self._former.append(self._outbox)
        self._outbox = outbox

    async def _opened(self, connection: Connection) -> "_Outbox":
        channel = await connection.channel()
        outbox = _Outbox(channel, self._confirm_timeout, self._measures)
        await channel.confirm(outbox.confirmed, outbox.returned)
        channel.closed.add_done_callback(lambda _: self._end(outbox))
        return outbox

    def _outboxes(self) -> "list[_Outbox]":
        return [*self._former, *([self._outbox] if self._outbox is not None else [])]

    def _end(self, outbox: "_Outbox") -> None:
        if outbox not in self._outboxes():
            return
        reason = self.ended = outbox.channel.closed.result()
        if outbox is self._outbox:
            self._outbox = None
        else:
            self._former.remove(outbox)
        outbox.lose()
        # A channel that ended alone takes its connection with it: both are made anew.
        self._link.drop(f"a channel was closed: {reason}")

    def _watch(self) -> None:
        """Give up on a connection that does not confirm: it may never (rabbitmq-server 14589)."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(TICK, self._watch)
        for outbox in [it for it in self._former if not it.open]:
            self._former.remove(outbox)
            outbox.channel.close_soon()
        if not self._link.is_up:
            return
        if self._outbox is None:
            self.renew()
        now = time.monotonic()
        heard = max((it.heard for it in self._outboxes()), default=0.0)
        for outbox in [it for it in self._outboxes() if it.is_overdue(now)]:
            outbox.give_up(now, heard)
            if outbox.is_overdue(now):
                self._silent(outbox)

    def _silent(self, outbox: "_Outbox") -> None:
        if not self._is_spare:
            self._link.drop("the broker does not confirm")
            return
        if outbox is self._outbox:
            self._outbox = None
        else:
            self._former.remove(outbox)
        outbox.lose()
        outbox.channel.close_soon()


class _Outbox:
    """What one channel published and the broker has not confirmed."""

    def __init__(self, channel: Channel, confirm_timeout: float, measures: Measures) -> None:
        self.channel = channel
        self.open: dict[int, _Published] = {}
        """By delivery tag, in their order."""
        self._confirm_timeout = confirm_timeout
        self._measures = measures
        self._tag = 0
        self._bytes = 0
        self.heard = 0.0
        """When what the broker confirmed last was sent."""
        self._returned: Counter[str] = Counter()

    def publish(
        self, exchange: str, key: str, message: Message, done: Done, *, mandatory: bool
    ) -> None:
        self.channel.publish(exchange, key, message, mandatory=mandatory)
        self._tag += 1
        now, size = time.monotonic(), len(message.body)
        self._bytes += size
        due = now + self._confirm_timeout + self._bytes / SLOWEST
        self.open[self._tag] = _Published(_key(message), done, now, size, due)

    def is_overdue(self, now: float) -> bool:
        oldest = next(iter(self.open.values()), None)
        return oldest is not None and now > oldest.due

    def give_up(self, now: float, heard: float) -> None:
        """Lose what is overdue though what was sent later is confirmed.

        It is its queue that does not confirm then: no reason to lose all others' messages.
        """
        silent = [tag for tag, it in self.open.items() if it.at < heard and now > it.due]
        for published in [self.open.pop(it) for it in silent]:
            self._bytes -= published.size
            published.done(Fate.LOST)

    def lose(self) -> None:
        lost, self.open, self._bytes = self.open, {}, 0
        for published in lost.values():
            published.done(Fate.LOST)

    def confirmed(self, tag: int, multiple: bool, taken: bool) -> None:  # noqa: FBT001
        if multiple:
            # They are in the order of their tags.
            tags = list(takewhile(tag.__ge__, self.open))
        else:
            tags = [tag] if tag in self.open else []
        now, is_sure = time.monotonic(), taken and not self._returned
        for each in tags:
            published = self.open.pop(each)
            self._bytes -= published.size
            self.heard = published.at
            self._measures.confirmed(now - published.at)
            fate = CONFIRMED if is_sure else self._fate(published.key, taken=taken)
            published.done(fate)

    def returned(self, message: Message) -> None:
        # The confirm of what comes back follows, and finds it here.
        self._returned[_key(message)] += 1

    def _fate(self, key: str, *, taken: bool) -> Fate:
        if not taken:
            return Fate.REFUSED
        if key in self._returned:
            self._returned -= Counter([key])
            return Fate.RETURNED
        return CONFIRMED


def _key(message: Message) -> str:
    return message.message_id or message.correlation_id or ""
