"""Keeps processes and a folder for one other process, and lets neither outlive it.

    python keeper.py FOLDER

Each line of its input is a request as JSON, each line of its output the answer. When the input
ends, because whoever held the other end of the pipe closed it or died, all is killed and removed.
Imports nothing of ours: it is started by its path, in any folder.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any


class Keeper:
    """The processes that were asked for, by their ids."""

    def __init__(self) -> None:
        self._started: dict[int, subprocess.Popen[bytes]] = {}

    def answer(self, request: dict[str, Any]) -> int | None:
        """Do what one line asks."""
        match request["do"]:
            case "start":
                return self.start(request["command"], request["variables"], request["log"])
            case "look":
                return self.look(request["process"])
            case "kill":
                return self.kill(request["process"])
            case unknown:
                raise ValueError(f"`{unknown}` is none of `start`, `look`, `kill`")

    def start(self, command: list[str], variables: dict[str, str], log: str) -> int:
        """Return the id of a process that runs the command and appends to the log."""
        with Path(log).open("ab") as output:
            process = subprocess.Popen(
                command,
                env=variables,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self._started[process.pid] = process
        return process.pid

    def look(self, number: int) -> int | None:
        """Return how the process ended, or None where it still runs."""
        return self._started[number].poll()

    def kill(self, number: int) -> int:
        """End the process and what it started in its session; return how it ended."""
        # Not once it has ended and been waited for: its number may be somebody else's by then.
        if self._started[number].poll() is None:
            os.killpg(number, signal.SIGKILL)
        return self._started[number].wait()

    def close(self) -> None:
        """End all of them, the last first."""
        for number in reversed(self._started):
            self.kill(number)


def main(folder: Path) -> None:
    """Answer until the input ends."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # The other end decides; a Ctrl-C at the terminal comes to it as well.
        signal.signal(number, signal.SIG_IGN)
    keeper = Keeper()
    try:
        for line in sys.stdin:
            try:
                answer: dict[str, Any] = {"answer": keeper.answer(json.loads(line))}
            except (OSError, ValueError) as error:
                answer = {"refused": str(error)}
            sys.stdout.write(json.dumps(answer) + "\n")
            sys.stdout.flush()
    except BrokenPipeError:
        pass  # nobody is left to be answered
    finally:
        keeper.close()
        shutil.rmtree(folder, ignore_errors=True)
        # What still goes to a pipe without a reader is not worth a message.
        os._exit(0)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
