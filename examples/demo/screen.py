"""What the tour prints, and how: steps, code, tables, bars. The only place that writes to stdout.

Colours and everything that moves are for terminals, and only where NO_COLOR is not set
(https://no-color.org).
"""

import os
import shutil
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

MARGIN = "     "
BOLD, DIM, RED, GREEN, CYAN = "1", "2", "31", "32", "36"
HIDE_CURSOR, SHOW_CURSOR, CLEAR_LINE = "\x1b[?25l", "\x1b[?25h", "\r\x1b[2K"
BAR = 30
"""Columns."""


class Screen:
    """Standard output, as people see it."""

    def __init__(self, steps: int) -> None:
        """Print for a tour of so many steps."""
        dumb = bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
        self._is_live: Final = sys.stdout.isatty() and not dumb
        self._steps = steps
        self._step = 0
        self._ends_blank = False

    def title(self, text: str) -> None:
        """Print what this is."""
        self._print(self._colored(text, BOLD))

    def step(self, text: str) -> None:
        """Print a heading with the next number."""
        self._step += 1
        self._print()
        self._print(self._colored(f"{self._step}/{self._steps}  {text}", BOLD))

    def say(self, text: str) -> None:
        """Print a sentence."""
        self._print(MARGIN + text)

    def code(self, text: str) -> None:
        """Print lines as they are in a file."""
        self._print()
        for line in text.splitlines():
            self._print((MARGIN + "  " + self._colored(line, CYAN)).rstrip())
        self._print()

    def command(self, text: str) -> None:
        """Print what a person would type."""
        self._print(f"{MARGIN}{self._colored('$', DIM)} {self._colored(text, BOLD)}")

    def result(self, text: str) -> None:
        """Print what went as it should."""
        self._print(f"{MARGIN}{self._colored('✓', GREEN)} {text}")

    def refusal(self, text: str) -> None:
        """Print what was refused, as it should be."""
        self._print(f"{MARGIN}{self._colored('✗', RED)} {text}")

    def table(self, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Print columns, each as wide as what is in it."""
        lines = [head, *rows]
        widths = [max(len(line[n]) for line in lines) for n in range(len(head))]
        self._print()
        for line in lines:
            text = "  ".join(it.ljust(width) for it, width in zip(line, widths, strict=True))
            self._print(
                f"{MARGIN}{self._colored(text.rstrip(), DIM) if line is head else text.rstrip()}"
            )
        self._print()

    @contextmanager
    def waiting(self, text: str) -> Iterator[None]:
        """Show that something goes on, and for how long, while the `with` lasts."""
        if not self._is_live:
            yield
            return
        ended = threading.Event()
        spinner = threading.Thread(target=self._spin, args=(text, ended))
        spinner.start()
        try:
            yield
        finally:
            ended.set()
            spinner.join()
            self._write(CLEAR_LINE + SHOW_CURSOR)

    @contextmanager
    def progress(self, total: int) -> "Iterator[Progress]":
        """Show a bar that fills up while the `with` lasts."""
        try:
            yield Progress(self, total)
        finally:
            if self._is_live:
                self._write(CLEAR_LINE + SHOW_CURSOR)

    def show_bar(self, done: int, total: int) -> None:
        """Draw the bar anew; see `progress`."""
        if self._is_live:
            full = BAR * done // total
            bar = self._colored("█" * full, GREEN) + self._colored("░" * (BAR - full), DIM)
            self._write(f"{HIDE_CURSOR}\r{MARGIN}{bar} {done}/{total}")

    def _spin(self, text: str, ended: threading.Event) -> None:
        start, frames = time.monotonic(), "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
        room = shutil.get_terminal_size().columns - len(MARGIN) - 10
        turn = 0
        while not ended.is_set():
            passed = f"{time.monotonic() - start:.0f} s"
            frame = self._colored(frames[turn % len(frames)], CYAN)
            self._write(f"{HIDE_CURSOR}{CLEAR_LINE}{MARGIN}{frame} {text[:room]} {passed}")
            turn += 1
            ended.wait(0.1)

    def _colored(self, text: str, color: str) -> str:
        return f"\x1b[{color}m{text}\x1b[0m" if self._is_live and text else text

    def _print(self, text: str = "") -> None:
        if text or not self._ends_blank:
            print(text, flush=True)
        self._ends_blank = not text

    def _write(self, text: str) -> None:
        sys.stdout.write(text)
        sys.stdout.flush()


class Progress:
    """A bar on a screen."""

    def __init__(self, screen: Screen, total: int) -> None:
        """Count to `total`."""
        self._screen = screen
        self._total = total
        self._done = 0

    def advance(self) -> None:
        """Count one more."""
        self._done += 1
        self._screen.show_bar(self._done, self._total)
