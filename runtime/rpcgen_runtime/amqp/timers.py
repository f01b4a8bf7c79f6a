"""What is to be done in a while, or at once when there is no time left. On one event loop."""

import asyncio
from collections.abc import Callable
from typing import TypeAlias

Act: TypeAlias = Callable[[], None]


class Timers:
    """Acts that wait for their moment."""

    def __init__(self) -> None:
        self._acts: dict[asyncio.TimerHandle, Act] = {}
        self._is_hurrying = False

    def later(self, seconds: float, act: Act, *, hurried: Act | None = None) -> None:
        """Act in a while; where there is no time left, do `hurried` instead if it is given."""
        at_once = hurried or act
        if self._is_hurrying:
            at_once()
            return

        def due() -> None:
            del self._acts[timer]
            act()

        timer = asyncio.get_running_loop().call_later(seconds, due)
        self._acts[timer] = at_once

    def hurry(self) -> None:
        """Act at once, now and from now on."""
        self._is_hurrying = True
        for timer, act in list(self._acts.items()):
            timer.cancel()
            del self._acts[timer]
            act()

    def close(self) -> None:
        """Drop all that waits."""
        self._is_hurrying = True
        for timer in self._acts:
            timer.cancel()
