"""Instructions of one call in its steady state: the medians of rounds, after a warm-up."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median, quantiles

from benchmarks.layers.layer import Layer
from benchmarks.layers.meter import Meter, Spot, Tally
from benchmarks.layers.roads import Road, opened
from benchmarks.work import Work

WARMUP = 20
"""Calls that are not counted: what is built lazily, and threads that are started on demand."""
ROUNDS = 5
CALLS = 20
"""Of a round: what is left to do when a call has been answered falls into the next one."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one call."""

    instructions: float
    c_calls: float
    """Calls of functions that are not written in Python."""

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(self.instructions + other.instructions, self.c_calls + other.c_calls)


NOTHING = Cost(0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Counts:
    """What was counted of one kind of work on one road."""

    spots: Mapping[Spot, Cost]
    spread: float
    """Between the quartiles of the rounds, as a part of the median; without the event loop."""

    def dearest(self) -> list[tuple[Spot, Cost]]:
        """Return every spot with its cost, the dearest first."""
        return sorted(self.spots.items(), key=lambda it: -it[1].instructions)

    def layers(self, side: str | None = None) -> dict[Layer, Cost]:
        """Return the cost of each layer, of both sides or of one."""
        spots = {it: cost for it, cost in self.spots.items() if side in {None, it.side}}
        found = {layer: _of(spots, layer) for layer in Layer}
        return {layer: cost for layer, cost in found.items() if cost != NOTHING}


def _of(spots: Mapping[Spot, Cost], layer: Layer) -> Cost:
    return sum((cost for it, cost in spots.items() if it.layer is layer), NOTHING)


def counted(road: Road, work: Work, url: str, count: int = ROUNDS) -> Counts:
    """Count so many rounds of calls of a server that is started for them, two at least.

    Raises UnknownFunctionError, and what a call raises.
    """
    with Meter() as meter, opened(road, work, url) as calls:
        calls(WARMUP)
        rounds = []
        for _ in range(count):
            with meter.counting() as found:
                calls(CALLS)
            rounds.append(dict(found))
    return Counts(_medians(rounds), _spread(rounds))


def _medians(rounds: Sequence[Mapping[Spot, Tally]]) -> dict[Spot, Cost]:
    spots = {it for each in rounds for it in each}
    found = {it: _median([each.get(it, Tally()) for each in rounds]) for it in spots}
    return {it: cost for it, cost in found.items() if cost != NOTHING}


def _median(tallies: Iterable[Tally]) -> Cost:
    instructions, c_calls = zip(*((it.instructions, it.c_calls) for it in tallies), strict=True)
    return Cost(median(instructions) / CALLS, median(c_calls) / CALLS)


def _spread(rounds: Sequence[Mapping[Spot, Tally]]) -> float:
    lower, middle, upper = quantiles((_instructions(it) for it in rounds), method="inclusive")
    return (upper - lower) / middle


def _instructions(tallies: Mapping[Spot, Tally]) -> int:
    return sum(it.instructions for spot, it in tallies.items() if spot.layer is not Layer.LOOP)
