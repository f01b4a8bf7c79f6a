"""Real processes: started, killed, frozen and ended by their ids."""

import json
import os
import queue
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from types import MappingProxyType

from tests.faults.load import Load
from tests.faults.peers.environment import interpreter
from tests.faults.work import Job, Kind, job_to

ROOT = Path(__file__).parent.parent.parent
STARTING = 40.0
"""Seconds until a process must say that it is ready."""
NOTHING_ELSE: Mapping[str, str] = MappingProxyType({})
"""Environment variables beside this process's own."""


class ProcessError(Exception):
    """A process did not do what it was started for; the message ends with what it said."""


class Process:
    """One process, which says lines and is told lines."""

    def __init__(
        self,
        side: str,
        module: str,
        arguments: Sequence[str],
        said: Path,
        environment: Mapping[str, str] = NOTHING_ELSE,
    ) -> None:
        self.said = said
        with said.open("ab") as errors:
            self._process = subprocess.Popen(
                [interpreter(side), "-m", f"tests.faults.{module}", side, *arguments],
                cwd=ROOT,
                env={
                    **os.environ,
                    "PYTHONPATH": str(ROOT),
                    "PYTHONWARNINGS": "ignore",
                    **environment,
                },
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        self._lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()

    @property
    def pid(self) -> int:
        """Return its id."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Return whether it runs; one that is frozen does."""
        return self._process.poll() is None

    def expect(self, word: str, seconds: float = STARTING) -> str:
        """Wait for a line that begins with the word, and return the rest of it."""
        try:
            line = self._lines.get(timeout=seconds)
        except queue.Empty:
            line = f"nothing in {seconds:g} s"
        first, _, rest = line.strip().partition(" ")
        if first != word:
            told = self.said.read_text("utf-8", "replace")[-2000:]
            raise ProcessError(f"`{word}` was expected, not `{line.strip()}`: {told}")
        return rest

    def tell(self, command: Mapping[str, object]) -> None:
        """Give it a command."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()

    def kill(self) -> None:
        """End it as `kill -9` does."""
        self._process.kill()
        self._process.wait()

    def freeze(self) -> None:
        """Let it do nothing until `thaw()`."""
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self._process.send_signal(signal.SIGCONT)

    def terminate(self) -> None:
        """Ask it to end in order."""
        self._process.terminate()

    def ended(self, seconds: float) -> bool:
        """Return whether it has ended within so many seconds."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    @property
    def status(self) -> int | None:
        """Return how it ended: an exit code, or a signal's number below zero."""
        return self._process.poll()

    def rss_mb(self) -> float:
        """Return the memory that it has, in MB; 0 where the system does not tell."""
        try:
            pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        except OSError:
            return 0.0
        return round(pages * os.sysconf("SC_PAGE_SIZE") / 1e6, 1)

    def files(self) -> int:
        """Return how many files and sockets it has open; 0 where the system does not tell."""
        try:
            return len(os.listdir(f"/proc/{self.pid}/fd"))
        except OSError:
            return 0

    def close(self) -> None:
        """End it at once."""
        if self.running:
            self.kill()
        assert self._process.stdin is not None
        # It may have ended before it read all.
        with suppress(BrokenPipeError):
            self._process.stdin.close()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                self._lines.put(line)
        self._lines.put("the end of its output")


class ServerProcess(Process):
    """A server; `url` is where it can be reached."""

    def __init__(self, side: str, url: str, name: str, folder: Path) -> None:
        self.log = folder / f"{name}.executions"
        self.log.touch()
        super().__init__(
            side, "server_process", [url, name, str(self.log)], folder / f"{name}.said"
        )
        self.url = url

    def ready(self) -> None:
        """Wait until it takes requests."""
        self.url = self.expect("ready") or self.url


class ClientProcess(Process):
    """A client."""

    def __init__(
        self,
        side: str,
        url: str,
        name: str,
        folder: Path,
        seed: int,
        environment: Mapping[str, str] = NOTHING_ELSE,
    ) -> None:
        self.name = name
        self.log = folder / f"{name}.asked"
        self.log.touch()
        arguments = [url, name, str(self.log), str(seed)]
        said = folder / f"{name}.said"
        super().__init__(side, "client_process", arguments, said, environment)

    def ready(self) -> None:
        """Wait until it reads commands."""
        self.expect("ready")

    def load(self, load: Load) -> None:
        """Let it send at a rate."""
        self.tell({"load": asdict(load)})

    def ask(self, kind: Kind, jobs: Sequence[Job], timeout: float) -> None:
        """Let it send these, all at once."""
        self.tell({"ask": kind.value, "jobs": [job_to(it) for it in jobs], "timeout": timeout})

    def visit(self, jobs: Sequence[Job], timeout: float) -> None:
        """Let it send each through a client that comes and goes."""
        self.tell({"visit": [job_to(it) for it in jobs], "timeout": timeout})

    def halt(self) -> None:
        """Let it send no more."""
        self.tell({"halt": True})

    def end(self) -> None:
        """Let it end when all that it sent has ended."""
        self.tell({"end": True})
