"""A subject that stands ready: its processes wait for their turns, and are new after a failure."""

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from types import TracebackType
from typing import Self, TypeAlias

from benchmarks.pair import Pair, StartError
from benchmarks.processes import SubjectError
from benchmarks.results import Cell, Failed, Found

Start: TypeAlias = Callable[[], AbstractContextManager[Pair]]
"""Gives the processes; raises StartError."""


class Stand:
    """One subject, in a `with`, which starts it."""

    def __init__(self, start: Start) -> None:
        self.versions: dict[str, str] = {}
        """What is installed where the client runs; nothing where it could not be started."""
        self._start = start
        self._held = ExitStack()
        self._pair: Pair | None = None
        self._is_hopeless: Failed | None = None

    def measure(self, cell: Cell) -> Found:
        """Return what its turn at a cell comes to."""
        if self._pair is None:
            self._try()
        if self._pair is None:
            assert self._is_hopeless is not None
            return self._is_hopeless
        try:
            return self._pair.measure(cell)
        except SubjectError as error:
            self._end()
            return Failed(str(error))

    def __enter__(self) -> Self:
        """Start it."""
        self._try()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End it."""
        self._end()

    def _try(self) -> None:
        if self._is_hopeless is not None:
            return
        try:
            self._pair = self._held.enter_context(self._start())
        except StartError as error:
            self._is_hopeless = Failed(str(error))
        else:
            self.versions = self._pair.versions

    def _end(self) -> None:
        self._pair = None
        self._held.close()
