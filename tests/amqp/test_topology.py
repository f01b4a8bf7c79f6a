"""What servers declare: safe whatever the options, apart whatever the names, gone when they are."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Sequence
from itertools import combinations, product
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rpcgen_runtime import Server
from rpcgen_runtime.amqp import topology
from rpcgen_runtime.amqp.messages import Queue
from rpcgen_runtime.amqp.names import MAX_NAME, prefix_of
from rpcgen_runtime.amqp.options import AmqpOptions
from rpcgen_runtime.amqp.routes import REPLIES, route
from rpcgen_runtime.amqp.topology import Lane, Plate, Served, Topology
from rpcgen_runtime.context import Deadline
from rpcgen_runtime.facts import Minors, Service
from rpcgen_runtime.messages import Request, Verb
from rpcgen_runtime.targets import Target
from tests.amqp.scene import CALLS, Scene, within
from tests.runtime.generated.new.trial.work.v1 import WorkClient, WorkEvents
from tests.runtime.places import PATIENCE
from tests.runtime.promises.endpoints import Ears, Worker

ROOT = Path(__file__).parents[2]
HOSTILE = st.text(st.sampled_from([*'.:@%/*#~ v1"\n', "é", "\U0001f600", "a", "b"]), max_size=90)
NAMES = HOSTILE.filter(bool)
LONG = st.builds(lambda text, times: text * times, NAMES, st.integers(1, 100))
SERVERS = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=200)


def service(topic: str, namespace: str | None = None, version: str = "1.0") -> Service:
    target = Target(topic=topic, namespace=namespace, version=version)
    return Service(package="p", name="S", target=target, minors=Minors())


def serving(
    one: Service, *, server: str = "s", is_named: bool = True, group: str | None = None
) -> Topology:
    """Return what a server with all that a service can have declares."""
    plate = Plate(server=server, is_named=is_named, group=group)
    services = [
        Served(one, is_events=False, verbs=frozenset(Verb) - {Verb.EVENT}),
        Served(one, is_events=True, verbs=frozenset([Verb.EVENT])),
    ]
    return topology.topology(services, plate, AmqpOptions())


def sent(verb: Verb, one: Service, server: str | None = None) -> Request:
    target = Target(
        topic=one.target.topic,
        namespace=one.target.namespace,
        version=one.target.version,
        server=server,
    )
    return Request(
        verb=verb,
        name=one.full_name("m"),
        params=b"{}",
        version=one.target.version,
        deadline=Deadline.after(1),
        message_id="x",
        data={},
        target=target,
    )


def names(made: Topology) -> list[str]:
    return [it.queue.name for it in made.stations if it.queue.name]


def keys(made: Topology, lanes: Iterable[Lane]) -> set[str]:
    return {b.key for it in made.stations if it.lane in lanes for b in it.bindings}


@pytest.mark.parametrize("calls", ["auto", "classic", "quorum"])
def test_nothing_is_ever_declared_that_is_neither_durable_nor_exclusive(calls: str) -> None:
    verbs = [Verb.CALL, Verb.CAST, Verb.FANOUT]
    some = [frozenset(it) for n in range(1, 4) for it in combinations(verbs, n)]
    one = service("t", "n")
    options = AmqpOptions(calls=calls)
    for chosen, is_named, group, is_cluster, is_events in product(
        some, [True, False], [None, "g"], [True, False], [True, False]
    ):
        served = [Served(one, is_events=False, verbs=chosen)]
        if is_events:
            served.append(Served(one, is_events=True, verbs=frozenset([Verb.EVENT])))
        plate = Plate(server="s", is_named=is_named, group=group, is_cluster=is_cluster)
        made = topology.topology(served, plate, options)
        there = set(names(made))
        assert len(names(made)) == len(there)
        for station in made.stations:
            queue = station.queue
            assert queue.durable is not queue.exclusive
            assert bool(queue.name) is queue.durable
            if queue.arguments["x-queue-type"] == "quorum":
                assert queue.durable
            aside = {
                station.dead,
                station.suspects,
                queue.arguments.get("x-dead-letter-routing-key"),
            }
            assert aside - {"", None} <= there
            limit = queue.arguments.get("x-delivery-limit", 1)
            assert isinstance(limit, int)
            assert limit >= 1
    assert REPLIES.exclusive


@given(LONG, st.none() | LONG, SERVERS, LONG)
@example("." * 82 + "ab", None, "s", "g")
@example("é" * 127, "é" * 127, "s" * 200, "\U0001f600" * 100)
def test_names_and_keys_fit_whatever_people_call_things(
    topic: str, namespace: str | None, server: str, group: str
) -> None:
    one = service(topic, namespace)
    made = serving(one, server=server, group=group)
    told = [
        *names(made),
        *(b.key for it in made.stations for b in it.bindings),
        *(it.name for it in made.exchanges),
        *(route(sent(it, one)).key for it in Verb),
        *(route(sent(it, one, server)).key for it in Verb),
    ]
    assert [it for it in told if len(it.encode()) > MAX_NAME] == []
    assert len(set(names(made))) == len(names(made))


@given(HOSTILE, HOSTILE)
@example("a", "a:any")
@example("a", "a.dead")
@example("a", "a@s")
@example("a:S:v1", "a")
def test_topics_share_no_queue_and_hear_nothing_of_each_other(first: str, second: str) -> None:
    if first == second:
        return
    one, other = service(first), service(second)
    assert not set(names(serving(one, group="g"))) & set(names(serving(other, group="g")))
    _check_apart(one, other)


@given(st.none() | HOSTILE, st.none() | HOSTILE)
@example(None, "S")
@example("", None)
@example("v1", "")
def test_namespaces_hear_nothing_of_each_other(first: str | None, second: str | None) -> None:
    one, other = service("t", first), service("t", second)
    if prefix_of(one) != prefix_of(other):
        _check_apart(one, other)


@given(SERVERS, SERVERS)
def test_servers_share_nothing_that_is_meant_for_one(first: str, second: str) -> None:
    if first == second or {first, second} & {
        f"{it}{end}" for it in (first, second) for end in (":casts", ":suspects")
    }:
        return
    _check_servers(first, second)


@pytest.mark.parametrize("end", [":casts", ":suspects"])
def test_a_server_may_be_named_like_another_with_an_ending(end: str) -> None:
    _check_servers("a", f"a{end}")


def test_a_group_may_be_named_like_another_with_an_ending() -> None:
    one = service("t")
    first, second = serving(one, group="g"), serving(one, group="g:suspects")
    shared = {it.name: it for it in _queues(first)}
    assert all(shared.get(it.name, it) == it for it in _queues(second))


@given(HOSTILE, st.none() | HOSTILE, SERVERS)
def test_what_a_client_sends_comes_to_the_queue_that_is_meant(
    topic: str, namespace: str | None, server: str
) -> None:
    one = service(topic, namespace)
    made = serving(one, server=server, group="g")
    for verb in Verb:
        for taken in {route(sent(verb, one)), route(sent(verb, one, server))}:
            assert any(_matches(b.key, taken.key) for it in made.stations for b in it.bindings)
            reached = {
                it.queue.name or "own"
                for it in made.stations
                for b in it.bindings
                if b.exchange == taken.exchange and _matches(b.key, taken.key)
            }
            assert len(reached) == 1


def test_two_servers_whose_options_differ_are_told_both_values(scene: Scene) -> None:
    scene.serve(Worker(), options="max_waiting=100")
    with pytest.raises(OSError, match="PRECONDITION_FAILED") as caught:
        Server(scene.at("max_waiting=200"), [Worker()]).start()
    told = str(caught.value)
    assert f"queue `{CALLS}`" in told
    assert "x-max-length" in told
    assert "'200'" in told
    assert "'100'" in told
    assert "cannot be changed" in told
    # Who was there goes on.
    assert scene.client(WorkClient).run("x") == "x"


@pytest.mark.parametrize(("first", "then"), [("classic", "quorum"), ("quorum", "classic")])
def test_auto_takes_the_queue_for_calls_as_it_is(scene: Scene, first: str, then: str) -> None:
    scene.serve(Worker(), options=f"calls={first}")
    scene.serve(Worker(), options="calls=auto")
    assert scene.api.queue(CALLS, scene.vhost).type == first
    mailbox = scene.mailbox()
    assert within(PATIENCE, lambda: mailbox.consumers(CALLS) == 2)
    with pytest.raises(OSError, match="PRECONDITION_FAILED - inequivalent arg"):
        Server(scene.at(f"calls={then}"), [Worker()]).start()
    assert scene.client(WorkClient).run("x") == "x"


def test_only_what_is_durable_is_left_when_all_are_gone(scene: Scene) -> None:
    servers = [
        scene.serve(Worker(), Ears(), server="named", group="g"),
        scene.serve(Worker(), Ears()),
    ]
    client = scene.client(WorkClient)
    client.run("x")
    client.note("x")
    client.ring("x")
    scene.client(WorkEvents).rang("x")
    durable = _durable(scene)
    scene.close()
    for server in servers:
        assert server.in_flight == 0
    _check_left(scene, durable)


def test_only_what_is_durable_is_left_when_all_are_killed(scene: Scene) -> None:
    code = (
        "import sys, time\n"
        "from rpcgen_runtime import Server, connect\n"
        "from tests.runtime.promises.endpoints import Ears, Worker\n"
        "from tests.runtime.generated.new.trial.work.v1 import WorkClient\n"
        "Server(sys.argv[1], [Worker(), Ears()]).start()\n"
        "Server(sys.argv[1], [Worker(), Ears()], server='named', group='g').start()\n"
        "WorkClient(connect(sys.argv[1])).run('x')\n"
        "print('up', flush=True)\n"
        "time.sleep(1000)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, scene.url],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "up\n"
            durable = _durable(scene)
        finally:
            os.kill(process.pid, signal.SIGKILL)
    _check_left(scene, durable)


def _durable(scene: Scene) -> set[str]:
    found = {it.name for it in scene.api.queues(scene.vhost) if it.durable}
    assert len(found) == 11
    return found


def _check_left(scene: Scene, durable: set[str]) -> None:
    def left() -> Sequence[str]:
        return sorted(it.name for it in scene.api.queues(scene.vhost))

    assert within(PATIENCE, lambda: left() == sorted(durable))
    assert within(PATIENCE, lambda: scene.connections() == set())


def _check_apart(one: Service, other: Service) -> None:
    """No message for the one is of interest to a server of the other."""
    lanes = {Lane.CALLS, Lane.WORK, Lane.FANOUTS}
    every = keys(serving(other, server="other", group="g"), lanes)
    is_same_topic = one.target.topic == other.target.topic
    for verb in Verb:
        if is_same_topic and verb is Verb.FANOUT:
            continue  # all servers of a topic get them, and look at the name
        key = route(sent(verb, one)).key
        matching = [it for it in every if _matches(it, key)]
        if is_same_topic:
            # Where calls go that no queue takes: behind the alternate exchange.
            matching = [it for it in matching if not it.endswith(".*.*")]
        assert matching == []


def _check_servers(first: str, second: str) -> None:
    one = service("t")
    shared = {it.name: it for it in _queues(serving(one, server=first))}
    own = {it.name for it in _queues(serving(one, server=second)) if f"@{second}" in it.name}
    for queue in _queues(serving(one, server=second)):
        assert shared.get(queue.name, queue) == queue
    assert not {it for it in own if it in shared}
    key = route(sent(Verb.CALL, one, first)).key
    assert key != route(sent(Verb.CALL, one, second)).key


def _queues(made: Topology) -> list[Queue]:
    return [it.queue for it in made.stations if it.queue.name]


def _matches(pattern: str, key: str) -> bool:
    """Whether a binding takes a key (AMQP 0-9-1 section 3.1.3.3); patterns here have no `#`."""
    wanted, words = pattern.split("."), key.split(".")
    return len(wanted) == len(words) and all(
        a in {"*", b} for a, b in zip(wanted, words, strict=True)
    )


settings.register_profile("amqp", max_examples=150, deadline=None)
settings.load_profile("amqp")
