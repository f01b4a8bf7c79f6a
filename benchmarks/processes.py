"""The two processes of a subject: started, spoken with and ended by their ids."""

import json
import queue
import subprocess
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from benchmarks.environments import ROOT, interpreter, variables
from benchmarks.roster import Subject
from benchmarks.subject import Place

STARTING = 30.0
"""Seconds in which a process must be ready."""
ENDING = 2.0
"""Seconds in which it may end by itself."""

Line = Mapping[str, Any]


class SubjectError(Exception):
    """A subject failed or stalled; the message is one line."""


class Process:
    """One process, in a `with`; its standard error goes to a file."""

    def __init__(self, role: str, subject: Subject, place: Place, folder: Path) -> None:
        self._role = role
        self._said = folder / f"{subject.name}-{role}.said"
        module = f"benchmarks.{role}_process"
        kind = [] if role == "server" else ["async" if subject.is_async else "threads"]
        command = [interpreter(subject.environment), "-m", module, subject.module]
        with self._said.open("wb") as errors:
            self._process = subprocess.Popen(
                [*command, json.dumps(asdict(place)), *kind],
                cwd=ROOT,
                env=variables(is_uvloop=place.is_uvloop),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                # A Ctrl-C is the harness' alone; its end is theirs.
                start_new_session=True,
            )
        self._lines: queue.SimpleQueue[Line | None] = queue.SimpleQueue()
        threading.Thread(target=self._listen, daemon=True).start()

    def ready(self) -> Line:
        """Wait until it is ready; return what it says then."""
        return self._next(STARTING)

    def ask(self, line: Mapping[str, object], within: float) -> Line:
        """Tell it something, and return what it answers within so many seconds."""
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):  # what it said before it ended is found below
            self._process.stdin.write(json.dumps(line).encode() + b"\n")
            self._process.stdin.flush()
        return self._next(within)

    def __enter__(self) -> Self:
        """Return it; it has been started."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let it end, or end it."""
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        try:
            self._process.wait(ENDING)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _next(self, seconds: float) -> Line:
        try:
            line = self._lines.get(timeout=seconds)
        except queue.Empty:
            raise SubjectError(f"stalled: the {self._role} said nothing in {seconds:g} s") from None
        if line is None:
            raise SubjectError(f"the {self._role} ended: {self._last_words()}")
        if "failed" in line:
            raise SubjectError(line["failed"])
        return line

    def _last_words(self) -> str:
        said = self._said.read_text("utf-8", "replace").splitlines()
        return next((it.strip() for it in reversed(said) if it.strip()), "it said nothing")

    def _listen(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                self._lines.put(json.loads(line))
        self._lines.put(None)
