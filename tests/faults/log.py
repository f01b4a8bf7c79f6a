"""What processes write down, so that killing them hides nothing: one JSON object a line, synced.

Moments are seconds of the machine's monotonic clock, which all processes share. A last line that
was torn by a kill is skipped.
"""

import json
import os
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from tests.faults.work import Answer, Kind, Outcome


@dataclass(frozen=True, slots=True)
class Execution:
    """One run of a handler; `ended` is None where its process died in it."""

    key: str
    kind: Kind
    message: str
    pid: int
    started: float
    ended: float | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as its sender saw it; `ended` is None where it never did."""

    key: str
    kind: Kind
    client: int
    sent: float
    timeout: float
    ended: float | None = None
    answer: Answer | None = None

    @property
    def outcome(self) -> Outcome | None:
        """How it ended, if it did."""
        return None if self.answer is None else self.answer.outcome


class Log:
    """Appends records to a file; may be used by several threads."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o644)
        self._runs = count(1)
        self._lock = threading.Lock()

    def started(self, key: str, kind: Kind, message: str) -> int:
        """Write that a handler starts, and return a number for `ended`."""
        with self._lock:
            run = next(self._runs)
        self._write(
            {"start": run, "key": key, "kind": kind, "message": message, "pid": os.getpid()}
        )
        return run

    def ended(self, run: int) -> None:
        """Write that a handler has done its work."""
        self._write({"end": run, "pid": os.getpid()})

    def sent(self, key: str, kind: Kind, timeout: float) -> None:
        """Write that a request goes out."""
        self._write({"sent": key, "kind": kind, "timeout": timeout, "pid": os.getpid()})

    def answered(self, key: str, answer: Answer) -> None:
        """Write how a request ended."""
        self._write(
            {
                "answered": key,
                "outcome": answer.outcome,
                "said": answer.key,
                "error": answer.error,
            }
        )

    def _write(self, record: dict[str, object]) -> None:
        line = json.dumps({**record, "at": round(time.monotonic(), 6)}) + "\n"
        # One write of O_APPEND is not torn by other threads.
        os.write(self._file, line.encode())
        os.fdatasync(self._file)


def executions(paths: Iterable[Path]) -> list[Execution]:
    """Return what servers ran, by the moment of its start."""
    runs: dict[tuple[int, int], Execution] = {}
    for record in _records(paths):
        if "start" in record:
            runs[record["pid"], record["start"]] = Execution(
                record["key"],
                Kind(record["kind"]),
                record["message"],
                record["pid"],
                record["at"],
            )
        elif "end" in record:
            begun = runs[record["pid"], record["end"]]
            runs[record["pid"], record["end"]] = Execution(
                begun.key, begun.kind, begun.message, begun.pid, begun.started, record["at"]
            )
    return sorted(runs.values(), key=lambda it: it.started)


def asked(paths: Iterable[Path]) -> list[Asked]:
    """Return what clients sent, by the moment of sending."""
    found: dict[str, Asked] = {}
    for record in _records(paths):
        if "sent" in record:
            found[record["sent"]] = Asked(
                record["sent"],
                Kind(record["kind"]),
                record["pid"],
                record["at"],
                record["timeout"],
            )
        elif "answered" in record:
            it = found[record["answered"]]
            answer = Answer(Outcome(record["outcome"]), record["said"], record["error"])
            found[it.key] = Asked(
                it.key, it.kind, it.client, it.sent, it.timeout, record["at"], answer
            )
    return sorted(found.values(), key=lambda it: it.sent)


def _records(paths: Iterable[Path]) -> Iterator[dict[str, Any]]:
    for path in paths:
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            try:
                record = json.loads(line)
            except ValueError:
                continue
            yield record
