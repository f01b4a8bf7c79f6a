"""The deliveries of one channel that are not acknowledged yet, and how that is said. No I/O.

The broker can be told of "this one and all before it", which costs it and us less than a frame for
each: so what is done in one turn of the event loop is said together.
"""

from itertools import takewhile

from rpcgen_runtime.amqp.frames import write_ack


class Acks:
    """One channel's; see the module. Tags are in the order in which the broker gave them."""

    def __init__(self, channel: int) -> None:
        self._channel = channel
        self._open: dict[int, None] = {}
        self._done: set[int] = set()
        """Those of the open ones that are done, and nobody was told."""

    def add(self, tag: int) -> None:
        """Expect that a delivery will be acknowledged, or given back."""
        self._open[tag] = None

    def drop(self, tag: int) -> None:
        """Forget one that the broker was told to hand out again."""
        self._open.pop(tag, None)
        self._done.discard(tag)

    def done(self, tag: int) -> bool:
        """Note that one is done; return whether it is the first since the last `take`."""
        if tag not in self._open:
            return False
        self._done.add(tag)
        return len(self._done) == 1

    def take(self) -> bytes:
        """Return the frames that acknowledge what is done: the oldest in one, then one for each."""
        done, self._done = self._done, set()
        oldest = list(takewhile(done.__contains__, self._open))
        for tag in done:
            del self._open[tag]
        parts = [write_ack(self._channel, it) for it in sorted(done.difference(oldest))]
        if oldest:
            parts.insert(0, write_ack(self._channel, oldest[-1], multiple=True))
        return b"".join(parts)
