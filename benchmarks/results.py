"""What is measured, and what was found; values, and how they are kept as JSON. No I/O."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

from benchmarks.work import Work


@dataclass(frozen=True, slots=True)
class Cell:
    """One thing that is measured of a subject."""

    work: Work
    callers: int

    @property
    def crowd(self) -> str:
        """The number of callers, in words."""
        return f"{self.callers} caller{'s' * (self.callers != 1)}"


@dataclass(frozen=True, slots=True)
class Figures:
    """What one round found."""

    throughput: float
    """Calls in a second; of one-way messages those that have arrived everywhere."""
    p50_ms: float
    p99_ms: float
    cpu_us: float
    """Processor time of client and server for a call, without the broker's."""
    calls: int


@dataclass(frozen=True, slots=True)
class Failed:
    """Why there are no figures, in a line."""

    reason: str


Found: TypeAlias = Figures | Failed


@dataclass(frozen=True, slots=True)
class Result:
    """What one round found of a subject."""

    round: int
    subject: str
    cell: Cell
    found: Found

    @property
    def label(self) -> str:
        """What was measured, in a few words."""
        return f"{self.subject} {self.cell.work.value} {self.cell.callers}"


def to_json(results: Iterable[Result]) -> list[dict[str, Any]]:
    """Return the results as JSON has them."""
    return [
        {
            "round": it.round,
            "subject": it.subject,
            "work": it.cell.work.value,
            "callers": it.cell.callers,
            **({"failed": it.found.reason} if isinstance(it.found, Failed) else asdict(it.found)),
        }
        for it in results
    ]


def from_json(lines: Iterable[Mapping[str, Any]]) -> list[Result]:
    """Return the results that JSON has."""
    return [
        Result(it["round"], it["subject"], Cell(Work(it["work"]), it["callers"]), _found(it))
        for it in lines
    ]


def _found(line: Mapping[str, Any]) -> Found:
    if "failed" in line:
        return Failed(line["failed"])
    return Figures(
        line["throughput"], line["p50_ms"], line["p99_ms"], line["cpu_us"], line["calls"]
    )
