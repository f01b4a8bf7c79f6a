"""Rounds summed up: medians, the spread, and ratios to the best peer and to the limit. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TypeAlias

from benchmarks.results import Cell, Failed, Figures, Result
from benchmarks.roster import SUBJECTS, Road, Role, Subject

Reading: TypeAlias = Callable[[Figures], float]
"""One of the figures."""


def throughput(figures: Figures) -> float:
    """Return calls or messages per second."""
    return figures.throughput


@dataclass(frozen=True, slots=True)
class Row:
    """A subject in one cell."""

    subject: Subject
    rounds: Mapping[int, Figures]
    """Those in which it did not fail."""
    failures: tuple[str, ...]
    """The reasons of the others."""

    @property
    def has_figures(self) -> bool:
        """Whether any round went well."""
        return bool(self.rounds)

    @property
    def spread(self) -> tuple[float, float]:
        """The least and the most throughput of a round."""
        found = [it.throughput for it in self.rounds.values()]
        return min(found), max(found)

    def median(self, reading: Reading = throughput) -> float:
        """Return the median over the rounds."""
        return median(map(reading, self.rounds.values()))

    def ratio(self, other: "Row", reading: Reading = throughput) -> float | None:
        """Return the median of what this is of the other in each round; None where in none.

        In a round both were measured within seconds: what the machine did then, it did to both.
        """
        both = self.rounds.keys() & other.rounds.keys()
        if not both:
            return None
        return median(reading(self.rounds[it]) / reading(other.rounds[it]) for it in both)


@dataclass(frozen=True, slots=True)
class Ratios:
    """A row's throughput as a part of others'; None where there are none."""

    of_best_peer: float | None
    of_limit: float | None


@dataclass(frozen=True, slots=True)
class Table:
    """One cell: the subjects of one road."""

    road: Road
    cell: Cell
    rows: tuple[Row, ...]

    def ratios(self, row: Row) -> Ratios:
        """Compare a row with the fastest peer and with the limit of its table."""
        peers = self._of(Role.PEER)
        best = max(peers, key=Row.median, default=None)
        limit = next(iter(self._of(Role.LIMIT)), None)
        return Ratios(_ratio(row, best), _ratio(row, limit))

    def _of(self, role: Role) -> list[Row]:
        return [it for it in self.rows if it.subject.role is role and it.has_figures]


def summed_up(results: Iterable[Result]) -> list[Table]:
    """Return a table for each road and cell that has results."""
    found: dict[tuple[Road, Cell], dict[str, list[Result]]] = {}
    roads = {it.name: it.road for it in SUBJECTS}
    for it in results:
        by_subject = found.setdefault((roads[it.subject], it.cell), {})
        by_subject.setdefault(it.subject, []).append(it)
    return [Table(road, cell, _rows(found[road, cell])) for road, cell in sorted(found, key=_order)]


def _order(key: tuple[Road, Cell]) -> tuple[int, int, int]:
    road, cell = key
    return list(Road).index(road), list(type(cell.work)).index(cell.work), cell.callers


def _rows(by_subject: Mapping[str, Sequence[Result]]) -> tuple[Row, ...]:
    return tuple(_row(it, by_subject[it.name]) for it in SUBJECTS if it.name in by_subject)


def _row(subject: Subject, results: Sequence[Result]) -> Row:
    return Row(
        subject,
        {it.round: it.found for it in results if isinstance(it.found, Figures)},
        tuple(it.found.reason for it in results if isinstance(it.found, Failed)),
    )


def _ratio(row: Row, other: Row | None) -> float | None:
    return None if other is None or other is row else row.ratio(other)
