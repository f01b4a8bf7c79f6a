"""What is found as work grows: values, and how they are kept as JSON. No I/O."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from benchmarks.results import Failed

Figures: TypeAlias = Mapping[str, float]
"""By the key of a column."""


@dataclass(frozen=True, slots=True)
class Point:
    """One place of one curve, measured once."""

    part: str
    curve: str
    at: int
    """How much work there is; 0 where a part has rows and no axis."""
    round: int
    found: Figures | Failed

    @property
    def label(self) -> str:
        """What was measured, in a few words."""
        return f"{self.part}: {self.curve} {self.at or ''}".rstrip()


def to_json(points: Iterable[Point]) -> list[dict[str, object]]:
    """Return the points as JSON has them."""
    return [_line(it) for it in points]


def from_json(lines: Iterable[Mapping[str, Any]]) -> list[Point]:
    """Return the points that JSON has."""
    return [
        Point(it["part"], it["curve"], it["at"], it["round"], it.get("found") or _failed(it))
        for it in lines
    ]


def _line(point: Point) -> dict[str, object]:
    place = {"part": point.part, "curve": point.curve, "at": point.at, "round": point.round}
    if isinstance(point.found, Failed):
        return {**place, "failed": point.found.reason}
    return {**place, "found": dict(point.found)}


def _failed(line: Mapping[str, Any]) -> Failed:
    return Failed(line["failed"])
