"""Other processes that the tour starts: each one ends before the tour does."""

import select
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

ROOT = Path(__file__).parents[2]
START_TIMEOUT = 20.0
"""Seconds in which a server must be there."""
STOP_TIMEOUT = 5.0
"""Seconds in which a server must have finished what it began."""


class StepFailed(Exception):
    """A step of the tour did not come out; the text is what people read."""


def run(module: str, arguments: Sequence[str]) -> tuple[int, str, str]:
    """Run a module of this Python; return its exit code and what it wrote, stderr last."""
    ended = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return ended.returncode, ended.stdout.strip(), ended.stderr.strip()


@contextmanager
def served(endpoint: str, on: str = "http://127.0.0.1:0") -> Iterator[str]:
    """Run `rpcgen serve` for an endpoint; yield its URL. Raises StepFailed."""
    with tempfile.TemporaryFile("w+") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "rpcgen", "serve", endpoint, "--on", on],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            # A Ctrl-C is for the tour, which then ends the server.
            start_new_session=True,
        )
        with server:
            try:
                yield _url_of(server, log)
                server.terminate()
                if server.wait(STOP_TIMEOUT) != 0:
                    raise StepFailed(f"the server ended with exit code {server.returncode}")
            except subprocess.TimeoutExpired:
                raise StepFailed(f"the server did not end within {STOP_TIMEOUT:.0f} s") from None
            finally:
                server.kill()


def _url_of(server: "subprocess.Popen[str]", log: IO[str]) -> str:
    """Return the URL in the line that a server prints once it takes requests."""
    assert server.stdout is not None
    ready, _, _ = select.select([server.stdout], [], [], START_TIMEOUT)
    line = server.stdout.readline() if ready else ""
    url = line.rstrip().rpartition(" at ")[2]
    if "://" not in url:
        log.seek(0)
        told = (log.read().strip().splitlines() or [f"no line within {START_TIMEOUT:.0f} s"])[-1]
        raise StepFailed(f"the server did not start: {told}")
    return url
