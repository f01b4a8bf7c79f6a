"""Rows B and D: the one broker stops, dies, or loses what was declared."""

from tests.broker.node import Node
from tests.faults.rows.row import Needs, Row, RowImpossible, at_most, none_of
from tests.faults.scene import Scene
from tests.faults.work import Kind, Outcome


def soak(scene: Scene) -> None:
    """B1: no fault at all."""
    scene.begin()
    before = _memory(scene)
    scene.fault("nothing; soaking")
    scene.hold(scene.pick(1800, 30) - scene.load.before - scene.load.after)
    scene.measured["rss_grown_percent"] = round((_memory(scene) / before - 1) * 100, 1)


def _memory(scene: Scene) -> float:
    return sum(it.rss_mb() for it in (*scene.servers, *scene.clients))


def stopped(scene: Scene) -> None:
    """B2: RabbitMQ is stopped in order, and started again."""
    node = one_node(scene)
    scene.begin()
    scene.fault("stopping the broker")
    node.stop_app()
    scene.hold(scene.pick(10, 2))
    node.start_app()
    scene.healed("the broker is back")


def killed(scene: Scene) -> None:
    """B3: the broker is killed, again and again."""
    node = one_node(scene)
    scene.begin()
    times = int(scene.pick(20, 2))
    scene.fault(f"killing the broker {times} times")
    for number in range(times):
        node.kill()
        node.start()
        scene.healed(f"it is back for the {number + 1}. time")
        scene.hold(scene.pick(5, 4))


def queues_deleted(scene: Scene) -> None:
    """D2: somebody deletes the queues under their consumers."""
    scene.begin()
    api, vhost = scene.broker.api, scene.places.vhost
    queues = [it.name for it in api.queues(vhost) if it.durable and not it.name.endswith(".dead")]
    if not queues:
        raise RowImpossible("it has no durable queues to delete")
    scene.fault(f"deleting {', '.join(queues)}")
    # What lies in them for a moment is lost with them; what is asked from now on must not be.
    for name in queues:
        api.delete_queue(name, vhost)
    scene.healed("deleted")


def access_lost(scene: Scene) -> None:
    """D3: the exchange goes, then the permission; both come back."""
    api, vhost = scene.broker.api, scene.places.vhost
    scene.begin()
    for exchange in api.exchanges(vhost):
        scene.fault(f"deleting exchange {exchange.name}")
        api.delete_exchange(exchange.name, vhost)
    scene.hold(scene.pick(10, 3))
    scene.fault("forbidding everything")
    api.permit("guest", vhost)
    for it in api.connections(vhost):
        api.close_connection(it.name)
    scene.hold(scene.pick(20, 4))
    api.permit("guest", vhost, configure=".*", write=".*", read=".*")
    scene.healed("permitted again")


def slow_consumer(scene: Scene) -> None:
    """A4: a handler takes longer than the broker waits for an acknowledgement."""
    node = Node(lines=["consumer_timeout = 10000"])
    with node:
        api = node.api
        api.make_vhost(scene.places.vhost)
        scene.places.url = node.url(scene.places.vhost)
        scene.serve(2)
        client = scene.client()
        long = scene.jobs(2, seconds=scene.pick(150, 90))
        short = scene.jobs(20, seconds=0.2)
        scene.fault("a handler takes longer than the consumer timeout")
        client.ask(Kind.AGAIN, long[:1], scene.pick(200, 120))
        client.ask(Kind.ONCE, long[1:], scene.pick(200, 120))
        client.ask(Kind.AGAIN, short, 60)
        scene.ends([*short, *long], scene.pick(220, 140))
        scene.measured["short_failed"] = sum(
            it.outcome is not Outcome.RESULT
            for it in scene.asked()
            if it.key in {job.key for job in short}
        )
        for it in scene.clients:
            it.end()
        for server in scene.servers:
            server.terminate()
            server.ended(20)


def one_node(scene: Scene) -> Node:
    """Return the node of a row that has one."""
    assert isinstance(scene.broker, Node)
    return scene.broker


ROWS = (
    Row(
        id="B1",
        fault="none, for 30 minutes",
        needs=Needs.NODE,
        act=soak,
        musts=(
            *none_of("outcome_unknown", "not_executed", "duplicate_executions"),
            *none_of("queues_left"),
            *at_most("rss_grown_percent", 5),
        ),
        # The first half minute fills caches.
        brief_musts=(
            *none_of("outcome_unknown", "not_executed", "duplicate_executions"),
            *none_of("queues_left"),
            *at_most("rss_grown_percent", 25),
        ),
    ),
    Row(
        id="B2",
        fault="broker stopped for 10 s",
        needs=Needs.NODE,
        act=stopped,
        musts=at_most("recovery_s", 2),
    ),
    Row(
        id="B3",
        fault="broker killed 20 times",
        needs=Needs.NODE,
        act=killed,
    ),
    Row(
        id="D2",
        fault="queues deleted under consumers",
        needs=Needs.NODE,
        act=queues_deleted,
        musts=at_most("recovery_s", 2),
    ),
    Row(
        id="D3",
        fault="exchange deleted, then permission revoked for 20 s",
        needs=Needs.NODE,
        act=access_lost,
        musts=at_most("recovery_s", 35),
    ),
    Row(
        id="A4",
        fault="handler of 150 s, consumer timeout of 10 s",
        needs=Needs.NODE,
        act=slow_consumer,
        musts=none_of("short_failed"),
    ),
)
