"""Row X1: faults in an order that a seed chooses, and that the same seed chooses again."""

import random
from collections.abc import Callable
from functools import partial

from tests.faults.cluster import NUMBERS, Cluster
from tests.faults.rows.clusters import three
from tests.faults.rows.row import Needs, Row, at_most
from tests.faults.scene import Scene

Fault = tuple[str, Callable[[], None]]


def at_random(scene: Scene) -> None:
    """X1: one fault after another, each healed before the next."""
    cluster = three(scene)
    # The seed is there to be said again; it protects nothing.
    dice = random.Random(scene.seed)
    scene.begin()
    scene.fault("three faults at random")
    for _ in range(3):
        what, do = dice.choice(_faults(scene, cluster, dice))
        scene.places.say(what)
        do()
        scene.hold(dice.uniform(0.5, 1) * scene.pick(90, 10))
        for server in scene.servers:
            if server.running:
                server.thaw()
            else:
                scene.serve(1)
        cluster.heal()
        scene.notes.append(what)
        scene.hold(scene.pick(90, 5))
    scene.healed()


def _faults(scene: Scene, cluster: Cluster, dice: random.Random) -> list[Fault]:
    node = dice.choice(NUMBERS)
    others = {it for it in NUMBERS if it != node}
    server = dice.choice([it for it in scene.servers if it.running])
    return [
        (f"kill node {node}", partial(cluster.kill, node)),
        (f"freeze node {node}", partial(cluster.freeze, node)),
        (f"pull the cable of node {node}", partial(cluster.link_down, node)),
        (f"part node {node}", partial(cluster.partition, {node}, others)),
        (f"memory alarm at node {node}", partial(cluster.alarm, "memory", node)),
        (f"lose a tenth of all packets of node {node}", partial(cluster.loss, 10.0)),
        ("kill a server", server.kill),
        ("freeze a server", server.freeze),
    ]


ROWS = (
    Row(
        id="X1",
        fault="three of the faults above, at random, for 10 minutes",
        needs=Needs.CLUSTER,
        act=at_random,
        musts=at_most("recovery_s", 20),
    ),
)
