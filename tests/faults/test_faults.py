"""The rows that need little time, each with its required figures, and a soak.

Each group is one run of the rig, so that its rows share a broker; a test waits for the line of its
row. `make faults` runs all of them, for longer.
"""

import json
import re
import subprocess
import sys
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


class Run:
    """One run of the rig over the rows of those tests that were chosen."""

    def __init__(self, rows: list[str], said: Path) -> None:
        self._rows, self._said = rows, said.open("w+")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults", *rows, "--brief"],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._said,
            text=True,
        )
        self._lines: dict[str, dict[str, Any]] = {}

    def line(self, row: str) -> dict[str, Any]:
        """Return the line of a row, when it is there."""
        assert self._process.stdout is not None
        while row not in self._lines:
            text = self._process.stdout.readline()
            if not text:
                self._said.seek(0)
                raise AssertionError(f"the rig has ended: {self._said.read()[-3000:]}")
            found = json.loads(text)
            self._lines[found["test"]] = found
        return self._lines[row]

    def close(self) -> None:
        """End it; what it started ends with it."""
        if any(it not in self._lines for it in self._rows):
            self._process.terminate()
        self._process.communicate(timeout=60)
        self._said.close()


def chosen(request: pytest.FixtureRequest, rows: tuple[str, ...]) -> list[str]:
    """Return those of the rows whose tests are run here."""
    wanted = {it.name for it in request.session.items}
    return [it for it in rows if any(f"[{it}-" in name for name in wanted)]


@pytest.fixture(scope="module")
def node_run(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Run]:
    if find() is None:
        pytest.skip("there is no RabbitMQ here")
    run = Run(chosen(request, NODE), tmp_path_factory.mktemp("faults") / "said")
    yield run
    run.close()


@pytest.fixture(scope="module")
def cluster_run(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Run]:
    reason = missing()
    if reason is not None:
        pytest.skip(reason)
    run = Run(chosen(request, CLUSTER), tmp_path_factory.mktemp("faults") / "said")
    yield run
    run.close()


def fault(row: str) -> str:
    return ROWS[row].fault.replace(" ", "-")


@pytest.mark.xdist_group("faults")
@pytest.mark.parametrize("row", NODE, ids=lambda it: f"{it}-{fault(it)}")
def test_one_node(node_run: Run, row: str) -> None:
    held(node_run.line(row))


@pytest.mark.xdist_group("faults")
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
