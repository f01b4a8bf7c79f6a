"""What callers did is summed up as it was, and what one of them raises is raised."""

import asyncio
import threading
from collections.abc import Sequence

import pytest

from benchmarks.measure import Threads, measure_async, percentile, sample
from benchmarks.work import Work

LONGER = 0.02


class Awaited:
    """Counts how many calls are under way."""

    def __init__(self) -> None:
        self.calls = 0
        self.under_way = 0
        self.most = 0

    async def call(self, work: Work) -> object:
        self.calls += 1
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        await asyncio.sleep(LONGER)
        self.under_way -= 1
        return 5

    async def close(self) -> None: ...


class Threaded:
    """Says by which threads it was called; raises at the call with this number."""

    def __init__(self, bad: int | None = None) -> None:
        self.threads: list[int] = []
        self._bad = bad

    def call(self, work: Work) -> object:
        self.threads.append(threading.get_ident())
        if len(self.threads) == self._bad:
            raise OSError("the wire is cut")
        return 5

    def close(self) -> None: ...


@pytest.mark.parametrize(
    ("values", "part", "found"),
    [
        ([], 0.5, 0.0),
        ([7.0], 0.99, 7.0),
        ([1.0, 2.0, 3.0, 4.0], 0.5, 2.0),
        ([float(it) for it in range(1, 101)], 0.99, 99.0),
        ([float(it) for it in range(1, 102)], 0.99, 100.0),
    ],
)
def test_a_percentile_is_the_least_value_that_is_not_below_that_part(
    values: Sequence[float], part: float, found: float
) -> None:
    assert percentile(values, part) == found


def test_single_calls_are_told_in_milliseconds() -> None:
    found = sample([0.003, 0.001, 0.002], 10.0, 12.0, warm=2, cpu=0.5)
    assert (found.calls, found.seconds, found.p50_ms, found.p99_ms) == (3, 2.0, 2.0, 3.0)
    assert (found.all_calls, found.cpu) == (5, 0.5)


def test_every_coroutine_calls_at_least_once_and_has_one_request_under_way() -> None:
    client = Awaited()
    found = asyncio.run(measure_async(client, Work.ADD, 8, LONGER / 4))
    assert client.most == 8
    assert (found.calls, client.calls) == (8, 16)
    assert found.seconds >= LONGER


def test_what_nobody_answers_is_not_sent_before_it_is_measured() -> None:
    client = Awaited()
    assert asyncio.run(measure_async(client, Work.CASTS, 2, LONGER / 4)).calls == client.calls


def test_threads_stay_from_one_stretch_to_the_next() -> None:
    client = Threaded()
    crew = Threads(client, 3)
    for _ in range(2):
        assert crew.measure(Work.ADD, LONGER).calls >= 3
    crew.close()
    assert len(set(client.threads)) == 3


def test_what_a_thread_raises_ends_the_stretch() -> None:
    crew = Threads(Threaded(bad=2), 2)
    with pytest.raises(OSError, match="the wire is cut"):
        crew.measure(Work.ADD, LONGER)
    crew.close()
