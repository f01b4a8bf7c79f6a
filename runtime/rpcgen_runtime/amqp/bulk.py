"""Publishing that the broker confirms in bulk, by one answer for many messages. On one event loop.

What is sent on a channel stays in its order (AMQP 0-9-1 section 4.7), and the broker does one after
the other: its answer to a question says that all before it has been put where it goes. A confirm of
each message costs the broker more than to deliver it, and says more: whether there was a queue, and
whether it took it. For replies that makes no difference, as there a caller is gone.
"""

import asyncio
from collections import deque
from typing import NamedTuple

from rpcgen_runtime.amqp.channel import Channel
from rpcgen_runtime.amqp.connection import Connection
from rpcgen_runtime.amqp.link import Link
from rpcgen_runtime.amqp.messages import AmqpError, Message
from rpcgen_runtime.amqp.publisher import CONFIRMED, SLOWEST, Done, Fate

PAUSE = 0.02
"""Seconds after a message until the broker is asked."""
MOST = 24
"""Messages after which it is asked earlier: acknowledged by the hundred, what they answer holds up
the broker's queue for all others."""


class _Batch(NamedTuple):
    """What was sent between two questions."""

    dones: list[Done]
    size: int
    """Bytes of its bodies."""


class BulkPublisher:
    """The publishing side of a link; see the module. A message ends confirmed or lost."""

    def __init__(self, link: Link, confirm_timeout: float, most: int) -> None:
        """Take how many messages may go without a question; there may be fewer."""
        self._link, self._confirm_timeout = link, confirm_timeout
        self._most = max(1, min(MOST, most))
        self._channel: Channel | None = None
        self._dones: list[Done] = []
        self._size = 0
        self._asked: deque[_Batch] = deque()
        self._asking: asyncio.TimerHandle | None = None
        self._overdue: asyncio.TimerHandle | None = None

    @property
    def is_ready(self) -> bool:
        """Whether a message can be published now."""
        channel, connection = self._channel, self._link.connection
        if channel is None or connection is None:
            return False
        return channel.is_open and not connection.is_blocked

    @property
    def unconfirmed(self) -> int:
        """How many messages have no fate yet."""
        return len(self._dones) + sum(len(it.dones) for it in self._asked)

    async def prepare(self, connection: Connection) -> None:
        """Make ready a new connection of the link. Raises AmqpError."""
        channel = self._channel = await connection.channel()
        channel.on_answer(self._answered)
        channel.closed.add_done_callback(lambda _: self._end(channel))

    def put(self, queue: str, message: Message, done: Done) -> None:
        """Publish into a queue; `done` is called once. Raises AmqpError where it was not sent."""
        if self._channel is None:
            raise AmqpError(0, "there is no connection")
        self._channel.publish("", queue, message, mandatory=False)
        self._dones.append(done)
        self._size += len(message.body)
        if len(self._dones) >= self._most:
            self._ask()
        elif self._asking is None:
            self._asking = asyncio.get_running_loop().call_later(PAUSE, self._ask)

    def close(self) -> None:
        """Ask no more."""
        for timer in (self._asking, self._overdue):
            if timer is not None:
                timer.cancel()
        self._asking = self._overdue = None

    def _ask(self) -> None:
        if self._asking is not None:
            self._asking.cancel()
            self._asking = None
        if self._channel is None or not self._channel.is_open:
            return
        self._asked.append(_Batch(self._dones, self._size))
        self._dones, self._size = [], 0
        self._channel.ask()
        if len(self._asked) == 1:
            self._expect()

    def _answered(self) -> None:
        batch = self._asked.popleft()
        self._expect()
        for done in batch.dones:
            done(CONFIRMED)

    def _expect(self) -> None:
        """Give the broker as much time as it takes to read all that is before its answer."""
        if self._overdue is not None:
            self._overdue.cancel()
            self._overdue = None
        if not self._asked:
            return
        due = self._confirm_timeout + sum(it.size for it in self._asked) / SLOWEST
        self._overdue = asyncio.get_running_loop().call_later(due, self._give_up)

    def _give_up(self) -> None:
        connection = self._link.connection
        if connection is not None and connection.is_blocked:
            self._expect()
        else:
            self._link.drop("the broker does not confirm")

    def _end(self, channel: Channel) -> None:
        if channel is not self._channel:
            return
        self.close()
        self._channel = None
        lost = [*self._asked, _Batch(self._dones, 0)]
        self._asked, self._dones, self._size = deque(), [], 0
        for batch in lost:
            for done in batch.dones:
                done(Fate.LOST)
        # A channel that ended alone takes its connection with it: both are made anew.
        self._link.drop(f"a channel was closed: {channel.closed.result()}")
