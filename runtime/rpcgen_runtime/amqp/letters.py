"""The dead letters of a topic: what they are, and how they go back or away.

They lie in a queue that nobody consumes, and in no order: whoever looks at one takes it out, and
the broker puts it back. Anybody who may publish can put anything there, so nothing of a letter is
believed further than it can do harm.
"""

import asyncio
import hashlib
import re
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from rpcgen_runtime.amqp import moved, replies, wire
from rpcgen_runtime.amqp.channel import QUEUE_TIMEOUT, Channel
from rpcgen_runtime.amqp.connection import Connection
from rpcgen_runtime.amqp.messages import AmqpError, Message
from rpcgen_runtime.amqp.names import dead_name
from rpcgen_runtime.amqp.publisher import Fate
from rpcgen_runtime.errors import BadReply, NoServer
from rpcgen_runtime.messages import Success
from rpcgen_runtime.targets import Target

ACCESS_REFUSED, NOT_FOUND = 403, 404
"""AMQP 0-9-1 section 1.2."""
DEATHS = "x-death"
"""Where the broker says what it did: a list of tables, the last death first."""
BROKERS_MARKS = ("x-death", "x-first-death-", "x-last-death-")
OWN_QUEUE = "amq.gen-"
"""How the name of a queue begins that the broker named."""
DEAD = ".dead"
"""How the name of a queue of dead letters ends."""
KEPT = 200
"""Characters that are left of a name that is too long."""

_NAME = re.compile(r"[\x21-\x7e]{1,128}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What is known of a dead letter, as far as its sender and the broker tell."""

    name: str
    """Its message id, of a call its correlation id; where it has none that can be typed, `~` and a
    hash of the body."""
    verb: str | None
    method: str | None
    version: str | None
    """The lowest that its arguments need."""
    reason: str | None
    """The words of the server that put it aside, or RabbitMQ's: `rejected`, `expired`,
    `delivery_limit`, `maxlen`."""
    origin: str | None
    """The queue that it was in."""
    died_at: datetime | None
    size: int
    """Bytes of the body."""
    is_unreadable: bool
    """Whether its header cannot be decoded: nobody knows more than the body then."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A letter that is taken out."""

    letter: Letter
    message: Message
    tag: int


class Drawer:
    """The dead letters of a topic, to be taken out one by one; what is left goes back at the end.

    Use it in an `async with`. A letter that dies again meanwhile is there once more.
    """

    def __init__(self, channel: Channel, queue: str, waiting: int) -> None:
        self.waiting = waiting
        """About how many there were; the broker counts behind."""
        self._channel, self._queue = channel, queue
        self._held: dict[int, None] = {}

    @classmethod
    async def of(cls, connection: Connection, target: Target) -> Self:
        """Return the one of a topic. Raises NoServer and AmqpError."""
        waiting = await count(connection, target)
        return cls(await connection.channel(), dead_name(target), waiting)

    async def take(self) -> Taken | None:
        """Take one out; None where there is no other. Raises AmqpError."""
        delivery = await self._channel.get(self._queue)
        if delivery is None:
            return None
        self._held[delivery.tag] = None
        return Taken(letter_of(delivery.message), delivery.message, delivery.tag)

    def remove(self, taken: Taken) -> None:
        """Let a letter that was taken out be no more."""
        del self._held[taken.tag]
        self._channel.ack(taken.tag)

    async def close(self) -> None:
        """Put back what was not removed."""
        # A channel that closes does it, too, but later: who looks next would miss some.
        for tag in self._held:
            self._channel.give_back(tag)
        await self._channel.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()


async def count(connection: Connection, target: Target) -> int:
    """Return about how many dead letters a topic has. Raises NoServer and AmqpError."""
    channel = await connection.channel()
    try:
        letters, _ = await channel.count(dead_name(target))
    except AmqpError as error:
        if error.code != NOT_FOUND:
            raise
        where = f"topic `{target.topic}` of exchange `{target.exchange}`"
        raise NoServer(f"no dead letters: nobody ever served {where}") from None
    finally:
        await channel.close()
    return letters


async def purge(connection: Connection, target: Target) -> int:
    """Remove all dead letters that nobody looks at; return how many. Raises AmqpError."""
    channel = await connection.channel()
    removed = await channel.purge(dead_name(target))
    await channel.close()
    return removed


class Sender:
    """Sends letters back, one at a time, on a connection that takes nothing.

    An alarm lets the broker read no more from who publishes, acknowledgements included.
    """

    def __init__(self, connection: Connection, channel: Channel) -> None:
        self._connection, self._channel = connection, channel
        self._confirmed: asyncio.Future[bool | None] | None = None
        self._is_returned = False

    @classmethod
    async def on(cls, connection: Connection) -> Self:
        """Return one that sends on this connection. Raises AmqpError."""
        channel = await connection.channel()
        made = cls(connection, channel)
        connection.on_blocked = made._on_blocked
        await channel.confirm(made._on_confirm, made._on_return)
        return made

    @property
    def is_blocked(self) -> bool:
        """Whether the broker takes no messages at the moment."""
        return self._connection.is_blocked

    async def send(self, queue: str, message: Message) -> Fate:
        """Publish into a queue; return what became of it.

        Raises AmqpError where the broker allows nobody to do so.
        """
        loop = asyncio.get_running_loop()
        confirmed = self._confirmed = loop.create_future()
        self._is_returned = False
        try:
            self._channel.publish("", queue, message, mandatory=True)
            is_taken: bool | None = await self._channel.answered(confirmed, QUEUE_TIMEOUT)
        except AmqpError as error:
            if error.code == ACCESS_REFUSED:
                raise
            is_taken = None
        if is_taken is None:
            return Fate.LOST
        if not is_taken:
            return Fate.REFUSED
        return Fate.RETURNED if self._is_returned else Fate.CONFIRMED

    def _on_confirm(self, _tag: int, _multiple: bool, taken: bool) -> None:  # noqa: FBT001
        self._settle(is_taken=taken)

    def _on_blocked(self) -> None:
        # The confirm may come when the alarm is over, and that may be never.
        self._settle(is_taken=None)

    def _settle(self, *, is_taken: bool | None) -> None:
        if self._confirmed is not None and not self._confirmed.done():
            self._confirmed.set_result(is_taken)

    def _on_return(self, _message: Message) -> None:
        self._is_returned = True


def way_back(letter: Letter, target: Target) -> str:
    """Return the queue that a letter may go back to. Raises ValueError with why there is none."""
    if letter.is_unreadable:
        raise ValueError("its header cannot be decoded")
    if letter.origin is None:
        raise ValueError("nobody knows which queue it was in")
    # A letter could name any queue, and would get there by the permissions of who replays it.
    if not letter.origin.startswith(_queues_of(target)) or letter.origin == dead_name(target):
        raise ValueError(f"`{letter.origin}` is no queue of this topic")
    return letter.origin


def _queues_of(target: Target) -> tuple[str, ...]:
    """Return how the names of a topic's queues begin."""
    name = dead_name(target).removesuffix(DEAD)
    short = (name[:KEPT],) if len(name) >= KEPT else ()
    return (f"{name}:", f"{name}@", OWN_QUEUE, *short)


def sent_again(message: Message, *, is_new: bool) -> Message:
    """Return a letter as it was before it died; with `is_new` under another message id."""
    was = moved.revived(message)
    headers = {
        name: value for name, value in was.headers.items() if not name.startswith(BROKERS_MARKS)
    }
    message_id = secrets.token_hex(16) if is_new else was.message_id
    return was._replace(headers=headers, message_id=message_id)


def body_as_json(message: Message) -> bytes | None:
    """Return a JSON or msgpack body as JSON, which is not checked; None for any other."""
    # What it is of is the same in requests and replies.
    reply = message._replace(kind=replies.RESULT)
    with suppress(BadReply):
        found = replies.decode_reply(reply, max_body=len(message.body))
        return found.result if isinstance(found, Success) else None
    return None


def letter_of(message: Message) -> Letter:
    """Return what is known of a letter."""
    death = _last_death(message.headers.get(DEATHS))
    headers = message.headers
    verb, method, version = _asked(message.kind)
    died_at = death.get("time")
    return Letter(
        name=_name(message),
        verb=verb,
        method=method,
        version=version,
        # A server of ours that puts a letter aside takes the broker's marks off: where they are,
        # the broker was the last.
        reason=_text(death.get("reason")) or _text(headers.get(wire.REASON)),
        origin=_text(death.get("queue")) or _text(headers.get(wire.ORIGIN)),
        # The broker's time has no zone in pika, and is UTC.
        died_at=died_at.replace(tzinfo=UTC) if isinstance(died_at, datetime) else None,
        size=len(message.body),
        is_unreadable=message.is_unreadable,
    )


def _name(message: Message) -> str:
    name = message.message_id or message.correlation_id or ""
    if _NAME.fullmatch(name):
        return name
    return f"~{hashlib.sha256(message.body).hexdigest()[:16]}"


def _asked(line: str) -> tuple[str | None, str | None, str | None]:
    with suppress(wire.Unusable):
        verb, method, version = wire.read_line(line)
        return verb.value, method, version
    return None, None, None


def _last_death(deaths: object) -> Mapping[str, object]:
    last = deaths[0] if isinstance(deaths, list) and deaths else None
    return last if isinstance(last, dict) else {}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
