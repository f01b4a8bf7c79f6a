"""What the figures are to reach, each beside what a run found. Pure.

They are ratios of one run, as machines differ; one is a time.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from benchmarks.results import Cell, Figures
from benchmarks.summary import Reading, Row, Table, throughput
from benchmarks.work import Work

Rows: TypeAlias = Mapping[tuple[str, Cell], Row]

ADD, RECORDS = Work.ADD, Work.RECORDS


@dataclass(frozen=True, slots=True)
class Goal:
    """One of them: ours beside another subject, or alone."""

    ours: str
    other: str | None
    cell: Cell
    wanted: float
    of: Reading = throughput
    kind: str = ""
    """What is read, where it is not throughput."""
    is_most: bool = False
    """Whether `wanted` is the most that it may be, and not the least."""
    is_uvloop: bool = False
    """Whether it is one of runs under uvloop, and not of the others."""

    def is_measured(self, rows: Rows) -> bool:
        """Whether a run was to find it."""
        subjects = (self.ours, self.other or self.ours)
        return all((it, self.cell) in rows for it in subjects)

    def found(self, rows: Rows) -> float | None:
        """Return what a run found; None where there is no round in which nobody failed."""
        ours = rows[self.ours, self.cell]
        if self.other is not None:
            return ours.ratio(rows[self.other, self.cell], self.of)
        return ours.median(self.of) if ours.has_figures else None


def _latency(figures: Figures) -> float:
    return figures.p50_ms


def _each_us(figures: Figures) -> float:
    return 1e6 / figures.throughput


GOALS = (
    Goal("http-async", "grpc-aio", Cell(ADD, 32), 2.5),
    Goal("http-async", "grpc-aio", Cell(RECORDS, 32), 2.0),
    Goal("http-async", "grpc-aio", Cell(ADD, 1), 0.45, _latency, "p50", is_most=True),
    Goal("http-async", "grpc-aio", Cell(ADD, 32), 3.5, is_uvloop=True),
    Goal("http-async", "uvicorn", Cell(ADD, 32), 0.80),
    Goal("http-sync", "grpc-sync", Cell(ADD, 16), 2.0),
    Goal("amqp-async", "pika", Cell(ADD, 1), 0.90),
    Goal("amqp-async", "pika", Cell(ADD, 32), 0.90),
    Goal("amqp-async", "oslo", Cell(ADD, 32), 7.0),
    Goal("amqp-async", "aio-pika", Cell(ADD, 32), 3.5),
    Goal("amqp-async", "grpc-aio", Cell(ADD, 32), 1.0),
    Goal("amqp-sync", "oslo", Cell(ADD, 32), 5.0),
    Goal("memory-async", None, Cell(ADD, 1), 25.0, _each_us, "µs a call", is_most=True),
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run says of a goal."""

    goal: Goal
    found: float | None
    """None where it failed."""

    @property
    def is_reached(self) -> bool:
        """Whether this is enough."""
        wanted = self.goal.wanted
        if self.found is None:
            return False
        return self.found <= wanted if self.goal.is_most else self.found >= wanted


def outcomes(tables: Iterable[Table], *, is_uvloop: bool) -> list[Outcome]:
    """Return what a run says of the goals that it measured."""
    rows = {(row.subject.name, table.cell): row for table in tables for row in table.rows}
    goals = [it for it in GOALS if it.is_uvloop == is_uvloop and it.is_measured(rows)]
    return [Outcome(it, it.found(rows)) for it in goals]
