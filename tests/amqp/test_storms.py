"""More than a server wants: very large messages, and very many."""

import threading
from contextlib import closing

import pika

from rpcgen_runtime import Context
from rpcgen_runtime.amqp.arguments import MAX_FANOUTS
from tests.amqp import raw
from tests.amqp.raw import Answer, Raw
from tests.amqp.scene import Scene, route_of, within
from tests.runtime.generated.new.trial.work.v1 import WorkClient
from tests.runtime.generated.new.trial.work.v1.methods import WORK_NOTE, WORK_RING
from tests.runtime.places import PATIENCE, eventually
from tests.runtime.promises.endpoints import Worker

LARGE = 16 << 20
MANY = 5_000


def publish(scene: Scene, method: str, kind: str, key: str, count: int) -> None:
    """Publish many small requests, and return when the broker has taken them all."""
    properties = pika.BasicProperties(content_type="application/json", type=f"{kind} {method}")
    with closing(pika.BlockingConnection(pika.URLParameters(scene.url))) as connection:
        channel = connection.channel()
        for number in range(count):
            channel.basic_publish("rpcgen", key, b'{"text":"%d"}' % number, properties)


def test_a_message_of_16_mib_is_put_aside_and_costs_no_connection(scene: Scene) -> None:
    worker = Worker()
    scene.serve(worker, server="steady")
    client = scene.client(WorkClient)
    assert client.run("before") == "before"
    assert eventually(lambda: len(scene.connections()) == 4)
    connections = scene.connections()
    fields = {
        "content_type": raw.short(b"application/json"), "type": raw.short(b"cast Work.note")
    }  # fmt: skip
    route = route_of(WORK_NOTE)
    with Raw(scene.url) as by_hand:
        answer = by_hand.publish(
            route.exchange.encode(),
            route.key.encode(),
            raw.properties(fields),
            b"x" * LARGE,
        )
    assert answer == Answer(taken=True)
    [letter] = scene.take_dead(1)
    assert letter.headers["dead-reason"] == "the body is above 4,194,304 bytes"
    assert len(letter.body) == LARGE
    assert client.run("after") == "after"
    assert scene.connections() == connections


def test_of_a_storm_of_fanouts_the_oldest_are_dropped_and_calls_go_on(scene: Scene) -> None:
    free = threading.Event()

    class Slow(Worker):
        def ring(self, ctx: Context, text: str) -> None:
            assert free.wait(PATIENCE)
            super().ring(ctx, text)

    worker = Slow()
    scene.serve(worker, max_in_flight=2, options="prefetch=5")
    client = scene.client(WorkClient, timeout=PATIENCE)
    more = MAX_FANOUTS + 500
    publish(scene, "Work.ring", "fanout", route_of(WORK_RING).key, more)
    queue = next(
        it.name
        for it in scene.api.queues(scene.vhost)
        if it.arguments.get("x-overflow") == "drop-head"
    )
    # The API tells what waits in the queue and what was handed out.
    assert within(PATIENCE, lambda: 0 < scene.count(queue) <= MAX_FANOUTS + 5)
    free.set()
    assert client.run("x") == "x"
    assert eventually(lambda: str(more - 1) in worker.rings)
    assert len(worker.rings) < more


def test_very_many_casts_are_each_run_once(scene: Scene) -> None:
    worker = Worker()
    scene.serve(worker, options="prefetch=50")
    publish(scene, "Work.note", "cast", route_of(WORK_NOTE).key, MANY)
    assert within(60, lambda: len(worker.notes) >= MANY)
    assert sorted(map(int, worker.notes)) == list(range(MANY))
