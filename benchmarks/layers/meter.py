"""Counts CPython's instructions and calls into C, by side, layer and function.

A machine's own counters are not to be had everywhere, and a processor's time is not the same twice.
Threads are counted that were begun after the meter was; the thread that made it is the client.
"""

import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Protocol, Self

from benchmarks.layers.layer import Elsewhere, Home, Layer, home, home_of_native

CLIENT, SERVER = "client", "server"


@dataclass(frozen=True, slots=True)
class Spot:
    """What is counted by itself."""

    side: str
    layer: Layer
    function: str
    """For which the work was done: of ours, of a library, or of the loop."""


@dataclass(slots=True)
class Tally:
    """What was counted at a spot."""

    instructions: int = 0
    c_calls: int = 0


class UnknownFunctionError(Exception):
    """Functions of the runtime took part in a call, and the table of layers knows none of them."""


class _Trace(Protocol):
    def __call__(self, frame: FrameType, event: str, argument: object, /) -> "_Trace | None": ...


class Meter:
    """Counts in a `with`, and only what runs in a block of `counting`; one at a time."""

    def __init__(self) -> None:
        self._client = threading.get_ident()
        self._is_counting = False
        self._tallies: dict[Spot, Tally] = {}
        self._unknown: set[str] = set()

    def __enter__(self) -> Self:
        """Begin to watch this thread, and those that will be started."""
        self._before = sys.gettrace(), sys.getprofile()
        self._before_of_threads = threading.gettrace(), threading.getprofile()
        threading.settrace(self._called)
        threading.setprofile(self._profiled)
        sys.setprofile(self._profiled)
        sys.settrace(self._called)
        return self

    def __exit__(self, *_: object) -> None:
        """Put back whoever watched before."""
        trace, profile = self._before
        sys.settrace(trace)
        sys.setprofile(profile)
        trace, profile = self._before_of_threads
        threading.settrace(trace)
        threading.setprofile(profile)

    @contextmanager
    def counting(self) -> Iterator[Mapping[Spot, Tally]]:
        """Count what runs in the block. Raises UnknownFunctionError."""
        self._tallies = {}
        self._is_counting = True
        try:
            yield self._tallies
        finally:
            self._is_counting = False
        if self._unknown:
            told = ", ".join(sorted(self._unknown))
            raise UnknownFunctionError(f"in no layer of benchmarks/layers/layer.py: {told}")

    def _called(self, frame: FrameType, _event: str, _argument: object) -> _Trace | None:
        """Take up a frame that begins or goes on."""
        tally = self._tally(frame, Elsewhere.CALLER) if self._is_counting else None
        if tally is None:
            return None
        frame.f_trace_opcodes = True
        frame.f_trace_lines = False

        def traced(_frame: FrameType, event: str, _argument: object, /) -> _Trace:
            if event == "opcode" and self._is_counting:
                tally.instructions += 1
            return traced

        return traced

    def _profiled(self, frame: FrameType, event: str, function: object) -> None:
        if event != "c_call" or not self._is_counting:
            return
        owner = type(getattr(function, "__self__", None)).__module__
        tally = self._tally(frame, home_of_native(owner, getattr(function, "__name__", "")))
        if tally is not None:
            tally.c_calls += 1

    def _tally(self, frame: FrameType, native: Home) -> Tally | None:
        """Return where a frame's work counts; None where it does not."""
        found, function = _home(frame)
        if found is Elsewhere.UNKNOWN:
            self._unknown.add(function)
        if not isinstance(found, Layer):
            return None
        layer = native if isinstance(native, Layer) else found
        side = CLIENT if threading.get_ident() == self._client else SERVER
        return self._tallies.setdefault(Spot(side, layer, function), Tally())


def _home(frame: FrameType | None) -> tuple[Home, str]:
    """Return the home of a frame, or that of whoever called it, and the name of the function."""
    while frame is not None:
        module, function = frame.f_globals.get("__name__", ""), frame.f_code.co_qualname
        found = home(module, function)
        if found is not Elsewhere.CALLER:
            return found, f"{module}:{function}"
        frame = frame.f_back
    return Elsewhere.OUTSIDE, ""
