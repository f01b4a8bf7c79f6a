"""What a row is: a fault, and the figures that must come of it."""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum

from tests.faults.load import Load
from tests.faults.scene import Scene


class Needs(Enum):
    """At what a row happens."""

    NODE = "one node"
    CLUSTER = "three nodes in network namespaces"
    NOTHING = "no broker"


class RowImpossible(Exception):
    """This machine, or this side, cannot do the row; the message says why."""


_RELATIONS: Mapping[str, Callable[[float, float], bool]] = {
    "≤": operator.le,
    "=": operator.eq,
    "≥": operator.ge,
}


@dataclass(frozen=True, slots=True)
class Must:
    """One required figure."""

    figure: str
    relation: str
    limit: float

    def holds(self, figures: Mapping[str, float]) -> bool:
        """Whether the figure is there and as it must be."""
        found = figures.get(self.figure)
        return found is not None and _RELATIONS[self.relation](found, self.limit)

    def __str__(self) -> str:
        return f"{self.figure} {self.relation} {self.limit:g}"


def none_of(*figures: str) -> tuple[Must, ...]:
    """Return that each of these is 0."""
    return tuple(Must(it, "=", 0) for it in figures)


def at_most(figure: str, limit: float) -> tuple[Must, ...]:
    """Return that a figure is not above its limit."""
    return (Must(figure, "≤", limit),)


INVARIANTS = none_of(
    "lost_acknowledged",
    "at_most_once_violations",
    "false_not_executed",
    "wrong_replies",
    "expired_executions",
    "hung",
    "broken",
    "bystanders_dead_lettered",
)
"""What no fault may bring about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of the plan."""

    id: str
    fault: str
    """In the words of the table."""
    needs: Needs
    act: Callable[[Scene], None]
    musts: tuple[Must, ...] = ()
    """Beside the invariants."""
    brief_musts: tuple[Must, ...] | None = None
    """Where a test's shorter run can ask for less."""
    shaped: Callable[[Load], Load] | None = None
    """Another load."""
    exempt: frozenset[str] = frozenset()
    """Invariants that are not promised here."""
    for_peers: bool = False

    def required(self, *, is_brief: bool) -> tuple[Must, ...]:
        """Return all that must hold."""
        musts = self.musts
        if is_brief and self.brief_musts is not None:
            musts = self.brief_musts
        return (*(it for it in INVARIANTS if it.figure not in self.exempt), *musts)
