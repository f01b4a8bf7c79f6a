"""Under one timer each request is told at its deadline, and none that has ended."""

import asyncio
from collections.abc import Callable

from rpcgen_runtime.amqp.deadlines import SPARE, Deadlines
from tests.runtime.places import PATIENCE


class Watched:
    """Requests that end when they are told."""

    def __init__(self) -> None:
        self.open: set[str] = set()
        self.told: list[str] = []
        self.deadlines = Deadlines(self.open, self._passed)
        self.is_over = asyncio.Event()

    def add(self, seconds: float, name: str) -> None:
        self.open.add(name)
        self.deadlines.add(asyncio.get_running_loop().time() + seconds, name)

    async def over(self) -> list[str]:
        """Return who was told, when there is none left."""
        async with asyncio.timeout(PATIENCE):
            await self.is_over.wait()
        return self.told

    def _passed(self, name: str) -> None:
        self.open.remove(name)
        self.told.append(name)
        if not self.open:
            self.is_over.set()


def told(begin: Callable[[Watched], None]) -> list[str]:
    async def run() -> list[str]:
        watched = Watched()
        begin(watched)
        return await watched.over()

    return asyncio.run(run())


def test_an_earlier_deadline_that_comes_later_is_told_first() -> None:
    def begin(watched: Watched) -> None:
        for seconds, name in ((0.06, "c"), (0.02, "a"), (0.04, "b"), (-1.0, "now")):
            watched.add(seconds, name)

    assert told(begin) == ["now", "a", "b", "c"]


def test_what_has_ended_is_not_told() -> None:
    def begin(watched: Watched) -> None:
        for number in range(5):
            watched.add(0.01 * number, f"{number}")
        watched.open -= {"0", "2", "3"}

    assert told(begin) == ["1", "4"]


def test_what_was_sent_twice_is_told_once() -> None:
    def begin(watched: Watched) -> None:
        watched.add(0.01, "a")
        watched.add(0.01, "a")
        watched.add(0.02, "b")

    assert told(begin) == ["a", "b"]


def test_what_has_ended_takes_no_room() -> None:
    def begin(watched: Watched) -> None:
        watched.add(0.1, "kept")
        for number in range(20 * SPARE):
            watched.add(3_600, f"{number}")
            watched.open.remove(f"{number}")
        assert len(watched.deadlines) <= 2 * SPARE

    assert told(begin) == ["kept"]


def test_after_the_end_nobody_is_told() -> None:
    async def run() -> list[str]:
        watched = Watched()
        watched.add(0.0, "a")
        watched.deadlines.close()
        rung = asyncio.Event()
        asyncio.get_running_loop().call_later(0.01, rung.set)
        await rung.wait()
        return watched.told

    assert asyncio.run(run()) == []
