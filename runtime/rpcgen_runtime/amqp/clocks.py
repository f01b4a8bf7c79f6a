"""How much of a deadline is left, when two machines' clocks may not agree. No I/O.

A call says how long it may take, and until when by its sender's clock. The second is exact, as it
counts the time on the way, but means nothing where the clocks differ. What seems to have more time
than it was given comes from a clock that is ahead: how long it may take is what counts then. What
seems to be late may come from a clock that is behind, or was held up before the broker had it: that
cannot be told here, but whoever waits for the reply can tell. So it is refused, unstarted, and sent
again without the second where its sender has time left.
"""

SLACK = 1_000
"""Milliseconds up to which clocks that agree may differ."""


def left(timeout_ms: int, deadline_ms: int, now_ms: int, *, is_answered: bool) -> int:
    """Return the milliseconds that are left; 0 or less for what is late.

    Where nobody waits for a reply, only what is less late than clocks differ is.
    """
    found = deadline_ms - now_ms
    is_behind = found <= -SLACK and not is_answered
    if is_behind or found > timeout_ms + SLACK:
        return timeout_ms
    return min(found, timeout_ms)
