"""Calls from several threads, one after another in each, and how every one of them ended."""

import itertools
import threading
import time
from collections import Counter
from collections.abc import Callable
from types import TracebackType
from typing import Self

from rpcgen_runtime import RpcError
from tests.runtime.places import PATIENCE

DEADLINE = 4.0
"""Seconds that a caller gives each call."""


class Load:
    """Calls `call(name)` without a pause as long as its `with` lasts; the name must come back."""

    def __init__(self, call: Callable[[str], str], threads: int = 6) -> None:
        self._call = call
        self._names = map(str, itertools.count())
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._run) for _ in range(threads)]
        self.results = 0
        self.failures: Counter[str] = Counter()
        """By the name of what was raised."""
        self.wrong: list[str] = []
        """What no call may end with."""
        self.longest = 0.0
        """Seconds that one call took, whatever came of it."""

    def goes_on(self, within: float, results: int = 50) -> bool:
        """Return whether so many calls more have a result in time."""
        wanted, until = self.results + results, time.monotonic() + within
        while self.results < wanted:
            if time.monotonic() > until:
                return False
            time.sleep(0.005)
        return True

    def check(self) -> None:
        """Hold it to what holds whatever breaks."""
        assert self.wrong == []
        assert self.longest < DEADLINE + 1, self.longest

    def _run(self) -> None:
        while not self._stopping.is_set():
            name, begun = next(self._names), time.monotonic()
            try:
                found = self._call(name)
            except RpcError as error:
                ended = type(error).__name__
                with self._lock:
                    self.failures[ended] += 1
                # Not at once: nobody calls a lost broker a thousand times a second.
                self._stopping.wait(0.02)
            except BaseException as error:
                self.wrong.append(repr(error))
                return
            else:
                with self._lock:
                    self.results += 1
                if found != name:
                    self.wrong.append(f"{name} -> {found}")
            self.longest = max(self.longest, time.monotonic() - begun)

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        assert self.goes_on(PATIENCE)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join(PATIENCE)
            if thread.is_alive():
                self.wrong.append("a call hangs")
