"""Where handlers run."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from rpcgen_runtime import Context, EventLoop, Executor, OneAtATime, Threads
from tests.runtime.generated.new.trial.work.v1 import WorkClient
from tests.runtime.places import PATIENCE, Place, eventually
from tests.runtime.promises.endpoints import AsyncWorker, Worker

BUILT_OUTSIDE = OneAtATime()
"""Where there is no event loop."""


def _thread(_context: Context, _name: str) -> str:
    return threading.current_thread().name


async def _task(_context: Context, _name: str) -> str:
    await asyncio.sleep(0)
    return threading.current_thread().name


def test_threads_run_def_in_workers_and_async_def_on_the_loop(place: Place) -> None:
    client = place.client(WorkClient, place.serve(Worker(_thread), server="s", executor=Threads()))
    assert client.run("x").startswith("rpcgen-handler")
    assert client.other("x") == "x!"
    client = place.client(WorkClient, place.serve(AsyncWorker(_task), server="s"))
    assert client.run("x") == "rpcgen-s"
    assert client.other("x") == "x!"


def test_the_event_loop_runs_everything_on_the_loop(place: Place) -> None:
    for worker in (Worker(_thread), AsyncWorker(_task)):
        server = place.serve(worker, server="s", executor=EventLoop())
        assert place.client(WorkClient, server).run("x") == "rpcgen-s"


def test_an_executor_has_workers() -> None:
    with pytest.raises(ValueError, match="from 1 on"):
        Threads(0)


@pytest.mark.parametrize("make", [OneAtATime, lambda: BUILT_OUTSIDE], ids=["inside", "outside"])
def test_one_at_a_time_is_really_one_at_a_time(aside: object, make: type[OneAtATime]) -> None:
    running, most = 0, 0

    def enter() -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)

    def leave() -> None:
        nonlocal running
        running -= 1

    def run(_context: Context, name: str) -> str:
        enter()
        threading.Event().wait(0.001)
        leave()
        return name

    async def run_async(_context: Context, name: str) -> str:
        enter()
        await asyncio.sleep(0.001)
        leave()
        return name

    class Both(Worker):
        async def other(self, ctx: Context, name: str) -> str:
            return await run_async(ctx, name)

    place = Place("http", "sync", aside)  # type: ignore[arg-type]
    try:
        client = place.client(WorkClient, place.serve(Both(run), executor=make()))
        with ThreadPoolExecutor(16) as pool:
            calls = [
                pool.submit(client.run if number % 2 else client.other, str(number))
                for number in range(64)
            ]
            assert [it.result() for it in calls] == [str(it) for it in range(64)]
        assert most == 1
    finally:
        place.close()


def test_one_at_a_time_stays_so_when_a_handler_outlives_its_deadline(place: Place) -> None:
    free, begun = threading.Event(), threading.Event()
    order: list[str] = []

    def run(_context: Context, name: str) -> str:
        begun.set()
        assert free.wait(PATIENCE)
        order.append(name)
        return name

    class Both(Worker):
        async def other(self, ctx: Context, name: str) -> str:
            order.append(name)
            return name

    server = place.serve(Both(run), executor=OneAtATime())
    client = place.client(WorkClient, server)
    with pytest.raises(TimeoutError):
        client.with_options(timeout=0.2).run("first")
    assert begun.wait(PATIENCE)
    with pytest.raises(TimeoutError):
        client.with_options(timeout=0.2).other("meanwhile")
    assert eventually(lambda: server.in_flight == 0)
    assert order == []
    free.set()
    assert client.other("after") == "after"
    assert order == ["first", "after"]


def test_a_stuck_worker_leaves_the_others_to_work(place: Place) -> None:
    free = threading.Event()

    def run(_context: Context, name: str) -> str:
        if name == "stuck":
            free.wait(PATIENCE)
        return name

    client = place.client(WorkClient, place.serve(Worker(run), executor=Threads(2)))
    try:
        with pytest.raises(TimeoutError):
            client.with_options(timeout=0.2).run("stuck")
        assert [client.run(it) for it in "abc"] == ["a", "b", "c"]
    finally:
        free.set()


def test_an_executor_of_ones_own_will_do(place: Place) -> None:
    class Counting:
        def __init__(self) -> None:
            self.inner, self.labels = EventLoop(), list[str]()
            self.is_closed = False

        @property
        def places(self) -> int:
            return self.inner.places

        async def run(self, binding: object, call: object, deadline: object) -> object:
            self.labels.append(binding.method.label)  # type: ignore[attr-defined]
            return await self.inner.run(binding, call, deadline)  # type: ignore[arg-type]

        def close(self) -> None:
            self.is_closed = True

    counting = Counting()
    executor: Executor = counting
    server = place.serve(Worker(), executor=executor)
    assert place.client(WorkClient, server).run("x") == "x"
    assert counting.labels == ["Work.run"]
    server.stop()
    server.wait()
    assert counting.is_closed
