"""Rows A: the broker has no memory, no disk or no files left."""

from tests.broker.node import Alarm, Node
from tests.faults.rows.brokers import one_node
from tests.faults.rows.row import Needs, Row, RowImpossible
from tests.faults.scene import Scene
from tests.faults.work import Kind


def memory(scene: Scene) -> None:
    """A1: publishers are blocked for a while."""
    _alarm(scene, "memory")


def disk(scene: Scene) -> None:
    """A2: the same for the disk."""
    _alarm(scene, "disk")


def _alarm(scene: Scene, kind: Alarm) -> None:
    node = one_node(scene)
    scene.begin()
    scene.fault(f"raising the {kind} alarm")
    node.alarm(kind)
    try:
        scene.hold(scene.pick(20, 4))
    finally:
        node.clear(kind)
    scene.healed("no alarm any more")


def files(scene: Scene) -> None:
    """A3: a broker takes no more connections; who is told so comes back later."""
    try:
        node = Node(prefix=["prlimit", "--nofile=160:160"])
    except FileNotFoundError as error:
        raise RowImpossible(f"no prlimit: {error}") from error
    with node:
        node.api.make_vhost(scene.places.vhost)
        scene.places.url = node.url(scene.places.vhost)
        scene.serve()
        first = scene.client()
        jobs = scene.jobs(10)
        scene.fault("opening connections until the broker has no more files")
        many = [scene.client() for _ in range(4)]
        for it in many:
            it.visit(scene.jobs(40), 5)
        first.ask(Kind.AGAIN, jobs, 20)
        scene.ends(jobs)
        scene.healed("asked")
        for it in scene.clients:
            it.end()
            it.ended(40)
        for server in scene.servers:
            server.terminate()
            server.ended(20)


ROWS = (
    Row(
        id="A1",
        fault="memory alarm for 20 s",
        needs=Needs.NODE,
        act=memory,
        for_peers=True,
    ),
    Row(id="A2", fault="disk alarm for 20 s", needs=Needs.NODE, act=disk),
    Row(id="A3", fault="broker without file descriptors", needs=Needs.NODE, act=files),
)
