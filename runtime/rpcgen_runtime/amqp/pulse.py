"""A thread that lets connections beat while their event loop is kept from it."""

import threading
from collections.abc import Callable

EVERY = 0.5
"""Seconds between two looks; the shortest heartbeat is 2 seconds."""


class Pulse:
    """Calls `beat` again and again, from its thread, until `stop`."""

    def __init__(self, name: str, beat: Callable[[], None]) -> None:
        self._name, self._beat = name, beat
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin."""
        self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End; a second time does nothing."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(EVERY):
            self._beat()
