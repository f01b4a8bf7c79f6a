"""`rpcgen serve` in a process of its own."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
ANYWHERE = "http://127.0.0.1:0"


@contextmanager
def served(*arguments: str) -> Iterator["subprocess.Popen[str]"]:
    """Start the command at any port; what is left of it at the end is killed."""
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "rpcgen", "serve", "--on", ANYWHERE, *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def told_url(process: "subprocess.Popen[str]") -> str:
    """Return the URL at the end of the next line that the command prints."""
    assert process.stdout is not None
    return process.stdout.readline().rpartition(" ")[2].strip()
