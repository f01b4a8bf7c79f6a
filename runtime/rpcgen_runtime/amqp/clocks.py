"""How much of a deadline is left, when two machines' clocks may not agree. No I/O.

A call says how long it may take, and until when by its sender's clock. The second is exact, as it
counts the time on the way, but means nothing where the clocks differ. They are taken to agree as
long as what is left lies between nothing and all of it. A call that seems to have expired long ago,
although the broker drops what expires in a queue, was held up before the broker (an alarm, say) if
its sender's clock agreed before, or it was with another server already; else its sender's clock is
off.
"""

from collections import OrderedDict

SLACK = 1_000
"""Milliseconds up to which clocks that agree may differ."""
REMEMBERED = 4_096
"""Senders."""


class Clocks:
    """Remembers whose clock agrees with ours."""

    def __init__(self) -> None:
        self._agree: OrderedDict[str, None] = OrderedDict()

    def left(
        self, sender: str, timeout_ms: int, deadline_ms: int, now_ms: int, *, was_held: bool = False
    ) -> int:
        """Return the milliseconds that are left; 0 or less for what has expired."""
        left = deadline_ms - now_ms
        if -SLACK < left <= timeout_ms + SLACK:
            self._remember(sender)
            return min(left, timeout_ms)
        return left if left <= 0 and (was_held or sender in self._agree) else timeout_ms

    def _remember(self, sender: str) -> None:
        self._agree[sender] = None
        self._agree.move_to_end(sender)
        if len(self._agree) > REMEMBERED:
            self._agree.popitem(last=False)
