"""What is lost comes back while callers go on: queues, exchanges, rights, connections."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager

import pytest

from rpcgen_runtime import NO_RETRY, NoServer, Server, Unreachable, connect
from tests.amqp.load import DEADLINE, Load
from tests.amqp.scene import CALLS, CASTS, DEAD, SUSPECTS, Scene, within
from tests.broker.reached import Broker
from tests.runtime.generated.new.trial.work.v1 import WorkClient
from tests.runtime.places import PATIENCE, eventually
from tests.runtime.promises.endpoints import Worker

AGAIN = 2.0
"""Seconds until what was lost is declared again."""
BACK = 8.0
"""Seconds until rights that were given back are noticed, and all goes on."""
PASSWORD = "s3cr3t/p4ssw0rd"


@contextmanager
def loaded(scene: Scene, *, once: bool = True, options: str = "") -> Iterator[Load]:
    """A server and a client that calls it all the time; what it went through is checked."""
    scene.serve(Worker(), server="steady", options=options)
    client = scene.client(WorkClient, timeout=DEADLINE)
    with Load(client.run if once else client.repeat) as load:
        assert eventually(lambda: len(scene.connections()) == 4)
        yield load
        assert load.goes_on(PATIENCE)
    load.check()


@pytest.mark.parametrize(
    "queue",
    [CALLS, CASTS, SUSPECTS, "rpcgen:trial.work.Work:any", "rpcgen:trial.work.Work@steady"],
)
def test_a_deleted_queue_is_declared_and_consumed_again(scene: Scene, queue: str) -> None:
    mailbox = scene.mailbox()
    with loaded(scene) as load:
        scene.api.delete_queue(queue, scene.vhost)
        assert within(AGAIN, lambda: mailbox.consumers(queue) == 1)
        # What the queue held when it went is gone, and nobody tells its callers.
        assert load.goes_on(DEADLINE + AGAIN)
    assert set(load.failures) <= {"NoServer", "DeadlineExceeded"}


def test_deleted_dead_letters_are_declared_again_before_anything_is_lost(scene: Scene) -> None:
    scene.serve(Worker())
    client = scene.client(WorkClient)
    scene.api.delete_queue(DEAD, scene.vhost)
    for _ in range(3):
        scene.api.publish(CASTS, b"no request", vhost=scene.vhost)
    assert len(scene.take_dead(3)) == 3
    assert client.run("x") == "x"


@pytest.mark.parametrize("exchange", ["rpcgen", "rpcgen.calls", "rpcgen.unserved"])
def test_a_deleted_exchange_is_declared_and_bound_again(scene: Scene, exchange: str) -> None:
    """Nobody is told of that: a server looks, here once in 1 to 1.5 seconds."""

    def bindings() -> int:
        return sum(it.exchange == exchange for it in scene.api.bindings(scene.vhost))

    with loaded(scene, options="audit=1") as load:
        before = bindings()
        scene.api.delete_exchange(exchange, scene.vhost)
        assert within(1.5 + AGAIN, lambda: bindings() == before)
        assert load.goes_on(AGAIN)


@pytest.mark.parametrize("once", [True, False], ids=["once", "again"])
def test_each_connection_may_be_closed_while_callers_go_on(scene: Scene, *, once: bool) -> None:
    with loaded(scene, once=once) as load:
        for connection in sorted(scene.connections()):
            scene.api.close_connection(connection)
            assert load.goes_on(AGAIN)
        assert within(PATIENCE, lambda: len(scene.connections()) == 4)
    # What may run again has a result although its first try was lost.
    assert set(load.failures) <= ({"ConnectionLost"} if once else set())


def test_connections_that_are_lost_again_and_again_cost_no_places(scene: Scene) -> None:
    """A client with four places, all taken by calls that are sent again each time."""
    free = threading.Event()

    def run(_context: object, name: str) -> str:
        assert free.wait(PATIENCE)
        return name

    scene.serve(Worker(run), server="steady")
    client = scene.client(WorkClient, options="max_pending=4", timeout=60)
    with ThreadPoolExecutor(4) as callers:
        held = [callers.submit(client.repeat, str(it)) for it in range(4)]
        for _ in range(3):
            assert within(PATIENCE, lambda: len(scene.connections("client")) == 2)
            gone = scene.connections("client")
            for connection in gone:
                scene.api.close_connection(connection)
            assert within(PATIENCE, lambda old=gone: not scene.connections("client") & old)  # type: ignore[misc]  # a lambda's default has no type
        free.set()
        assert [it.result(PATIENCE) for it in held] == ["0", "1", "2", "3"]
        after = [callers.submit(client.run, str(it)) for it in range(12)]
        assert [it.result(PATIENCE) for it in after] == [str(it) for it in range(12)]


def test_rights_that_are_taken_and_given_back(scene: Scene, broker: Broker) -> None:
    with _user(scene) as (user, url):
        scene.url = url
        with loaded(scene, once=False) as load:
            scene.api.forbid(user, scene.vhost)
            for connection in scene.connections():
                scene.api.close_connection(connection)
            assert eventually(lambda: load.failures["Unreachable"] > 3)
            scene.api.permit(user, scene.vhost, configure=".*", write=".*", read=".*")
            assert load.goes_on(BACK)
        assert set(load.failures) <= {
            "Unreachable",
            "NoServer",
            "ExpiredUnstarted",
            "ConnectionLost",
        }


@contextmanager
def _user(scene: Scene) -> Iterator[tuple[str, str]]:
    """Give a user of the vhost, and the URL with which it enters."""
    user = f"user-{scene.vhost}"
    scene.api.make_user(user, PASSWORD)
    scene.api.permit(user, scene.vhost, configure=".*", write=".*", read=".*")
    try:
        yield user, scene.url.replace("guest:guest", f"{user}:{PASSWORD.replace('/', '%2F')}")
    finally:
        scene.api.delete_user(user)


@contextmanager
def _closed_port() -> Iterator[int]:
    """A port at which nobody listens."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


@contextmanager
def _silent_port() -> Iterator[int]:
    """A port at which somebody listens and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as held:
        yield held.getsockname()[1]


@pytest.mark.parametrize("dead", [_closed_port, _silent_port], ids=["closed", "silent"])
def test_a_host_that_is_dead_is_passed_over(
    scene: Scene, dead: Callable[[], AbstractContextManager[int]]
) -> None:
    with dead() as port:
        scene.url = scene.url.replace("@", f"@127.0.0.1:{port},")
        options = "connect_timeout=1&calls=classic"
        scene.serve(Worker(), options=options)
        # Each shuffles its hosts: some begin with the dead one.
        for _ in range(4):
            client = scene.client(WorkClient, options=options, timeout=10)
            begun = time.monotonic()
            assert client.run("x") == "x"
            assert time.monotonic() - begun < 4


def test_when_all_hosts_are_dead_that_is_said_at_once(scene: Scene) -> None:
    with _closed_port() as one, _closed_port() as other:
        hosts = f"127.0.0.1:{one},127.0.0.1:{other}"
        begun = time.monotonic()
        with (
            connect(f"amqp://{hosts}", retry=NO_RETRY) as transport,
            pytest.raises(Unreachable, match="refused") as caught,
        ):
            WorkClient(transport).run("x")
        assert str(one) in str(caught.value)
        assert str(other) in str(caught.value)
        assert time.monotonic() - begun < 2


@pytest.mark.parametrize("wrong", ["password", "user", "vhost"])
def test_what_the_broker_does_not_let_in_is_told_at_once_and_never_the_password(
    scene: Scene, caplog: pytest.LogCaptureFixture, wrong: str
) -> None:
    url = {
        "password": scene.url.replace(":guest@", ":s3cr3t%2Fp4ssw0rd@"),
        "user": scene.url.replace("guest:guest", "nobody:s3cr3t%2Fp4ssw0rd"),
        "vhost": f"{scene.url}-other",
    }[wrong]
    expected = "virtual host|vhost" if wrong == "vhost" else "refused|REFUSED"
    begun = time.monotonic()
    with pytest.raises(OSError, match=expected) as refused:
        Server(url, [Worker()]).start()
    with (
        connect(url, retry=NO_RETRY) as transport,
        pytest.raises(Unreachable, match=expected) as caught,
    ):
        WorkClient(transport).run("x")
    assert time.monotonic() - begun < 4
    told = f"{refused.value!r} {caught.value!r} {caplog.text}"
    assert "s3cr3t" not in told
    assert "guest:" not in told


def test_a_client_without_any_server_knows_it_in_one_round_trip(scene: Scene) -> None:
    client = scene.client(WorkClient, timeout=PATIENCE, retry=NO_RETRY)
    begun = time.monotonic()
    with pytest.raises(NoServer):
        client.run("x")
    with pytest.raises(NoServer):
        client.note("x")
    assert time.monotonic() - begun < 2
