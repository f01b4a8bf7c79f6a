"""What a subject of a part can be asked for, beside the harness' own works."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from benchmarks.work import Work


class Client(Protocol):
    """A client of ours, on an event loop."""

    async def add(self) -> object:
        """Add two and three."""
        ...

    async def send(self, data: bytes) -> object:
        """Give bytes; return how many the server got."""
        ...

    async def hold(self) -> object:
        """Call what answers only when the server ends."""
        ...

    async def close(self) -> None:
        """Give back what it holds."""
        ...


@dataclass(frozen=True, slots=True)
class Calls:
    """One kind of call, as `measure` wants it."""

    make: Callable[[], Awaitable[object]]

    async def call(self, work: Work) -> object:
        """Call, whatever the work is called."""
        del work
        return await self.make()

    async def close(self) -> None:
        """Leave the client to who opened it."""
