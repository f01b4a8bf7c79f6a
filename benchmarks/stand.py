"""A subject that stands ready: its processes wait for their turns, and are new after a failure."""

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from typing import TypeAlias

from benchmarks.pair import Pair, StartError
from benchmarks.processes import SubjectError
from benchmarks.results import Cell, Failed, Found

Start: TypeAlias = Callable[[], AbstractContextManager[Pair]]
"""Gives the processes; raises StartError."""


class Stand:
    """One subject; to be closed."""

    def __init__(self, start: Start) -> None:
        """Start it. Whether that worked, its first turn tells."""
        self.versions: dict[str, str] = {}
        """What is installed where the client runs; nothing where it could not be started."""
        self._start = start
        self._held = ExitStack()
        self._ready: Pair | Failed | None = self._started()

    def measure(self, cell: Cell) -> Found:
        """Return what its turn at a cell comes to."""
        if self._ready is None:
            self._ready = self._started()
        if isinstance(self._ready, Failed):
            return self._ready
        try:
            return self._ready.measure(cell)
        except SubjectError as error:
            self.close()
            return Failed(str(error))

    def close(self) -> None:
        """End its processes."""
        self._ready = None
        self._held.close()

    def _started(self) -> Pair | Failed:
        """Return its processes, or why there will be none."""
        try:
            pair = self._held.enter_context(self._start())
        except StartError as error:
            return Failed(str(error))
        self.versions = pair.versions
        return pair
