"""The rows that need little time, each with its required figures, and a soak.

Each group is one run of the rig, so that its rows share a broker; a test waits for the line of its
row. Where tests run in several processes, the first that asks starts the run for all of them.
`make faults` runs all rows, for longer.
"""

import fcntl
import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.broker.programs import find
from tests.faults.cluster import missing
from tests.faults.rows.all import ROWS

ROOT = Path(__file__).parent.parent.parent
NODE = ("S4", "S1", "S3", "S7", "S8", "S9", "K1", "K3", "A1", "D2", "B2", "B1")
CLUSTER = ("C1", "C2", "P6")
SLACK = 10
"""How many times as long as required something may take here."""
PATIENCE = 600.0
"""Seconds for all rows of a run."""


class Run:
    """One run of the rig over the rows of those tests that were chosen."""

    def __init__(self, rows: list[str], folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._lines, self._said = folder / "lines", folder / "said"
        self._running = (folder / "running").open("a")
        self._process: subprocess.Popen[bytes] | None = None
        with (folder / "turn").open("a") as turn:
            fcntl.flock(turn, fcntl.LOCK_EX)
            if not self._lines.exists():
                self._start(rows)

    def _start(self, rows: list[str]) -> None:
        # The rig holds the lock, with this file, until it ends.
        fcntl.flock(self._running, fcntl.LOCK_EX)
        with self._lines.open("wb") as lines, self._said.open("wb") as said:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.faults", *rows, "--brief"],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=lines,
                stderr=said,
                pass_fds=[self._running.fileno()],
            )
        self._running.close()
        self._running = (self._lines.parent / "running").open("a")

    def line(self, row: str) -> dict[str, Any]:
        """Return the line of a row, when it is there."""
        patient_until = time.monotonic() + PATIENCE
        while True:
            has_ended = self._has_ended()
            for text in self._lines.read_text("utf-8").splitlines(keepends=True):
                if text.endswith("\n") and (found := json.loads(text))["test"] == row:
                    line: dict[str, Any] = found
                    return line
            if has_ended or time.monotonic() > patient_until:
                raise AssertionError(f"no line of {row}: {self._said.read_text('utf-8')[-3000:]}")
            time.sleep(0.2)

    def _has_ended(self) -> bool:
        try:
            fcntl.flock(self._running, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        fcntl.flock(self._running, fcntl.LOCK_UN)
        return True

    def close(self) -> None:
        """Wait for its end, where this process has started it: others may want the other rows."""
        if self._process is not None:
            self._process.wait(PATIENCE)
        self._running.close()


def started(
    request: pytest.FixtureRequest,
    factory: pytest.TempPathFactory,
    name: str,
    rows: tuple[str, ...],
) -> Run:
    base = factory.getbasetemp()
    # Of all processes of a run.
    shared = base.parent if hasattr(request.config, "workerinput") else base
    wanted = {it.name for it in request.session.items}
    return Run([it for it in rows if any(f"[{it}-" in name for name in wanted)], shared / name)


@pytest.fixture(scope="module")
def node_run(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Run]:
    if find() is None:
        pytest.skip("there is no RabbitMQ on this machine: python -m tests.broker.install")
    run = started(request, tmp_path_factory, "faults-node", NODE)
    yield run
    run.close()


@pytest.fixture(scope="module")
def cluster_run(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Run]:
    reason = missing()
    if reason is not None:
        pytest.skip(reason)
    run = started(request, tmp_path_factory, "faults-cluster", CLUSTER)
    yield run
    run.close()


def fault(row: str) -> str:
    return ROWS[row].fault.replace(" ", "-")


@pytest.mark.xdist_group("faults")
@pytest.mark.parametrize("row", NODE, ids=lambda it: f"{it}-{fault(it)}")
def test_one_node(node_run: Run, row: str) -> None:
    held(node_run.line(row))


@pytest.mark.xdist_group("cluster")
@pytest.mark.parametrize("row", CLUSTER, ids=lambda it: f"{it}-{fault(it)}")
def test_three_nodes(cluster_run: Run, row: str) -> None:
    held(cluster_run.line(row))


def held(line: dict[str, Any]) -> None:
    """Fail with all that is known of a row where a figure was missed."""
    if "impossible" in line:
        pytest.skip(line["impossible"])
    told = json.dumps(line, indent=1, ensure_ascii=False)
    assert not line.get("failed"), told
    assert not [it for it in line["missed"] if not only_slow(it)], told


def only_slow(missed: str) -> bool:
    """Whether a required time was missed and no more than that.

    How fast a machine is that has other things to do is no test's business: `make faults` tells. That
    it comes to its end at all is.
    """
    match = re.fullmatch(r"\w+_(s|ms) ≤ ([0-9.]+): ([0-9.]+)", missed)
    return match is not None and float(match[3]) <= SLACK * float(match[2])
