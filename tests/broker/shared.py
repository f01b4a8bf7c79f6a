"""One node for all processes of a test run: `python -m tests.broker.shared FOLDER` starts it.

It lives as long as somebody holds the folder's lock. The system lets go of a lock with the process
that holds it, so a run that was interrupted or killed leaves no node behind.
"""

import fcntl
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.broker.node import Node, NodeError

ENDING = 20.0
"""Seconds in which the node must have ended when nobody holds it any longer."""
_HELD, _TURN, _PLACES = "held", "turn", "places.json"
_ROOT = Path(__file__).parents[2]


class Hold:
    """Keeps the node of a folder, if one was or will be started, until `close()`."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._file = os.open(folder / _HELD, os.O_CREAT | os.O_RDWR)
        fcntl.flock(self._file, fcntl.LOCK_SH)

    def places(self) -> tuple[str, str]:
        """Return the URLs of the node and of its API; whoever is first starts it.

        Raises NodeError.
        """
        written = self._folder / _PLACES
        with _turn(self._folder):
            if not written.exists():
                _start(self._folder)
            amqp, api = json.loads(written.read_text())
        return amqp, api

    def close(self) -> None:
        """Let go; where nobody else holds the node, return when it has ended."""
        os.close(self._file)
        patient_until = time.monotonic() + ENDING
        while _ends(self._folder):
            if time.monotonic() > patient_until:
                raise NodeError("the shared node does not end")
            time.sleep(0.02)


def main(folder: Path) -> None:
    """Go on in a process of its own, and return when that has a node that takes connections."""
    read, write = os.pipe()
    if os.fork():
        os.close(write)
        with os.fdopen(read) as told:
            sys.exit(told.read() or None)
    os.close(read)
    os.setsid()
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(nowhere, stream)
    try:
        _run(folder, write)
    except (NodeError, OSError) as error:
        os.write(write, str(error).encode())
        raise


def _run(folder: Path, ready: int) -> None:
    with (folder / _HELD).open("rb") as held, Node() as node:
        written = folder / f"{_PLACES}.new"
        written.write_text(json.dumps([node.url(), node.api.url]))
        written.rename(folder / _PLACES)
        os.close(ready)
        fcntl.flock(held, fcntl.LOCK_EX)
        (folder / _PLACES).unlink()
        # Nothing in it is of use to anybody: no need to end it in order.
        node.close()


def _start(folder: Path) -> None:
    command = [sys.executable, "-m", "tests.broker.shared", str(folder)]
    ran = subprocess.run(
        command,
        cwd=_ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    if ran.returncode:
        raise NodeError(ran.stderr)


def _ends(folder: Path) -> bool:
    """Return whether the node is about to end, or does."""
    with (folder / _HELD).open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True  # it has taken the lock for itself
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False  # somebody else holds it
        return (folder / _PLACES).exists()


@contextmanager
def _turn(folder: Path) -> Iterator[None]:
    """Let one process at a time start the node."""
    with (folder / _TURN).open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    main(Path(sys.argv[1]))
