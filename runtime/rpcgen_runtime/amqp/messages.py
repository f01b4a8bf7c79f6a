"""What goes over AMQP: messages, deliveries, queues, and what a broker says no with. No I/O."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, NamedTuple, Protocol, TypeAlias

Table: TypeAlias = Mapping[str, str | int]
"""AMQP's table, with what we put into it: short texts and whole numbers."""

NO_HEADERS: Final[Mapping[str, object]] = MappingProxyType({})


class AmqpError(Exception):
    """The broker, or the way there, said no."""

    def __init__(self, code: int, text: str, *, is_heartbeat: bool = False) -> None:
        super().__init__(f"{code} {text}" if code else text)
        self.code = code
        """AMQP 0-9-1 section 1.2; 0 where it is none of the broker's."""
        self.text = text
        self.is_heartbeat = is_heartbeat
        """Whether it is that nothing was heard for too long."""

    @property
    def is_fatal(self) -> bool:
        """Whether somebody must change something first: credentials, permissions, the vhost."""
        return self.code in {403, 530}


class Message(NamedTuple):
    """One message. A named tuple, as two are made for each call on each side."""

    body: bytes
    content_type: str = ""
    kind: str = ""
    """AMQP's `type`: of a request its first line, see `wire`."""
    message_id: str | None = None
    correlation_id: str | None = None
    reply_to: str | None = None
    expires_ms: int | None = None
    is_durable: bool = True
    headers: Mapping[str, object] = NO_HEADERS
    is_unreadable: bool = False
    """Whether its header could not be decoded: then there is nothing but the body."""


class Acknowledging(Protocol):
    """The channel that a delivery came on."""

    def ack(self, tag: int) -> None:
        """Acknowledge a message that came on this channel; on a closed one, do nothing."""
        ...

    def give_back(self, tag: int) -> None:
        """Let the broker hand it out again."""
        ...

    @property
    def is_open(self) -> bool:
        """Whether the broker still knows of the delivery."""
        ...


class Delivery(NamedTuple):
    """A message that was handed out. Knows its channel, so that no other one acknowledges it."""

    channel: Acknowledging
    tag: int
    message: Message
    is_redelivered: bool
    """Whether somebody may have had it before."""

    def ack(self) -> None:
        """Tell the broker that it is done."""
        self.channel.ack(self.tag)

    def give_back(self) -> None:
        """Let the broker hand it out again; marks it as redelivered."""
        self.channel.give_back(self.tag)


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """A queue as it is declared."""

    name: str
    """Empty: the broker chooses one."""
    durable: bool = False
    exclusive: bool = False
    arguments: Table = field(default_factory=dict)
