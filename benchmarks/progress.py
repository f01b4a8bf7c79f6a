"""A bar that tells how far a run is; on a terminal only."""

import shutil
import sys
import time
from typing import TextIO

from benchmarks.results import Failed, Result

WIDTH = 24


class Progress:
    """The bar of one run."""

    def __init__(self, size: int, out: TextIO = sys.stderr) -> None:
        self._size = size
        self._out = out
        self._done = 0
        self._begun = time.monotonic()
        self._is_shown = out.isatty()

    def tell(self, result: Result) -> None:
        """Show that there is one more result; a failure stays on the screen."""
        self._done += 1
        if not self._is_shown:
            return
        label = f"{result.subject} {result.cell.work.value} {result.cell.callers}"
        if isinstance(result.found, Failed):
            self._out.write(f"\r\x1b[K{label}: {result.found.reason}\n")
        left = (time.monotonic() - self._begun) / self._done * (self._size - self._done)
        filled = WIDTH * self._done // self._size
        bar = f"[{'#' * filled}{' ' * (WIDTH - filled)}] {left / 60:.0f} min left, {label}"
        self._out.write(f"\r\x1b[K{bar[: shutil.get_terminal_size().columns - 1]}")
        self._out.flush()

    def close(self) -> None:
        """Take the bar away."""
        if self._is_shown:
            self._out.write("\r\x1b[K")
            self._out.flush()
