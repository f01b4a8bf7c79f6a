"""A message that cannot be used harms only itself: its neighbours and the connection do not notice."""

import json
import logging
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product

import pytest

from rpcgen_runtime.messages import Verb
from rpcgen_runtime.methods import Method
from tests.amqp import raw
from tests.amqp.poison import MAX_BODY, POISONS, SECRET, End, Poison
from tests.amqp.raw import Answer, Raw
from tests.amqp.scene import Mailbox, Scene, route_of
from tests.broker.reached import Broker
from tests.runtime.generated.new.trial.work.v1 import WorkClient, WorkEvents
from tests.runtime.generated.new.trial.work.v1.methods import WORK_NOTE, WORK_RANG, WORK_RUN
from tests.runtime.places import PATIENCE, eventually, in_threads
from tests.runtime.promises.endpoints import Ears, Worker

OPTIONS = f"prefetch=20&max_body={MAX_BODY}"
METHODS: dict[Verb, Method] = {
    Verb.CALL: WORK_RUN,
    Verb.CAST: WORK_NOTE,
    Verb.EVENT: WORK_RANG,
}
CASES = [(it, verb) for it, verb in product(POISONS, METHODS) if verb in it.verbs]


@dataclass(frozen=True)
class Ward:
    """A server, a client of ours, and somebody who writes bytes."""

    scene: Scene
    worker: Worker
    ears: Ears
    client: WorkClient
    events: WorkEvents
    mailbox: Mailbox
    raw: Raw
    count: Iterator[int] = field(default_factory=lambda: iter(range(1_000_000)))

    def send(self, poison: Poison, verb: Verb, name: str) -> Answer:
        """Publish it as a call, a cast or an event that `name` tells from others."""
        method = METHODS[verb]
        route = route_of(method)
        good = {
            "content_type": raw.short(b"application/json"),
            "delivery_mode": b"\x02",
            "message_id": raw.short(name.encode()),
        }
        if verb is Verb.CALL:
            good["correlation_id"] = raw.short(name.encode())
            good["reply_to"] = raw.short(self.mailbox.name.encode())
        header = poison.header(good, verb, method.full_name)
        body = json.dumps({_argument(verb): name}).encode() if poison.body is None else poison.body
        return self.raw.publish(route.exchange.encode(), route.key.encode(), header, body)

    def neighbour(self, verb: Verb, name: str) -> None:
        """Send a good message of ours, and return when it has done what it should."""
        if verb is Verb.CALL:
            assert self.client.run(name) == name
        elif verb is Verb.CAST:
            self.client.note(name)
        else:
            self.events.rang(name)
        assert eventually(lambda: self.has_run(verb, name))

    def has_run(self, verb: Verb, name: str) -> bool:
        """Return whether its handler has."""
        heard = {Verb.CAST: self.worker.notes, Verb.EVENT: self.ears.heard}
        return verb is Verb.CALL or name in heard[verb]


@pytest.fixture(scope="module")
def ward(broker: Broker) -> Iterator[Ward]:
    """One for all: they must not harm each other either."""
    if broker.api is None:
        pytest.skip("what is left on the broker is asked of its HTTP API")
    with broker.fresh() as url, Scene(url, broker.api) as scene, Raw(url) as by_hand:
        worker, ears = Worker(), Ears()
        scene.serve(worker, ears, options=OPTIONS, server="ward", group="ward")
        client = scene.client(WorkClient, timeout=PATIENCE)
        events = scene.client(WorkEvents)
        assert client.run("warm") == "warm"
        events.rang("warm")
        # Two of the server, two of each client.
        assert eventually(lambda: len(scene.connections()) == 6)
        yield Ward(scene, worker, ears, client, events, scene.mailbox(), by_hand)


@pytest.mark.parametrize(
    ("poison", "verb"), CASES, ids=[f"{it.row}-{it.name}-{verb.value}" for it, verb in CASES]
)
def test_poison_ends_as_it_should_and_nobody_else_notices(
    ward: Ward, poison: Poison, verb: Verb, caplog: pytest.LogCaptureFixture
) -> None:
    name = f"poison-{next(ward.count)}"
    connections = ward.scene.connections()
    ward.neighbour(verb, f"{name}-before")
    answer = ward.send(poison, verb, name)
    ward.neighbour(verb, f"{name}-after")
    if poison.end is End.REFUSED:
        assert (answer.taken, answer.code) == (False, poison.code)
        assert SECRET.decode() not in answer.text
    else:
        assert answer == Answer(taken=True)
        _check_end(ward, poison, verb, name)
    assert ward.scene.connections() == connections
    _check_log(caplog)


def test_all_poison_at_once_between_good_calls(
    ward: Ward, caplog: pytest.LogCaptureFixture
) -> None:
    cases = [(it, verb) for it, verb in CASES if it.end is not End.REFUSED]
    random.Random(5).shuffle(cases)
    connections = ward.scene.connections()
    answers: list[str] = []

    def call(number: int) -> None:
        for turn in range(10):
            answers.append(ward.client.run(f"{number}-{turn}"))

    with in_threads(10, call):
        for number, (poison, verb) in enumerate(cases):
            ward.send(poison, verb, f"round-{number}")
    assert sorted(answers) == sorted(f"{a}-{b}" for a in range(10) for b in range(10))
    dead = sum(_is_dead(poison, verb) for poison, verb in cases)
    letters = ward.scene.take_dead(dead)
    assert len(letters) == dead
    told = [it for it in cases if _is_told(*it)]
    assert all(ward.mailbox.take() for _ in told)
    assert ward.scene.connections() == connections
    _check_log(caplog)


def test_nothing_of_it_is_left_in_any_queue(ward: Ward) -> None:
    assert eventually(
        lambda: sum(it.messages for it in ward.scene.api.queues(ward.scene.vhost)) == 0
    )
    assert ward.mailbox.there() == []


def _check_end(ward: Ward, poison: Poison, verb: Verb, name: str) -> None:
    if _is_dead(poison, verb):
        [letter] = ward.scene.take_dead(1)
        reason = letter.headers["dead-reason"]
        assert poison.reason in reason
        assert SECRET.decode() not in reason
    if _is_told(poison, verb):
        mail = ward.mailbox.take()
        assert SECRET not in mail.body
        assert len(mail.body) < 1_000
        if poison.end is End.SERVED:
            assert (mail.kind, mail.value) == ("result", name)
        else:
            assert (mail.kind, mail.value["code"]) == ("error", poison.code)
    elif poison.end is End.SERVED:
        assert eventually(lambda: ward.has_run(verb, name))


def _is_dead(poison: Poison, verb: Verb) -> bool:
    ends = {End.ASIDE, End.SILENT} if verb is Verb.CALL else {End.ASIDE, End.SILENT, End.TOLD}
    return poison.end in ends


def _is_told(poison: Poison, verb: Verb) -> bool:
    return verb is Verb.CALL and poison.end in {End.SERVED, End.ASIDE, End.TOLD}


def _check_log(caplog: pytest.LogCaptureFixture) -> None:
    """No tracebacks, nothing of what was sent, and no word of who does the I/O below us."""
    assert SECRET.decode() not in caplog.text
    assert not [it for it in caplog.records if it.exc_info or it.name in {"asyncio", "pika"}]
    assert not [it for it in caplog.records if it.levelno > logging.ERROR]


def _argument(verb: Verb) -> str:
    return "name" if verb is Verb.CALL else "text"
