"""Processes that end with this one, however it ends, and the folder that they work in."""

import json
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

_KEEPER = Path(__file__).with_name("keeper.py")
_STOPPING = 20.0


class Kept:
    """A folder, and a process aside that keeps it and others until `close()`, from any thread."""

    def __init__(self, parent: Path | None = None) -> None:
        # Short: a path of a Unix socket has at most 100 characters.
        self.folder = Path(mkdtemp(prefix="rpcgen-", dir=parent))
        self._lock = threading.Lock()
        self._keeper = subprocess.Popen(
            [sys.executable, "-I", "-S", str(_KEEPER), str(self.folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
            text=True,
        )

    def start(self, command: Sequence[str], variables: Mapping[str, str], log: Path) -> int:
        """Return the id of a process that runs the command; what it says is appended to `log`."""
        asked = {"command": list(command), "variables": dict(variables), "log": str(log)}
        number = self._ask("start", **asked)
        assert number is not None
        return number

    def ended(self, process: int) -> int | None:
        """Return how the process ended, or None where it still runs."""
        return self._ask("look", process=process)

    def kill(self, process: int) -> None:
        """End the process, and return when it has gone."""
        self._ask("kill", process=process)

    def close(self) -> None:
        """End all of them and remove the folder. May be called twice."""
        with self._lock:
            if self._keeper.returncode is None:
                self._keeper.communicate(timeout=_STOPPING)

    def _ask(self, do: str, **more: Any) -> int | None:
        with self._lock:
            pipes = self._keeper.stdin, self._keeper.stdout
            assert pipes[0] is not None
            assert pipes[1] is not None
            pipes[0].write(json.dumps({"do": do, **more}) + "\n")
            pipes[0].flush()
            answer = json.loads(pipes[1].readline() or '{"refused": "the keeper has ended"}')
        if "refused" in answer:
            raise OSError(answer["refused"])
        number: int | None = answer["answer"]
        return number
