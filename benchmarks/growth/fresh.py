"""What statements cost in a fresh interpreter, whose own start is not counted.

Cold: no module has bytecode on disk, neither ours nor those of others. Warm: all of them have.
"""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from benchmarks.environments import variables
from benchmarks.processes import SubjectError

SECONDS = 60.0
_CODE = """\
import json, time
{before}
begun = time.perf_counter()
{statements}
took = time.perf_counter() - begun
from benchmarks.growth.resident import resident
held = resident()
print(json.dumps({{"seconds": took, "rss": held.rss, "pss": held.pss}}))
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """What an interpreter found of itself."""

    seconds: float
    rss: int
    """KiB."""
    pss: int
    """KiB."""


def warm(statements: str, folder: Path, before: str = "pass") -> Cost:
    """Return the cost with bytecode, which is written if it is not there. Raises SubjectError.

    `folder` is where the interpreter works and looks for packages first.
    """
    kept = folder / "warm"
    if not kept.exists():
        _cost(statements, before, folder, {"PYTHONPYCACHEPREFIX": str(kept)})
    return _cost(statements, before, folder, {"PYTHONPYCACHEPREFIX": str(kept)})


def cold(statements: str, folder: Path, before: str = "pass") -> Cost:
    """Return the cost without any bytecode. Raises SubjectError."""
    # The folder stays empty.
    where = {"PYTHONPYCACHEPREFIX": str(folder / "cold"), "PYTHONDONTWRITEBYTECODE": "1"}
    return _cost(statements, before, folder, where)


def _cost(statements: str, before: str, folder: Path, bytecode: dict[str, str]) -> Cost:
    code = _CODE.format(before=before, statements=statements)
    ran = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env={**variables(is_uvloop=False), "PYTHONDONTWRITEBYTECODE": "", **bytecode},
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    if ran.returncode:
        said = ran.stderr.strip().splitlines() or ["it said nothing"]
        raise SubjectError(f"an interpreter ended: {said[-1]}")
    return Cost(**json.loads(ran.stdout))
