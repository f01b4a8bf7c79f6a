"""Which of several hosts is asked, and which one next. No I/O; used by several threads.

Calls go round among the hosts that are up. A host that could not be reached is asked last for a
while; a server that is meant by its name is asked first where it answered before.
"""

import itertools
import time
from collections.abc import Callable, Sequence

DOWN_SECONDS = 5.0
"""For how long a host that could not be reached is asked last."""


class Hosts:
    """The hosts of one URL."""

    def __init__(
        self, addresses: Sequence[tuple[str, str]], clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Take each host's name as the URL says it, `host:port`, and its address."""
        self.all = [address for _, address in addresses]
        self._named = dict(addresses)
        self._clock = clock
        self._turn = itertools.count()
        self._down: dict[str, float] = {}
        """Until when a host is asked last."""
        self._servers: dict[str, str] = {}
        """The address where a server of that name answered."""

    def in_order(self, server: str | None) -> Sequence[str]:
        """Return the addresses to ask, one after the other."""
        if len(self.all) == 1:
            return self.all
        first = next(self._turn) % len(self.all)
        order = self.all[first:] + self.all[:first]
        if self._down:
            now = self._clock()
            order.sort(key=lambda it: self._down.get(it, 0.0) > now)
        known = None if server is None else self._servers.get(server)
        if known is not None:
            order.remove(known)
            order.insert(0, known)
        return order

    def named(self, server: str | None) -> str | None:
        """Return the address of the host that the URL itself calls so."""
        return None if server is None or len(self.all) == 1 else self._named.get(server)

    def failed(self, address: str) -> None:
        """Note that a host could not be reached."""
        if len(self.all) > 1:
            self._down[address] = self._clock() + DOWN_SECONDS

    def answered(self, address: str, server: str | None) -> None:
        """Note that a host answered, and as which server."""
        if len(self.all) > 1:
            self._down.pop(address, None)
            if server is not None:
                self._servers[server] = address
