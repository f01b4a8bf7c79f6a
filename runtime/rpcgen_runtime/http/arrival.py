"""When a request arrived, at a process that may have stood still.

What waits in the system's buffers while a process is stopped, or its event loop is blocked, looks
new when it is read. Its deadline counts from when it was sent, so it must not: whatever is read
right after a pause may be as old as the pause.
"""

import asyncio
import math
import time

TICK = 0.25
"""Seconds between two looks at the clock."""
PAUSE = 1.0
"""Seconds without a look that are a pause; less is a busy loop."""
WAKE = 0.5
"""Seconds after a pause in which what waited is read: connections are accepted first."""


class Arrivals:
    """Looks at the clock while its event loop runs."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._seen = -math.inf
        self._before_pause = 0.0
        self._awake_at = 0.0

    def now(self) -> float:
        """Return the earliest moment at which what is read now can have arrived (monotonic)."""
        now = time.monotonic()
        if now - self._seen > PAUSE:
            self._notice(now, asyncio.get_running_loop())
        return self._before_pause if now < self._awake_at else now

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        if loop is self._loop:
            now = time.monotonic()
            if now - self._seen > PAUSE:
                self._notice(now, loop)
            self._seen = now
            loop.call_later(TICK, self._look, loop)

    def _notice(self, now: float, loop: asyncio.AbstractEventLoop) -> None:
        """Note a pause; none, where this is the first request, or the first on another loop."""
        if loop is self._loop:
            self._before_pause, self._awake_at = self._seen, now + WAKE
        else:
            self._loop = loop
            loop.call_later(TICK, self._look, loop)
        self._seen = now
