"""A mass restart, event by event: all connections lost, and a node that lets in so many a second.

Pure but for the random numbers that it is given. The node serves in the order of arrival; what
waits longer than its client's patience is given up before the node has worked for it.
"""

import heapq
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from benchmarks.measure import percentile
from rpcgen_runtime.amqp.link import FIRST_PAUSE, LONG_AGO, LONG_PAUSE, PAUSE

Longest: TypeAlias = float
Pauses: TypeAlias = Callable[[Longest], float]
"""Chooses a pause from the longest that it may be."""

PATIENCE = 5.0
"""Seconds until a connection that does not come about is given up: `connect_timeout`."""


@dataclass(frozen=True, slots=True)
class Outage:
    """What is lost, and what comes back; all connections of one node."""

    connections: int
    rate: float
    """How many the node lets in each second."""
    seconds: float
    """For which it takes none."""


@dataclass(frozen=True, slots=True)
class Recovery:
    """How the connections came back; moments are seconds from when the node took the first."""

    half: float
    last: float
    tries: int
    """That reached the node."""
    given_up: int
    peak: int
    """Tries within the busiest second."""


def jittered(chance: random.Random) -> Pauses:
    """Return our pauses: any time up to the longest."""
    return lambda longest: chance.uniform(0, longest)


def exact(longest: float) -> float:
    """Return the longest pause: what does not choose is in step with all others."""
    return longest


def simulate(outage: Outage, pauses: Pauses, patience: float = PATIENCE) -> Recovery:
    """Let all connections be lost at 0, and tell how they came back."""
    node = _Node(outage)
    tries = [(0.0, number, 0) for number in range(outage.connections)]
    heapq.heapify(tries)
    done: list[float] = []
    # Each try that comes in time is let in, so it ends.
    while tries:
        at, number, round_ = heapq.heappop(tries)
        ended, is_up = node.let_in(at, patience)
        if is_up:
            done.append(ended - outage.seconds)
            continue
        pause = pauses(longest(round_, ended))
        heapq.heappush(tries, (ended + pause, number, round_ + 1))
    return _recovery(node.tried, done)


def longest(round_: int, outage: float) -> float:
    """Return the longest pause after so many rounds, so long after the loss."""
    return min(
        PAUSE if outage < LONG_AGO else LONG_PAUSE, FIRST_PAUSE * float(1 << min(round_, 16))
    )


class _Node:
    def __init__(self, outage: Outage) -> None:
        self.tried: list[float] = []
        self._up, self._each = outage.seconds, 1 / outage.rate
        self._free = outage.seconds

    def let_in(self, at: float, patience: float) -> tuple[float, bool]:
        """Return when a try that comes now ends, and whether well. Tries come in their order."""
        if at < self._up:
            return at, False
        self.tried.append(at)
        ended = max(at, self._free) + self._each
        if ended > at + patience:
            return at + patience, False
        self._free = ended
        return ended, True


def _recovery(tried: Sequence[float], done: Sequence[float]) -> Recovery:
    ranked = sorted(done)
    return Recovery(
        percentile(ranked, 0.5),
        percentile(ranked, 1.0),
        len(tried),
        len(tried) - len(done),
        max(_each_second(tried), default=0),
    )


def _each_second(moments: Sequence[float]) -> Iterator[int]:
    """Count the moments, which are in order, of each second that has any."""
    second, count = -1, 0
    for moment in moments:
        if int(moment) != second:
            yield count
            second, count = int(moment), 0
        count += 1
    yield count
