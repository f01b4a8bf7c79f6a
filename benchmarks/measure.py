"""Lets callers work for a while, each with one request under way; standard library only.

Each calls at least once: where a call is long, the first few would use up the time else.
"""

import asyncio
import math
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.subject import AsyncClient, Client
from benchmarks.work import Work

WARMUP = 0.2
"""The part of the time that is worked before it is measured."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What callers did in one stretch of time."""

    calls: int
    begun: float
    """On the machine's clock, which processes share."""
    seconds: float
    """From the first call to the end of the last one."""
    p50_ms: float
    p99_ms: float
    all_calls: int
    """With those of the warm-up."""
    cpu: float
    """Seconds of this process for all of them."""


async def measure_async(client: AsyncClient, work: Work, callers: int, seconds: float) -> Sample:
    """Let coroutines call."""
    cpu = time.process_time()
    warm = await _calls(client, work, callers, seconds * WARMUP) if work.is_answered else []
    begun = time.monotonic()
    took = await _calls(client, work, callers, seconds)
    return sample(took, begun, time.monotonic(), warm=len(warm), cpu=time.process_time() - cpu)


async def _calls(client: AsyncClient, work: Work, callers: int, seconds: float) -> list[float]:
    took: list[float] = []
    until = time.perf_counter() + seconds

    async def caller() -> None:
        ended = 0.0
        while ended < until:
            begun = time.perf_counter()
            await client.call(work)
            ended = time.perf_counter()
            took.append(ended - begun)

    async with asyncio.TaskGroup() as group:
        for _ in range(callers):
            group.create_task(caller())
    return took


class Threads:
    """Callers that stay, as a thread may have a connection of its own."""

    def __init__(self, client: Client, callers: int) -> None:
        self._client = client
        self._callers = callers
        self._begin = threading.Barrier(callers + 1)
        self._end = threading.Barrier(callers + 1)
        self._work: Work | None = None
        self._until = 0.0
        self._took: list[list[float]] = [[] for _ in range(callers)]
        self._failed: list[Exception] = []
        for number in range(callers):
            threading.Thread(target=self._run, args=(number,), daemon=True).start()

    def measure(self, work: Work, seconds: float) -> Sample:
        """Let them call. Raises what the first of them that failed has raised."""
        cpu = time.process_time()
        warm = 0
        if work.is_answered:
            self._stretch(work, seconds * WARMUP)
            warm = sum(map(len, self._took))
        begun, ended = self._stretch(work, seconds)
        took = [it for each in self._took for it in each]
        return sample(took, begun, ended, warm=warm, cpu=time.process_time() - cpu)

    def close(self) -> None:
        """Let them end."""
        self._work = None
        self._begin.wait()

    def _stretch(self, work: Work, seconds: float) -> tuple[float, float]:
        self._work = work
        self._until = time.perf_counter() + seconds
        begun = time.monotonic()
        self._begin.wait()
        self._end.wait()
        ended = time.monotonic()
        if self._failed:
            raise self._failed[0]
        return begun, ended

    def _run(self, number: int) -> None:
        while True:
            self._begin.wait()
            if self._work is None:
                return
            try:
                self._took[number] = self._calls(self._work)
            except Exception as error:  # noqa: BLE001  # a subject may raise anything
                self._failed.append(error)
            self._end.wait()

    def _calls(self, work: Work) -> list[float]:
        took: list[float] = []
        ended = 0.0
        while ended < self._until:
            begun = time.perf_counter()
            self._client.call(work)
            ended = time.perf_counter()
            took.append(ended - begun)
        return took


def sample(took: Sequence[float], begun: float, ended: float, *, warm: int, cpu: float) -> Sample:
    """Return what single calls took, summed up."""
    ranked = sorted(took)
    p50, p99 = (1000 * percentile(ranked, it) for it in (0.50, 0.99))
    return Sample(len(ranked), begun, ended - begun, p50, p99, len(ranked) + warm, cpu)


def percentile(ranked: Sequence[float], part: float) -> float:
    """Return the least value that is not below this part of them; the values are in order."""
    if not ranked:
        return 0.0
    return ranked[max(0, math.ceil(part * len(ranked)) - 1)]
