"""Rounds summed up: medians, the spread, and ratios to the best peer and to the limit. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.results import Cell, Failed, Figures, Result
from benchmarks.roster import SUBJECTS, Road, Role, Subject


@dataclass(frozen=True, slots=True)
class Row:
    """A subject in one cell: medians over the rounds in which it did not fail."""

    subject: Subject
    rounds: int
    throughput: float
    least: float
    most: float
    p50_ms: float
    p99_ms: float
    cpu_us: float
    failures: tuple[str, ...]
    """The reasons of the rounds in which it failed."""

    @property
    def has_figures(self) -> bool:
        """Whether any round went well."""
        return self.rounds > 0


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
        best = max(peers, key=lambda it: it.throughput, default=None)
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
    well = [it.found for it in results if isinstance(it.found, Figures)]
    failures = tuple(it.found.reason for it in results if isinstance(it.found, Failed))
    if not well:
        return Row(subject, 0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, failures)
    speeds = [it.throughput for it in well]
    return Row(
        subject,
        len(well),
        median(speeds),
        min(speeds),
        max(speeds),
        median(it.p50_ms for it in well),
        median(it.p99_ms for it in well),
        median(it.cpu_us for it in well),
        failures,
    )


def _ratio(row: Row, other: Row | None) -> float | None:
    if other is None or other is row or not row.has_figures:
        return None
    return row.throughput / other.throughput
