"""Several hosts in one URL: which one is asked, and when another one."""

import socket
import threading
from collections.abc import Iterator

import pytest

from rpcgen_runtime import (
    NO_RETRY,
    ConnectionLost,
    Context,
    NoServer,
    Overloaded,
    Server,
    Unreachable,
)
from rpcgen_runtime.http.hosts import DOWN_SECONDS, Hosts
from tests.runtime.generated.new.trial.work.v1 import WorkClient, WorkEvents
from tests.runtime.places import PATIENCE, Place, eventually
from tests.runtime.promises.endpoints import Ears, Worker

ADDRESSES = [("a:1", "http://a:1/"), ("b:2", "http://b:2/"), ("c:3", "http://c:3/")]
A, B, C = (it for _, it in ADDRESSES)


def _who(context: Context, _name: str) -> str:
    return str(context.server)


def _named(place: Place, *names: str) -> list[tuple[Server, Worker]]:
    found = []
    for name in names:
        worker = Worker(_who)
        found.append((place.serve(worker, server=name), worker))
    return found


def _url(*servers: Server | str) -> str:
    places = [it if isinstance(it, str) else it.url.split("/")[2] for it in servers]
    return f"http://{','.join(places)}/"


@pytest.fixture
def nobody() -> Iterator[str]:
    """A place where nobody listens, and nobody else can."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{held.getsockname()[1]}"


class _Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_hosts_are_asked_in_turn() -> None:
    hosts = Hosts(ADDRESSES)
    assert [list(hosts.in_order(None)) for _ in range(4)] == [
        [A, B, C], [B, C, A], [C, A, B], [A, B, C],
    ]  # fmt: skip


def test_a_host_that_is_down_is_asked_last_for_a_while() -> None:
    clock = _Clock()
    hosts = Hosts(ADDRESSES, clock)
    hosts.failed(A)
    assert [hosts.in_order(None)[-1] for _ in range(3)] == [A, A, A]
    hosts.answered(A, None)
    assert {hosts.in_order(None)[-1] for _ in range(3)} == {A, B, C}
    hosts.failed(B)
    clock.now += DOWN_SECONDS + 0.1
    assert {hosts.in_order(None)[-1] for _ in range(3)} == {A, B, C}


def test_a_server_is_looked_for_where_it_answered() -> None:
    hosts = Hosts(ADDRESSES)
    hosts.answered(C, "node-7")
    assert [hosts.in_order("node-7")[0] for _ in range(3)] == [C, C, C]
    assert hosts.named("b:2") == B
    assert hosts.named("node-7") is None


def test_calls_go_round_and_past_a_host_where_nobody_is(http_place: Place, nobody: str) -> None:
    (a, _), (b, _) = _named(http_place, "a", "b")
    client = http_place.client(WorkClient, _url(a, nobody, b), retry=NO_RETRY)
    seen = [client.run("x") for _ in range(12)]
    assert {"a", "b"} == set(seen)
    assert min(seen.count("a"), seen.count("b")) >= 3


def test_calls_go_on_while_servers_come_and_go(http_place: Place) -> None:
    (a, _), (b, _) = _named(http_place, "a", "b")
    client = http_place.client(WorkClient, _url(a, b))
    assert {client.run("x") for _ in range(4)} == {"a", "b"}
    a.stop()
    a.wait()
    assert {client.run("x") for _ in range(6)} == {"b"}
    again = http_place.serve(Worker(_who), url=a.url, server="a-again")
    assert again.url == a.url
    assert eventually(lambda: client.run("x") == "a-again")


def test_nobody_anywhere_is_not_executed_and_says_why(http_place: Place, nobody: str) -> None:
    client = http_place.client(WorkClient, _url(nobody, "127.0.0.1:1"), retry=NO_RETRY)
    with pytest.raises(Unreachable, match=r"no connection \(Connection refused.*`Work\.run` at"):
        client.run("x")


def test_one_that_has_too_much_to_do_is_not_the_last_word(http_place: Place) -> None:
    free, begun = threading.Event(), threading.Semaphore(0)

    def run(_context: Context, name: str) -> str:
        begun.release()
        assert free.wait(PATIENCE)
        return name

    busy = http_place.serve(Worker(run), max_in_flight=1, server="busy")
    ((idle, _),) = _named(http_place, "idle")
    one = http_place.client(WorkClient, _url(busy, idle), retry=NO_RETRY)
    waiting = threading.Thread(target=http_place.client(WorkClient, busy).run, args=("x",))
    waiting.start()
    try:
        assert begun.acquire(timeout=PATIENCE)
        assert {one.run("x") for _ in range(6)} == {"idle"}
        with pytest.raises(Overloaded):
            one.with_options(server="busy").run("x")
    finally:
        free.set()
        waiting.join()


@pytest.fixture
def hanging_up() -> Iterator[tuple[str, list[bytes]]]:
    """A server that reads a request and hangs up."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def run() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection:
                    heard.append(connection.recv(65_536))

        thread = threading.Thread(target=run)
        thread.start()
        yield f"127.0.0.1:{listening.getsockname()[1]}", heard
        listening.shutdown(socket.SHUT_RDWR)
    thread.join()


def test_what_may_have_run_goes_to_another_host_only_if_the_contract_allows(
    http_place: Place, hanging_up: tuple[str, list[bytes]]
) -> None:
    place, heard = hanging_up
    ((good, _),) = _named(http_place, "good")
    client = http_place.client(WorkClient, _url(place, good))
    outcomes = []
    for _ in range(4):
        try:
            outcomes.append(client.run("x"))
        except ConnectionLost:
            outcomes.append("unknown")
    assert sorted(set(outcomes)) == ["good", "unknown"]
    assert outcomes.count("unknown") == len(heard)
    assert {client.repeat("x") for _ in range(4)} == {"good"}


def test_one_server_is_picked_by_its_name_or_by_its_host(http_place: Place, nobody: str) -> None:
    (a, _), (b, _) = _named(http_place, "a", "b")
    client = http_place.client(WorkClient, _url(nobody, a, b), retry=NO_RETRY)
    for name, server in (("a", a), ("b", b)):
        host = server.url.split("/")[2]
        assert [client.with_options(server=it).run("x") for it in (name, host, name)] == [name] * 3
    with pytest.raises(Unreachable):
        client.with_options(server=nobody).run("x")
    with pytest.raises(NoServer, match="is not the server that is meant"):
        http_place.client(WorkClient, _url(a, b)).with_options(server="c").run("x")


def test_a_fanout_reaches_all_and_tells_whom(http_place: Place, nobody: str) -> None:
    (a, one), (b, other) = _named(http_place, "a", "b")
    client = http_place.client(WorkClient, _url(a, nobody, b), retry=NO_RETRY)
    reach = client.ring("r")
    assert sorted(reach.servers) == ["a", "b"]
    assert list(reach.missed) == [f"http://{nobody}/"]
    assert isinstance(reach.missed[f"http://{nobody}/"], Unreachable)
    for worker in (one, other):
        assert worker.told.acquire(timeout=PATIENCE)
        assert worker.rings == ["r"]
    alone = client.with_options(server="b").ring("r2")
    assert alone.servers == ("b",)
    assert not alone.missed
    assert other.told.acquire(timeout=PATIENCE)
    assert one.rings == ["r"]


def test_a_fanout_that_reaches_nobody_says_so(http_place: Place, nobody: str) -> None:
    client = http_place.client(WorkClient, _url(nobody, "127.0.0.1:1"), retry=NO_RETRY)
    with pytest.raises(Unreachable):
        client.ring("r")


def test_a_fanout_tells_whom_it_reached_where_the_transport_knows(place: Place) -> None:
    server = place.serve(Worker(), server="here")
    known = ("here",) if place.broker is None else ()
    assert place.client(WorkClient, server).ring("r").servers == known


def test_an_event_goes_to_all(http_place: Place) -> None:
    ears = [Ears(), Ears()]
    servers = [http_place.serve(it) for it in ears]
    http_place.client(WorkEvents, _url(*servers)).rang("e")
    for it in ears:
        assert it.told.acquire(timeout=PATIENCE)
        assert it.heard == ["e"]


def test_a_cast_goes_to_one(http_place: Place, nobody: str) -> None:
    (a, one), (b, other) = _named(http_place, "a", "b")
    client = http_place.client(WorkClient, _url(nobody, a, b), retry=NO_RETRY)
    for number in range(6):
        client.note(str(number))
    assert eventually(lambda: len(one.notes) + len(other.notes) == 6)
    assert one.notes
    assert other.notes


def test_a_server_listens_at_one_host() -> None:
    with pytest.raises(ValueError, match="a server listens at one host"):
        Server("http://127.0.0.1:0,127.0.0.2:0", [Worker()])
