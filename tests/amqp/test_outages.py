"""A broker of our own that is restarted, killed, or takes no messages while callers go on."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from rpcgen_runtime import NO_RETRY, Context, ExpiredUnstarted
from tests.amqp.load import DEADLINE, Load
from tests.amqp.scene import CASTS, DEAD, Scene, within
from tests.broker.node import Node
from tests.broker.plugin import refuse
from tests.broker.programs import find
from tests.runtime.generated.new.trial.work.v1 import WorkClient
from tests.runtime.places import PATIENCE, eventually
from tests.runtime.promises.endpoints import Worker

pytestmark = pytest.mark.xdist_group("amqp-outages")  # one node, in one process

BACK = 5.0
"""Seconds after the broker's return in which calls have results again."""


@pytest.fixture(scope="module")
def node() -> Iterator[Node]:
    if find() is None:
        refuse("there is no RabbitMQ on this machine: python -m tests.broker.install")
    with Node() as made:
        yield made


@pytest.fixture
def own(node: Node, request: pytest.FixtureRequest) -> Iterator[Scene]:
    """A scene on the node that is to suffer."""
    vhost = f"{request.node.name:.40}"
    node.api.make_vhost(vhost)
    with Scene(node.url(vhost), node.api) as made:
        yield made
    node.api.delete_vhost(vhost)


def test_a_broker_that_is_restarted_costs_the_calls_under_way_and_one_that_is_killed_no_casts(
    own: Scene, node: Node
) -> None:
    server = own.serve(Worker())
    once, again = own.client(WorkClient, timeout=DEADLINE), own.client(WorkClient, timeout=20)
    with Load(once.run, 4) as load, Load(again.repeat, 2) as patient:
        node.restart()
        assert load.goes_on(BACK)
        assert patient.goes_on(BACK, 10)
    load.check()
    assert set(load.failures) <= {
        "ConnectionLost", "ExpiredUnstarted", "NoServer", "Unreachable", "DeadlineExceeded"
    }  # fmt: skip
    # Within their deadlines the broker was back, and what may be sent again was.
    assert patient.wrong == []
    assert set(patient.failures) <= {"NoServer"}
    server.stop()
    server.wait()
    texts = [str(it) for it in range(200)]
    with ThreadPoolExecutor(8) as callers:
        list(callers.map(again.note, texts))
    # What it declared before the restart is on its disk; a queue of the last second may not be.
    node.kill()
    node.start()
    worker = Worker()
    own.serve(worker)
    assert eventually(lambda: set(worker.notes) == set(texts))


def test_a_broker_that_takes_no_messages_keeps_nobody_beyond_the_deadline(
    own: Scene, node: Node
) -> None:
    begun: list[str] = []

    def run(_context: Context, name: str) -> str:
        begun.append(name)
        return name

    own.serve(Worker(run))
    client = own.client(WorkClient, timeout=DEADLINE)
    with Load(client.run) as load:
        node.alarm("memory")
        assert within(PATIENCE, lambda: sum(load.failures.values()) >= 6)
        # Those that were in the queue when it began; nothing is started whose reply cannot leave.
        while_blocked = len(begun)
        assert within(PATIENCE, lambda: sum(load.failures.values()) >= 12)
        assert len(begun) == while_blocked
        node.clear("memory")
        assert load.goes_on(BACK)
    load.check()
    assert set(load.failures) <= {"DeadlineExceeded", "ExpiredUnstarted"}


def test_a_blocked_client_says_that_nothing_was_sent(own: Scene, node: Node) -> None:
    own.serve(Worker())
    client = own.client(WorkClient, timeout=PATIENCE, retry=NO_RETRY)
    assert client.run("x") == "x"
    node.alarm("disk")
    try:
        # The first is on its way when the broker says that it takes none.
        with pytest.raises(TimeoutError):
            client.with_options(timeout=0.5).run("x")
        for _ in range(3):
            with pytest.raises(ExpiredUnstarted, match="takes no messages"):
                client.with_options(timeout=0.2).run("x")
    finally:
        node.clear("disk")
    assert client.run("y") == "y"


def test_an_unconfirmed_call_whose_connections_are_lost_is_sent_again_once(
    own: Scene, node: Node
) -> None:
    """Twice would cost its client one of two places for ever."""
    begun: list[str] = []

    def run(_context: Context, name: str) -> str:
        begun.append(name)
        return name

    own.serve(Worker(run), server="steady")
    client = own.client(WorkClient, options="max_pending=2", timeout=60, retry=NO_RETRY)
    assert client.run("warm") == "warm"
    assert eventually(lambda: len(own.connections("client")) == 2)
    old = own.connections("client")
    node.alarm("memory")
    try:
        with ThreadPoolExecutor(1) as callers:
            future = callers.submit(client.repeat, "x")
            assert within(PATIENCE, lambda: bool(_blocked(node)))
            publishing = _blocked(node) & old
            assert len(publishing) == 1
            # First that for replies: the call waits to be sent again when its fate is lost, too.
            for connection in [*(old - publishing), *publishing]:
                own.api.close_connection(connection)
                assert within(PATIENCE, lambda it=connection: it not in own.connections())  # type: ignore[misc]  # a default in a lambda has no type
            assert within(PATIENCE, lambda: len(own.connections("client")) == 2)
            node.clear("memory")
            assert future.result(PATIENCE) == "x"
    finally:
        node.clear("memory")
    assert client.with_options(timeout=10).run("y") == "y"
    assert begun == ["warm", "x", "y"]


def test_a_reply_that_the_broker_has_not_read_is_sent_again_on_the_next_connection(
    own: Scene, node: Node
) -> None:
    begun: list[str] = []
    may_end = threading.Event()

    def run(_context: Context, name: str) -> str:
        begun.append(name)
        assert may_end.wait(DEADLINE)
        return name

    own.serve(Worker(run), server="steady")
    client = own.client(WorkClient, timeout=60, retry=NO_RETRY)
    with ThreadPoolExecutor(1) as callers:
        future = callers.submit(client.run, "x")
        assert eventually(lambda: begun == ["x"])
        node.alarm("memory")
        try:
            may_end.set()
            assert within(PATIENCE, lambda: bool(_blocked(node) & own.connections("server")))
            [publishing] = _blocked(node) & own.connections("server")
            own.api.close_connection(publishing)
            assert within(PATIENCE, lambda: publishing not in own.connections())
        finally:
            node.clear("memory")
        assert future.result(PATIENCE) == "x"
    assert begun == ["x"]


def test_a_channel_that_answers_nothing_costs_a_server_its_connection_and_no_reply(
    own: Scene, node: Node
) -> None:
    own.serve(Worker(), server="steady", options="confirm_timeout=1")
    client = own.client(WorkClient, timeout=60, retry=NO_RETRY)
    assert client.run("warm") == "warm"
    assert eventually(lambda: len(own.connections("server")) == 2)
    connections = own.connections("server")
    stopped = _without_consumers(node, connections)
    node.ctl("eval", f"[sys:suspend(C) || {stopped}].")
    assert client.run("x") == "x"
    assert len(own.connections("server") & connections) == 1


def _without_consumers(node: Node, connections: set[str]) -> str:
    """Return Erlang that draws, as C, the channels of some connections that only publish."""
    names = ", ".join(f'<<"{it} (1)">>' for it in connections)
    told = "[{name, N}, {consumer_count, 0}] <- [rabbit_channel:info(C, [name, consumer_count])]"
    drawn = f"C <- rabbit_channel:list(), {told}, lists:member(N, [{names}])"
    assert node.ctl("eval", f"length([C || {drawn}]).").strip() == "1"
    return drawn


@contextmanager
def _silent(node: Node, vhost: str, queue: str) -> Iterator[None]:
    """A quorum queue that does not answer, as one without a leader does not."""
    found = f'rabbit_amqqueue:lookup(rabbit_misc:r(<<"{vhost}">>, queue, <<"{queue}">>))'
    leader = f"{{ok, Q}} = {found}, {{Leader, _}} = amqqueue:get_pid(Q), sys:"
    node.ctl("eval", f"{leader}suspend(Leader).")
    try:
        yield
    finally:
        node.ctl("eval", f"{leader}resume(Leader).")


def test_a_queue_that_does_not_confirm_costs_a_client_no_connection_and_no_other_call(
    own: Scene, node: Node
) -> None:
    worker = Worker()
    own.serve(worker)
    client = own.client(WorkClient, options="confirm_timeout=3", timeout=DEADLINE)
    client.note("before")
    assert eventually(lambda: len(own.connections("client")) == 2)
    connections = own.connections("client")
    with Load(client.run) as load, _silent(node, own.vhost, CASTS):
        with pytest.raises(TimeoutError):
            client.with_options(timeout=7).note("x")
        assert load.goes_on(BACK)
    load.check()
    assert load.failures == {}
    assert own.connections("client") == connections
    client.note("after")
    assert eventually(lambda: {"before", "x", "after"} <= set(worker.notes))


def test_a_queue_that_does_not_confirm_costs_a_server_no_connection_and_no_call(
    own: Scene, node: Node
) -> None:
    own.serve(Worker(), server="steady", options="confirm_timeout=3")
    client = own.client(WorkClient, timeout=DEADLINE)
    assert client.run("warm") == "warm"
    assert eventually(lambda: len(own.connections("server steady")) == 2)
    connections = own.connections("server steady")
    with Load(client.run) as load, _silent(node, own.vhost, DEAD):
        assert own.api.publish(CASTS, b"no request", vhost=own.vhost)
        # Tried again and again: each time some seconds pass until it is given up.
        assert _goes_on_for(load, 7.0)
    load.check()
    assert load.failures == {}
    assert own.connections("server steady") == connections
    assert own.take_dead(1)[0].body == b"no request"


def _goes_on_for(load: Load, seconds: float) -> bool:
    """Whether there were results all the time."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if not load.goes_on(DEADLINE, 10):
            return False
    return True


def _blocked(node: Node) -> set[str]:
    lines = node.ctl("list_connections", "-q", "name", "state").splitlines()
    return {it.rpartition("\t")[0] for it in lines if it.endswith("\tblocked")}
