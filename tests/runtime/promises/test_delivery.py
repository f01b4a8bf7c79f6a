"""Who gets what: one, one of them by name, all, or whoever listens."""

import threading

import pytest

from rpcgen_runtime import (
    Context,
    DeadlineExceeded,
    ExpiredUnstarted,
    MethodNotFound,
    NoServer,
    Overloaded,
)
from tests.runtime.generated.new.trial.work.v1 import WorkClient, WorkEvents
from tests.runtime.places import PATIENCE, Place, eventually
from tests.runtime.promises.endpoints import Ears, Worker


def _named(place: Place, url: str, *names: str) -> list[Worker]:
    workers = []
    for name in names:
        worker = Worker(lambda context, _: str(context.server))
        place.serve(worker, url=url, server=name)
        workers.append(worker)
    return workers


def test_a_cast_does_not_wait_for_its_handler(place: Place) -> None:
    free = threading.Event()

    def run(_context: Context, name: str) -> str:
        assert free.wait(PATIENCE)
        return name

    worker = Worker(run)
    client = place.client(WorkClient, place.serve(worker), timeout=5)
    try:
        client.note("x")
        assert worker.notes == []
    finally:
        free.set()
    assert worker.told.acquire(timeout=PATIENCE)
    assert worker.notes == ["x"]


def test_a_cast_whose_handler_fails_is_logged_and_nobody_hears_of_it(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    def run(_context: Context, _name: str) -> str:
        raise RuntimeError("a reason")

    client = place.client(WorkClient, place.serve(Worker(run)))
    client.note("x")
    assert eventually(lambda: "a reason" in caplog.text)


def test_a_fanout_and_an_event_reach_the_server(place: Place) -> None:
    worker, ears = Worker(), Ears()
    server = place.serve(worker, ears)
    place.client(WorkClient, server).ring("r")
    place.client(WorkEvents, server).rang("e")
    assert worker.told.acquire(timeout=PATIENCE)
    assert ears.told.acquire(timeout=PATIENCE)
    assert (worker.rings, ears.heard) == (["r"], ["e"])


def test_calls_go_round_in_turn(topic_place: Place) -> None:
    url = topic_place.fresh_url()
    _named(topic_place, url, "a", "b", "c")
    client = topic_place.client(WorkClient, url)
    names = [client.run("x") for _ in range(6)]
    assert sorted(names[:3]) == ["a", "b", "c"]
    assert names[:3] == names[3:]


def test_a_caller_may_pick_one_server(topic_place: Place) -> None:
    url = topic_place.fresh_url()
    _, second = _named(topic_place, url, "a", "b")
    client = topic_place.client(WorkClient, url).with_options(server="b")
    assert [client.run("x") for _ in range(3)] == ["b", "b", "b"]
    client.note("n")
    assert second.told.acquire(timeout=PATIENCE)
    with pytest.raises(NoServer, match="server `c`"):
        client.with_options(server="c").run("x")


def test_a_server_by_another_name_does_not_execute(http_place: Place) -> None:
    worker = Worker()
    server = http_place.serve(worker, server="a")
    client = http_place.client(WorkClient, server)
    assert client.with_options(server="a").run("x") == "x"
    with pytest.raises(NoServer, match="not the server"):
        client.with_options(server="b").run("x")
    assert client.run("x") == "x"


def test_a_fanout_reaches_every_server(topic_place: Place) -> None:
    url = topic_place.fresh_url()
    workers = _named(topic_place, url, "a", "b", "c")
    client = topic_place.client(WorkClient, url)
    client.ring("all")
    for worker in workers:
        assert worker.told.acquire(timeout=PATIENCE)
    assert [it.rings for it in workers] == [["all"]] * 3


def test_a_fanout_and_an_event_that_nobody_hears_are_no_mistake(topic_place: Place) -> None:
    url = topic_place.fresh_url()
    topic_place.client(WorkClient, url).ring("x")
    topic_place.client(WorkEvents, url).rang("x")


def test_each_group_of_listeners_hears_an_event_once(topic_place: Place) -> None:
    url = topic_place.fresh_url()
    ears = [Ears() for _ in range(4)]
    for heard, group in zip(ears, ["g", "g", None, None], strict=True):
        topic_place.serve(heard, url=url, group=group)
    events = topic_place.client(WorkEvents, url)
    for text in ("1", "2"):
        events.rang(text)
    for listening in ears[2:]:
        assert listening.told.acquire(timeout=PATIENCE)
        assert listening.told.acquire(timeout=PATIENCE)
        assert sorted(listening.heard) == ["1", "2"]
    assert eventually(lambda: len(ears[0].heard + ears[1].heard) == 2)
    assert sorted(ears[0].heard + ears[1].heard) == ["1", "2"]


def test_a_cast_waits_for_a_server_that_comes_back(topic_place: Place) -> None:
    url = topic_place.fresh_url()
    client = topic_place.client(WorkClient, url)
    first = topic_place.serve(Worker(), url=url)
    first.stop()
    first.wait()
    client.note("1")
    client.note("2")
    worker = Worker()
    topic_place.serve(worker, url=url)
    assert worker.told.acquire(timeout=PATIENCE)
    assert worker.told.acquire(timeout=PATIENCE)
    assert sorted(worker.notes) == ["1", "2"]


def test_a_call_for_which_no_server_comes_back_ends_at_its_deadline_and_is_never_run(
    topic_place: Place,
) -> None:
    url = topic_place.fresh_url()
    client = topic_place.client(WorkClient, url)
    first = topic_place.serve(Worker(), url=url)
    first.stop()
    first.wait()
    # Whether a broker's queue still held it, nobody tells: unlike the hub's, its outcome is unknown.
    expected = ExpiredUnstarted if topic_place.scheme == "memory" else DeadlineExceeded
    with pytest.raises(expected):
        client.with_options(timeout=0.1).run("late")
    ran: list[str] = []

    def run(_context: Context, name: str) -> str:
        ran.append(name)
        return name

    topic_place.serve(Worker(run), url=url)
    assert client.run("now") == "now"
    assert ran == ["now"]


def test_methods_of_events_cannot_be_called_where_nobody_listens(http_place: Place) -> None:
    server = http_place.serve(Worker())
    http_place.client(WorkEvents, server).rang("x")
    with pytest.raises(MethodNotFound):
        # Same topic, but that server has no endpoint of this service.
        http_place.client(WorkClient, http_place.serve(Ears())).run("x")


def test_an_overloaded_server_says_so_at_once_and_recovers(place: Place) -> None:
    free, begun = threading.Event(), threading.Semaphore(0)

    def run(_context: Context, name: str) -> str:
        begun.release()
        assert free.wait(PATIENCE)
        return name

    worker = Worker(run)
    server = place.serve(worker, max_in_flight=2)
    client = place.client(WorkClient, server)
    callers = [threading.Thread(target=client.run, args=("x",)) for _ in range(2)]
    for caller in callers:
        caller.start()
    try:
        for _ in callers:
            assert begun.acquire(timeout=PATIENCE)
        if place.broker is None:
            with pytest.raises(Overloaded):
                client.run("one too many")
        else:
            # There it waits in the queue, where another server may take it.
            with pytest.raises(DeadlineExceeded):
                client.with_options(timeout=0.2).run("one too many")
        if place.is_http:
            with pytest.raises(Overloaded):
                client.note("one too many")
    finally:
        free.set()
        for caller in callers:
            caller.join()
    assert client.run("after") == "after"
    assert eventually(lambda: server.in_flight == 0)
    assert worker.notes == []
