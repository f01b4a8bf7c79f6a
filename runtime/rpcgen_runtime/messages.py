"""What goes to a server and what comes back; frozen, and knowing no transport. No I/O.

Parameters and results are already encoded (JSON), so that they are written once and read once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias

from rpcgen_runtime.context import Deadline, Identity
from rpcgen_runtime.targets import Target


class Verb(Enum):
    """How a message is delivered."""

    CALL = "call"
    """Answered by one server."""
    CAST = "cast"
    """Taken by one server, not answered."""
    FANOUT = "fanout"
    """Taken by every server that is there, not answered."""
    EVENT = "event"
    """Taken by whoever listens, not answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A message to a server."""

    verb: Verb
    name: str
    """The method's full name on the wire, such as `Volumes.create`."""
    params: bytes
    """A JSON object (by name) or array (by position)."""
    version: str | None
    """The lowest version that the arguments need; None from peers who do not know of versions."""
    deadline: Deadline
    message_id: str
    traceparent: str | None = None
    data: Mapping[str, str]
    """The caller's context."""
    target: Target | None = None
    """Where it goes; None on the side that has received it."""
    token: str | None = field(default=None, repr=False)
    """What the sender shows as its credentials."""
    identity: Identity | None = None
    """Who sent it; set on the side that has received it, and found out who calls."""
    repeatable: bool = False
    """Whether the contract allows to send it again when its outcome is unknown; set by callers."""


@dataclass(frozen=True, slots=True)
class Reach:
    """Whom a message to many has reached, as far as the transport knows.

    Through a broker nobody knows: there both are empty.
    """

    servers: Sequence[str] = ()
    """The names of the servers that took it."""
    missed: Mapping[str, Exception] = field(default_factory=dict)
    """By address: why one did not."""


@dataclass(frozen=True, slots=True)
class Success:
    """The method returned."""

    result: bytes
    """JSON."""


@dataclass(frozen=True, slots=True)
class Failure:
    """The method, or what stands before it, said no."""

    code: int
    message: str
    data: bytes | None = None
    """JSON, where there is any."""
    is_foreign: bool = False
    """Whether the peer is not one of ours, so that our own codes mean nothing."""


Reply: TypeAlias = Success | Failure
