"""One deadline covers the whole call, and what it covers inherits it."""

import asyncio
import threading
from functools import partial

import pytest

from rpcgen_runtime import (
    Context,
    DeadlineExceeded,
    ExpiredUnstarted,
    OneAtATime,
    Server,
    Threads,
    connect,
    connect_async,
    current_context,
)
from tests.runtime.generated.new.trial.work.v1 import AsyncWorkClient, WorkClient
from tests.runtime.places import PATIENCE, Place, ask, eventually
from tests.runtime.promises.endpoints import AsyncWorker, Worker


def test_a_waiting_async_handler_is_cancelled_at_the_deadline(place: Place) -> None:
    cancelled = threading.Event()

    async def run(_context: Context, _name: str) -> str:
        try:
            await asyncio.sleep(PATIENCE)
        except asyncio.CancelledError:
            cancelled.set()
            raise
        return "late"

    client = place.client(WorkClient, place.serve(AsyncWorker(run)))
    with pytest.raises(DeadlineExceeded) as caught:
        client.with_options(timeout=0.2).run("x")
    assert isinstance(caught.value, TimeoutError)
    assert cancelled.wait(PATIENCE)


def test_a_caller_of_a_handler_in_a_thread_is_answered_at_the_deadline(place: Place) -> None:
    free = threading.Event()

    def run(_context: Context, _name: str) -> str:
        free.wait(PATIENCE)
        return "late"

    client = place.client(WorkClient, place.serve(Worker(run)))
    try:
        with pytest.raises(DeadlineExceeded):
            client.with_options(timeout=0.2).run("x")
        assert client.other("others go on") == "others go on!"
    finally:
        free.set()


def test_the_server_answers_at_the_deadline_by_itself(http_place: Place) -> None:
    free = threading.Event()

    def run(_context: Context, _name: str) -> str:
        free.wait(PATIENCE)
        return "late"

    server = http_place.serve(Worker(run), executor=Threads(1))
    try:
        short = {"rpcgen-timeout-ms": "100"}
        assert ask(server.url, "Work.run", ["x"], short)["error"]["code"] == -32007
        assert ask(server.url, "Work.run", ["x"], short)["error"]["code"] == -32006
        assert (
            ask(server.url, "Work.run", ["x"], {"rpcgen-timeout-ms": "0"})["error"]["code"]
            == -32006
        )
        for wrong in ("-1", "1.5", "soon", "1e99", ""):
            fields = {"rpcgen-timeout-ms": wrong or " "}
            assert ask(server.url, "Work.other", ["x"], fields)["error"]["code"] == -32602
        long = {"rpcgen-timeout-ms": "999999999999"}
        assert ask(server.url, "Work.other", ["x"], long)["result"] == "x!"
    finally:
        free.set()


def test_what_waits_for_a_worker_until_its_deadline_is_never_executed(place: Place) -> None:
    for executor in (Threads(1), OneAtATime()):
        free, begun = threading.Event(), threading.Event()
        ran: list[str] = []

        def run(
            _context: Context,
            name: str,
            ran: list[str] = ran,
            begun: threading.Event = begun,
            free: threading.Event = free,
        ) -> str:
            ran.append(name)
            if name == "first":
                begun.set()
                free.wait(PATIENCE)
            return name

        server = place.serve(Worker(run), executor=executor)
        client = place.client(WorkClient, server)
        first = threading.Thread(target=client.run, args=("first",))
        first.start()
        try:
            assert begun.wait(PATIENCE)
            with pytest.raises(TimeoutError) as caught:
                client.with_options(timeout=0.2).run("second")
            assert isinstance(caught.value, ExpiredUnstarted | DeadlineExceeded)
            # The server's clock for it started a little later than the caller's.
            assert eventually(partial(_runs_one, server))
        finally:
            free.set()
            first.join()
        assert client.run("third") == "third"
        assert ran == ["first", "third"]


def _runs_one(server: Server) -> bool:
    return server.in_flight == 1


def test_the_contracts_timeout_holds_where_the_caller_says_nothing(place: Place) -> None:
    left: list[float] = []

    def run(context: Context, _name: str) -> str:
        left.append(context.deadline.remaining())
        return ""

    client = place.client(WorkClient, place.serve(Worker(run)), timeout=30)
    client.run("x")
    client.with_options(timeout=10).run("x")
    client.with_options(timeout=100).brief("x")
    assert 10 < left[0] <= 30
    assert 0 < left[1] <= 10
    assert 30 < left[2] <= 100
    try:
        client.brief("x")
    except TimeoutError:
        return  # the machine was busy for half a second
    assert left[3] <= 0.5


@pytest.mark.parametrize("wrong", [0, -1, float("nan"), float("inf"), 1e12])
def test_a_timeout_that_is_none_is_refused(memory_place: Place, wrong: float) -> None:
    client = memory_place.client(WorkClient, "memory://x")
    with pytest.raises(ValueError, match="`timeout` is"):
        client.with_options(timeout=wrong)
    with pytest.raises(ValueError, match="`timeout` is"):
        memory_place.client(WorkClient, "memory://x", timeout=wrong)


def test_a_call_inside_a_handler_inherits_deadline_and_trace(place: Place) -> None:
    seen: list[Context] = []

    def run(context: Context, _name: str) -> str:
        seen.append(context)
        return ""

    inner = place.serve(Worker(run))

    def nested(context: Context, _name: str) -> str:
        assert current_context() is context
        seen.append(context)
        with connect(inner.url) as transport:
            return WorkClient(transport).run("x")

    async def nested_async(context: Context, _name: str) -> str:
        assert current_context() is context
        seen.append(context)
        async with connect_async(inner.url) as transport:
            return await AsyncWorkClient(transport).run("x")

    for worker in (Worker(nested), AsyncWorker(nested_async)):
        seen.clear()
        client = place.client(WorkClient, place.serve(worker)).with_options(timeout=10)
        client.run("x")
        outside, inside = seen
        assert inside.deadline.remaining() <= 10
        assert outside.traceparent.split("-")[1] == inside.traceparent.split("-")[1]
        assert outside.traceparent != inside.traceparent
        assert outside.message_id != inside.message_id
        assert inside.data == {}


def test_a_call_whose_inherited_deadline_has_passed_is_not_sent(place: Place) -> None:
    inner = Worker()
    server = place.serve(inner)
    verdicts: list[BaseException] = []
    done = threading.Event()

    def nested(context: Context, _name: str) -> str:
        while not context.deadline.passed():
            done.wait(0.01)
        try:
            with connect(server.url) as transport:
                WorkClient(transport).note("x")
        except ExpiredUnstarted as error:
            verdicts.append(error)
        done.set()
        return ""

    client = place.client(WorkClient, place.serve(Worker(nested)))
    with pytest.raises(TimeoutError):
        client.with_options(timeout=0.1).run("x")
    assert done.wait(PATIENCE)
    assert len(verdicts) == 1
    assert inner.notes == []


def test_the_trace_of_a_stranger_is_taken_up_if_it_is_well_formed(http_place: Place) -> None:
    seen: list[str] = []

    def run(context: Context, _name: str) -> str:
        seen.append(context.traceparent)
        return ""

    url = http_place.serve(Worker(run)).url
    trace = "0af7651916cd43dd8448eb211c80319c"
    ask(url, "Work.run", ["x"], {"traceparent": f"00-{trace}-b7ad6b7169203331-01"})
    assert trace in seen[0]
    for wrong in (
        f"ff-{trace}-b7ad6b7169203331-01",
        f"00-{'0' * 32}-b7ad6b7169203331-01",
        f"00-{trace}-{'0' * 16}-01",
        "nonsense",
        "x" * 10_000,
    ):
        assert "result" in ask(url, "Work.run", ["x"], {"traceparent": wrong})
    assert not any(trace in it for it in seen[1:])
    assert all(len(it) == 55 for it in seen)
