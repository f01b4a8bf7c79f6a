"""Servers come and go on a hub, and callers give up; nobody else is the worse for it."""

import asyncio
import gc
import logging
import threading
from uuid import uuid4

import pytest

from rpcgen_runtime import Context, OutcomeUnknown, Server, connect, connect_async
from tests.runtime.generated.new.trial.work.v1 import AsyncWorkClient, WorkClient
from tests.runtime.places import PATIENCE, eventually
from tests.runtime.promises.endpoints import AsyncWorker, Worker


def test_callers_do_not_notice_servers_that_come_and_go() -> None:
    url = f"memory://{uuid4().hex}"
    over = threading.Event()
    done: list[int] = []
    wrong: list[BaseException] = []
    with Server(url, [Worker()]), connect(url) as transport:
        client = WorkClient(transport)

        def work(number: int) -> None:
            count = 0
            try:
                while not over.is_set():
                    assert client.run(f"{number}-{count}") == f"{number}-{count}"
                    count += 1
            except BaseException as error:
                wrong.append(error)
            done.append(count)

        threads = [threading.Thread(target=work, args=(it,)) for it in range(4)]
        for thread in threads:
            thread.start()
        for _ in range(40):
            with Server(url, [Worker()]):
                pass
        over.set()
        for thread in threads:
            thread.join(PATIENCE)
    assert wrong == []
    assert len(done) == 4


def test_a_server_on_ones_own_loop_finishes_what_other_threads_gave_it() -> None:
    url = f"memory://{uuid4().hex}"
    wrong: list[BaseException] = []
    results: list[str] = []

    async def main() -> None:
        async with Server(url, [Worker()]):
            with connect(url) as transport:
                client = WorkClient(transport)

                def call() -> None:
                    try:
                        results.append(client.with_options(timeout=PATIENCE).run("x"))
                    except BaseException as error:
                        wrong.append(error)

                threads = [threading.Thread(target=call) for _ in range(4)]
                for thread in threads:
                    thread.start()
                # The requests are handed over by now, or soon; the loop has not looked at them.
                for thread in threads:
                    thread.join(0.01)
        for thread in threads:
            while thread.is_alive():
                await asyncio.sleep(0.001)

    for _ in range(5):
        results.clear()
        asyncio.run(main())
        assert wrong == []
        assert results == ["x"] * 4


def test_a_reply_to_a_loop_that_is_gone_is_dropped(caplog: pytest.LogCaptureFixture) -> None:
    url = f"memory://{uuid4().hex}"
    free = threading.Event()

    async def run(_context: Context, name: str) -> str:
        while not free.is_set():
            await asyncio.sleep(0.001)
        return name

    async def give_up() -> None:
        async with connect_async(url) as transport:
            call = asyncio.ensure_future(AsyncWorkClient(transport).run("x"))
            while server.in_flight == 0:
                await asyncio.sleep(0.001)
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call

    with Server(url, [AsyncWorker(run)]) as server, caplog.at_level(logging.WARNING):
        asyncio.run(give_up())
        free.set()
        assert eventually(lambda: server.in_flight == 0)
        with connect(url) as transport:
            assert WorkClient(transport).run("y") == "y"
    gc.collect()
    assert caplog.text == ""


def test_a_cancelled_call_on_the_servers_own_loop_cancels_the_handler() -> None:
    url = f"memory://{uuid4().hex}"
    cancelled: list[str] = []

    async def run(_context: Context, name: str) -> str:
        try:
            await asyncio.sleep(PATIENCE)
        except asyncio.CancelledError:
            cancelled.append(name)
            raise
        return name

    async def main() -> None:
        async with Server(url, [AsyncWorker(run)]) as server, connect_async(url) as transport:
            call = asyncio.ensure_future(AsyncWorkClient(transport).run("x"))
            while server.in_flight == 0:
                await asyncio.sleep(0.001)
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call
            assert server.in_flight == 0

    asyncio.run(main())
    assert cancelled == ["x"]


def test_hubs_of_other_names_are_other_hubs() -> None:
    first, second = f"memory://{uuid4().hex}", f"memory://{uuid4().hex}"
    with Server(first, [Worker(lambda *_: "1")]), Server(second, [Worker(lambda *_: "2")]):
        for url, expected in ((first, "1"), (second, "2")):
            with connect(url) as transport:
                assert WorkClient(transport).run("x") == expected


def test_what_a_server_that_gave_up_left_behind_is_unknown() -> None:
    url = f"memory://{uuid4().hex}"
    free, begun = threading.Event(), threading.Event()

    def run(_context: Context, name: str) -> str:
        begun.set()
        free.wait(PATIENCE)
        return name

    server = Server(url, [Worker(run)])
    server.start()
    caught: list[BaseException] = []
    with connect(url) as transport:
        client = WorkClient(transport).with_options(timeout=PATIENCE * 10)

        def call() -> None:
            try:
                client.run("x")
            except BaseException as error:
                caught.append(error)

        caller = threading.Thread(target=call)
        caller.start()
        assert begun.wait(PATIENCE)
        server.stop()
        with pytest.raises(TimeoutError, match="still ran"):
            server.wait(0.05)
        caller.join(PATIENCE)
        assert not caller.is_alive(), "the caller waits for a reply that nobody will send"
        free.set()
    assert isinstance(caught[0], OutcomeUnknown)
