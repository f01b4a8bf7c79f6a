"""What became of the calls of a fleet's clients. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from benchmarks.measure import percentile

ANSWERED = "answered"
SLACK = 1.0
"""Seconds behind its deadline after which a call has hung."""

Call: TypeAlias = Sequence[float | str]


@dataclass(frozen=True, slots=True)
class Calls:
    """How calls ended."""

    outcomes: Mapping[str, int]
    """`answered`, or the name of what was raised."""
    hung: int
    """Calls that ended later than they may."""
    silent: int
    """Clients of which no call was answered."""
    first: float
    """When the first client was answered after a moment; 0 where none was."""
    half: float
    """When half of the clients had been answered."""
    last: float
    """When all of them had."""

    def since(self, begun: float) -> "Calls":
        """Return the same with moments counted from this one on."""
        moments = (it - begun for it in (self.first, self.half, self.last))
        return Calls(self.outcomes, self.hung, self.silent, *moments)


def summed_up(callers: Sequence[Sequence[Call]], moment: float, timeout: float) -> Calls:
    """Sum up the calls of each client; `moment` is from when on answers are looked for."""
    calls = [it for caller in callers for it in caller]
    hung = sum(_number(it[1]) - _number(it[0]) > timeout + SLACK for it in calls)
    answers = [_first(caller, moment) for caller in callers]
    found = sorted(it for it in answers if it is not None)
    return Calls(
        dict(Counter(str(it[2]) for it in calls)),
        hung,
        len(answers) - len(found),
        *(percentile(found, it) for it in (0.0, 0.5, 1.0)),
    )


def _first(caller: Sequence[Call], moment: float) -> float | None:
    ends = (_number(it[1]) for it in caller if it[2] == ANSWERED)
    return min((it for it in ends if it >= moment), default=None)


def _number(value: float | str) -> float:
    assert not isinstance(value, str)
    return value
