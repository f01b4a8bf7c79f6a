"""What a node's log tells of connections: when they came, and when they were let in. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

LINE = re.compile(
    r"^(\S+ \S+) \[\w+\] \S+ (accepting AMQP|connection \S+ .*granted access)", re.MULTILINE
)
LISTENING = re.compile(r"^(\S+ \S+) \[\w+\] \S+ started TCP listener", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Connections that came to a node, in each second from a moment on."""

    tried: Sequence[int]
    opened: Sequence[int]


def arrivals(log: str, begun: float, seconds: float) -> Arrivals:
    """Count what came within so many seconds from a moment on, on the clock of the log."""
    size = int(seconds) + 1
    tried, opened = [0] * size, [0] * size
    for at, what in LINE.findall(log):
        second = int(_moment(at) - begun)
        if _moment(at) >= begun and second < size:
            (tried if what.startswith("accepting") else opened)[second] += 1
    return Arrivals(tried, opened)


def listening(log: str) -> float:
    """Return when the node began to take connections the last time."""
    return _moment(LISTENING.findall(log)[-1])


def _moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
