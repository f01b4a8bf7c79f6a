"""Rounds summed up: for each place of a curve the medians, and the spread. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.growth.part import Part
from benchmarks.growth.points import Point
from benchmarks.results import Failed


@dataclass(frozen=True, slots=True)
class Spread:
    """One figure over the rounds."""

    middle: float
    least: float
    most: float


@dataclass(frozen=True, slots=True)
class Row:
    """One place of a curve."""

    curve: str
    at: int
    figures: Mapping[str, Spread]
    """Empty where it failed in all rounds."""
    failures: Sequence[str]
    """The reasons of the rounds in which it failed."""


@dataclass(frozen=True, slots=True)
class Table:
    """One part, as it was found."""

    part: Part
    rows: Sequence[Row]


def summed_up(points: Iterable[Point], parts: Iterable[Part]) -> list[Table]:
    """Return a table for each part that has points."""
    found: dict[str, dict[tuple[str, int], list[Point]]] = {}
    for it in points:
        found.setdefault(it.part, {}).setdefault((it.curve, it.at), []).append(it)
    return [Table(it, _rows(found[it.name])) for it in parts if it.name in found]


def _rows(found: Mapping[tuple[str, int], Sequence[Point]]) -> list[Row]:
    return [_row(curve, at, points) for (curve, at), points in found.items()]


def _row(curve: str, at: int, points: Sequence[Point]) -> Row:
    failures = [it.found.reason for it in points if isinstance(it.found, Failed)]
    well = [it.found for it in points if not isinstance(it.found, Failed)]
    keys = well[0] if well else {}
    return Row(curve, at, {key: _spread([it[key] for it in well]) for key in keys}, failures)


def _spread(values: Sequence[float]) -> Spread:
    return Spread(median(values), min(values), max(values))
