"""Compiles a contract as a user does: `rpcgen build`, in a process of its own."""

import subprocess
import sys
import time
from pathlib import Path

from benchmarks.environments import variables
from benchmarks.processes import SubjectError

SOURCE, OUT = "large.rpc", "out"


def build(text: str, folder: Path) -> tuple[Path, float]:
    """Return the folder of the generated package, and the seconds of it. Raises SubjectError."""
    (folder / SOURCE).write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "rpcgen", "build", SOURCE, "--out", OUT]
    begun = time.perf_counter()
    ran = subprocess.run(
        command,
        cwd=folder,
        env={**variables(is_uvloop=False), "PYTHONDONTWRITEBYTECODE": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    took = time.perf_counter() - begun
    if ran.returncode:
        raise SubjectError(f"`rpcgen build` failed: {ran.stderr.strip().splitlines()[-1:]}")
    return folder / OUT, took
