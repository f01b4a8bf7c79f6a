"""Servers in one process, each with connections of its own; started and restarted all at once."""

import asyncio
import os
import random
import time
from contextlib import AsyncExitStack

from benchmarks.fleet.generated.fleet import v1
from benchmarks.lines import Line
from benchmarks.subject import Place
from rpcgen_runtime import Context, Endpoint, Server

AGAIN = 1.0
"""Seconds, at most, until a server that could not start is started again."""


class _North(v1.NorthServer):
    async def add(self, ctx: Context, a: int, b: int) -> int:  # noqa: ARG002
        return a + b


class _East(v1.EastServer):
    async def add(self, ctx: Context, a: int, b: int) -> int:  # noqa: ARG002
        return a + b


class _South(v1.SouthServer):
    async def add(self, ctx: Context, a: int, b: int) -> int:  # noqa: ARG002
        return a + b


class _West(v1.WestServer):
    async def add(self, ctx: Context, a: int, b: int) -> int:  # noqa: ARG002
        return a + b


ENDPOINTS: tuple[type[Endpoint], ...] = (_North, _East, _South, _West)


class _Servers:
    def __init__(self, place: Place) -> None:
        self._place = place
        self._running: list[AsyncExitStack] = []

    async def do(self, line: Line) -> Line:
        """See Crew: `serve`, `stop`, `tell`."""
        match line:
            case {"serve": _}:
                return await self._serve()
            case {"stop": _}:
                await asyncio.gather(*(it.aclose() for it in self._running))
        return {"cpu": time.process_time()}

    async def _serve(self) -> Line:
        self._running = [AsyncExitStack() for _ in range(self._place.receivers)]
        begun = [self._started(number, held) for number, held in enumerate(self._running)]
        return {"failed_starts": sum(await asyncio.gather(*begun))}

    async def _started(self, number: int, held: AsyncExitStack) -> int:
        """Start one; return how often that failed before."""
        failures = 0
        while True:
            name = f"fleet-{os.getpid()}-{number}"
            endpoint = ENDPOINTS[number % len(ENDPOINTS)]()
            try:
                await held.enter_async_context(Server(self._place.url, [endpoint], server=name))
            except OSError:
                failures += 1
                await asyncio.sleep(random.uniform(0, AGAIN))
            else:
                return failures


def crew(place: Place) -> _Servers:
    """Return as many servers as the place has."""
    return _Servers(place)
