"""What can be done to a direction of a connection; the words are Toxiproxy's."""

from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias


class Toward(Enum):
    """A direction."""

    SERVER = "server"
    CLIENT = "client"


@dataclass(frozen=True, slots=True)
class Latency:
    """Everything comes later, in order; as much as before fits through."""

    seconds: float
    jitter: float = 0.0
    """Seconds more or less, at random."""


@dataclass(frozen=True, slots=True)
class Bandwidth:
    """No more than so many bytes in a second."""

    rate: float


@dataclass(frozen=True, slots=True)
class Slicer:
    """What was sent at once comes in pieces, with a pause before each."""

    size: int
    pause: float = 0.0


@dataclass(frozen=True, slots=True)
class SlowClose:
    """The end of a connection comes later."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Timeout:
    """Nothing comes, not even an end, and all stays open; it comes when this is removed."""


@dataclass(frozen=True, slots=True)
class ResetPeer:
    """A reset goes to both sides, so many seconds from now, whatever the direction."""

    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class LimitData:
    """After so many bytes both connections are closed."""

    size: int


Toxic: TypeAlias = Latency | Bandwidth | Slicer | SlowClose | Timeout | ResetPeer | LimitData
