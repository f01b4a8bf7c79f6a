"""A bar that tells how far a run is; on a terminal only."""

import shutil
import sys
import time
from typing import Protocol, TextIO

from benchmarks.results import Failed

WIDTH = 24


class Step(Protocol):
    """Something that was measured."""

    @property
    def label(self) -> str:
        """What it was, in a few words."""
        ...

    @property
    def found(self) -> object:
        """Figures, or that it failed."""
        ...


class Progress:
    """The bar of one run."""

    def __init__(self, size: int, out: TextIO = sys.stderr) -> None:
        self._size = size
        self._out = out
        self._done = 0
        self._begun = time.monotonic()
        self._is_shown = out.isatty()
        self._show("begins")

    def tell(self, step: Step) -> None:
        """Show that one more is done; a failure stays on the screen."""
        self._done += 1
        if self._is_shown and isinstance(step.found, Failed):
            self._out.write(f"\r\x1b[K{step.label}: {step.found.reason}\n")
        self._show(f"{self._left():.0f} min left, {step.label}")

    def close(self) -> None:
        """Take the bar away."""
        if self._is_shown:
            self._out.write("\r\x1b[K")
            self._out.flush()

    def _left(self) -> float:
        spent = time.monotonic() - self._begun
        return spent / self._done * (self._size - self._done) / 60

    def _show(self, text: str) -> None:
        if not self._is_shown:
            return
        filled = WIDTH * self._done // self._size
        bar = f"[{'#' * filled}{' ' * (WIDTH - filled)}] {text}"
        self._out.write(f"\r\x1b[K{bar[: shutil.get_terminal_size().columns - 1]}")
        self._out.flush()
