"""What a part is: curves over an axis, and the columns that are told of each of their points."""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from benchmarks.growth.points import Figures
from benchmarks.growth.rig import Rig
from benchmarks.growth.scale import Scale

Curves: TypeAlias = Mapping[str, Sequence[int]]
"""The places of each curve on the axis."""


@dataclass(frozen=True, slots=True)
class Column:
    """One figure of a point."""

    key: str
    head: str
    has_spread: bool = False
    is_drawn: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that grows."""

    name: str
    title: str
    axis: str
    """What grows, for the head of its column; empty where a part has rows and no axis."""
    columns: Sequence[Column]
    curves: Callable[[Scale], Curves]
    measure: Callable[[Rig, str, Sequence[int]], Generator[Figures, None, None]]
    """Measures the places of one curve, in their order. May raise SubjectError."""
    repeats: int = field(default=1, kw_only=True)
    """How often it is measured in each round."""
