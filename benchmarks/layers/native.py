"""Time inside functions that are not written in Python, without what calls them."""

import sys
import time
from collections.abc import Callable
from statistics import median
from types import FrameType

from benchmarks.layers.roads import Calls

COUNT = 2_000
"""Calls of each."""


def microseconds_in(name: str, *calls: Calls) -> float:
    """Return the time inside the function of that name, summed over one call of each."""
    return sum(_inside(name, it) - _inside(NOTHING.__name__, _nothing) for it in calls)


NOTHING: Callable[[], bool] = "".isspace
"""Does next to nothing: how long it seems to take is what the watching costs."""


def _nothing(count: int) -> None:
    for _ in range(count):
        NOTHING()


def _inside(name: str, calls: Calls) -> float:
    took: list[float] = []
    begun = 0.0

    def profiled(_frame: FrameType, event: str, function: object) -> None:
        nonlocal begun
        if event == "c_return" and getattr(function, "__name__", None) == name:
            took.append(time.perf_counter() - begun)
        elif event == "c_call":
            begun = time.perf_counter()

    before = sys.getprofile()
    sys.setprofile(profiled)
    try:
        calls(COUNT)
    finally:
        sys.setprofile(before)
    return 1e6 * median(took)
