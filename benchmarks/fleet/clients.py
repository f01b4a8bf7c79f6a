"""Clients in one process, each with a transport of its own, that call every now and then."""

import asyncio
import itertools
import random
import time

from benchmarks.fleet.calls import ANSWERED
from benchmarks.fleet.generated.fleet import v1
from benchmarks.lines import Line
from benchmarks.subject import Place
from rpcgen_runtime import RpcError, connect_async

STUBS = (v1.AsyncNorthClient, v1.AsyncEastClient, v1.AsyncSouthClient, v1.AsyncWestClient)
AGAIN = 1.0
"""Seconds, at most, from a failure to the next call."""


class _Caller:
    """One client: a call now, and then one in each period, at its own time."""

    def __init__(self, url: str, number: int) -> None:
        self.answered_at = 0.0
        """When the last answer came."""
        self.calls: list[tuple[float, float, str]] = []
        self.woken = asyncio.Event()
        self._url, self._number = url, number

    async def run(self, period: float, timeout: float) -> None:
        """Call until cancelled."""
        async with connect_async(self._url, timeout=timeout) as transport:
            stub = STUBS[self._number % len(STUBS)](transport)
            pauses = itertools.chain([random.uniform(0, period)], itertools.repeat(period))
            for pause in pauses:
                while not await self._called(stub):
                    await self._rest(random.uniform(0, AGAIN))
                await self._rest(pause)

    async def _called(
        self,
        stub: v1.AsyncNorthClient | v1.AsyncEastClient | v1.AsyncSouthClient | v1.AsyncWestClient,
    ) -> bool:
        begun = time.monotonic()
        try:
            await stub.add(2, 3)
            outcome = ANSWERED
            self.answered_at = time.monotonic()
        except RpcError as error:
            outcome = type(error).__name__
        self.calls.append((begun, time.monotonic(), outcome))
        return outcome == ANSWERED

    async def _rest(self, seconds: float) -> None:
        self.woken.clear()
        try:
            async with asyncio.timeout(seconds):
                await self.woken.wait()
        except TimeoutError:
            pass


class _Clients:
    def __init__(self, place: Place) -> None:
        self._callers = [_Caller(place.url, it) for it in range(place.receivers)]
        self._tasks: list[asyncio.Task[None]] = []

    async def do(self, line: Line) -> Line:
        """See Crew: `begin`, `wake` for a call right now, `since` a moment, `tell`."""
        match line:
            case {"begin": period, "timeout": timeout}:
                self._tasks = [asyncio.create_task(it.run(period, timeout)) for it in self._callers]
            case {"wake": _}:
                for caller in self._callers:
                    caller.woken.set()
            case {"since": moment}:
                return {"left": sum(it.answered_at < moment for it in self._callers)}
            case _:
                return {"callers": [self._told(it) for it in self._callers], "cpu": _cpu()}
        return {"done": True}

    @staticmethod
    def _told(caller: _Caller) -> list[tuple[float, float, str]]:
        told, caller.calls = caller.calls, []
        return told


def _cpu() -> float:
    return time.process_time()


def crew(place: Place) -> _Clients:
    """Return as many clients as the place has."""
    return _Clients(place)
