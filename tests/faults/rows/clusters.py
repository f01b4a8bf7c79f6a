"""Rows C and P: nodes of a cluster die, restart, or are parted from each other."""

import time
from collections import Counter

from tests.faults.cluster import CLIENTS, NUMBERS, Cluster
from tests.faults.rows.row import Needs, Row, RowImpossible, at_most, none_of
from tests.faults.scene import Scene
from tests.faults.work import Kind, Outcome


def three(scene: Scene) -> Cluster:
    """Return the cluster of a row that has one."""
    assert isinstance(scene.broker, Cluster)
    return scene.broker


def clients_elsewhere(scene: Scene) -> int:
    """Let everybody connect to the other nodes than the leader of the calls; return the leader."""
    [first] = scene.serve(1)
    leader = three(scene).leader_of(_calls(scene), scene.places.vhost)
    first.terminate()
    first.ended(20)
    use_nodes(scene, *(it for it in NUMBERS if it != leader))
    return leader


def use_nodes(scene: Scene, *numbers: int) -> None:
    """Let everybody know of these nodes alone."""
    scene.places.url = three(scene).url(scene.places.vhost, numbers)


def _calls(scene: Scene) -> str:
    queues = [it for it in scene.broker.api.queues(scene.places.vhost) if it.type == "quorum"]
    found = [it.name for it in queues if it.name in {"faults:work:Work:v1", "work"}]
    if not found:
        raise RowImpossible("its queues are not replicated: none has a leader")
    return found[0]


def most_used(scene: Scene) -> int:
    """Return the node with most connections."""
    api = scene.broker.api
    nodes = Counter(it.node for it in api.connections(scene.places.vhost))
    return int(nodes.most_common(1)[0][0].rpartition(".")[2])


def leader_killed(scene: Scene) -> None:
    """C1: the leader dies; clients are elsewhere."""
    leader = clients_elsewhere(scene)
    scene.begin()
    scene.fault(f"killing node {leader}, the leader")
    three(scene).kill(leader)


def node_killed(scene: Scene) -> None:
    """C2: the node dies that the clients are connected to."""
    scene.begin()
    victim = most_used(scene)
    scene.fault(f"killing node {victim}, which most are connected to")
    three(scene).kill(victim)


def restarted_in_turn(scene: Scene) -> None:
    """C3: what an operator does for an upgrade."""
    scene.begin()
    scene.fault("draining and restarting one node after the other")
    three(scene).rolling_restart(lambda it: scene.places.say(f"node {it} is back"))
    scene.healed("all are back")


def two_killed(scene: Scene) -> None:
    """C4: no majority for a while."""
    cluster = three(scene)
    scene.begin()
    scene.fault("killing nodes 1 and 2")
    cluster.kill(1)
    cluster.kill(2)
    scene.hold(scene.pick(20, 8))
    cluster.heal()
    scene.healed("all are back")


def one_unreachable(scene: Scene) -> None:
    """C5: one host of the list is dead for ever."""
    cluster = three(scene)
    scene.fault("losing all that goes to node 1, for good")
    cluster.drop(CLIENTS, 1)
    cluster.drop(1, CLIENTS)
    scene.serve()
    began = time.monotonic()
    clients = [scene.client() for _ in range(6)]
    jobs = [scene.jobs(1) for _ in clients]
    for client, one in zip(clients, jobs, strict=True):
        client.ask(Kind.AGAIN, one, 40)
    ends = scene.ends([it for one in jobs for it in one], 60)
    scene.measured["settled_s"] = round(max(it.ended or 0.0 for it in ends) - began, 2)
    scene.measured["unsettled"] = sum(it.outcome is not Outcome.RESULT for it in ends)
    scene.healed("all have been answered")


def link_down(scene: Scene) -> None:
    """P1: the leader's cable is pulled."""
    cluster = three(scene)
    leader = clients_elsewhere(scene)
    scene.begin()
    scene.fault(f"pulling the cable of node {leader}, the leader")
    cluster.link_down(leader)
    scene.hold(scene.pick(20, 12))
    cluster.heal()
    scene.healed()


def in_the_minority(scene: Scene) -> None:
    """P2: the node that most are connected to sees the others no more."""
    scene.begin()
    alone = most_used(scene)
    scene.fault(f"parting node {alone} from the others")
    three(scene).partition({alone}, {it for it in NUMBERS if it != alone})
    scene.hold(scene.pick(20, 15))
    three(scene).heal()
    scene.healed()


def all_apart(scene: Scene) -> None:
    """P3: no node sees another."""
    scene.begin()
    scene.fault("parting all three")
    three(scene).partition({1}, {2}, {3})
    scene.hold(scene.pick(20, 15))
    three(scene).heal()
    scene.healed()


def one_way(scene: Scene) -> None:
    """P4: what a node says to clients is lost, what they say to it is not."""
    scene.begin()
    mute = most_used(scene)
    scene.fault(f"losing what node {mute} says to clients")
    three(scene).drop(mute, CLIENTS)
    scene.hold(scene.pick(30, 25))
    three(scene).heal()
    scene.healed()


def flapping(scene: Scene) -> None:
    """P5: a cable that is plugged in every other second."""
    cluster = three(scene)
    scene.begin()
    node = most_used(scene)
    scene.fault(f"pulling and plugging in the cable of node {node}")
    before = _accepted(cluster)
    until = time.monotonic() + scene.pick(60, 20)
    while time.monotonic() < until:
        cluster.link_down(node)
        scene.hold(1)
        cluster.link_up(node)
        scene.hold(1)
    attempts = _accepted(cluster) - before
    cluster.heal()
    scene.healed()
    processes = len(scene.servers) + len(scene.clients)
    scene.measured["connections_a_minute_each"] = round(
        attempts / processes / (scene.pick(60, 20) / 60), 1
    )


def _accepted(cluster: Cluster) -> int:
    return sum(it.log().count("accepting AMQP connection") for it in cluster.nodes.values())


def rolled_back(scene: Scene) -> None:
    """P6: what was declared on a node that turns out to be the minority is gone."""
    cluster = three(scene)
    node = 1
    scene.places.say("freezing a node until the others count it as away")
    cluster.freeze(node)
    scene.until(lambda: cluster.seen_by(2) == {2, 3}, "the majority's view", 40)
    cluster.thaw(node)
    scene.fault("declaring on it the moment it wakes up")
    # The servers know this node alone, clients the others.
    one = f"{cluster.url(scene.places.vhost, [node])}"
    for _ in range(scene.load.servers):
        scene.serve(1, one, is_awaited=False)
    use_nodes(scene, 2, 3)
    clients = [scene.client() for _ in range(scene.load.clients)]
    for server in scene.servers:
        server.ready()
    cluster.heal()
    scene.healed("the node is back")
    scene.marks.loaded = time.monotonic()
    for client in clients:
        client.load(scene.load)


def lossy(scene: Scene) -> None:
    """N2: packets are lost, first a few, then many."""
    cluster = three(scene)
    scene.begin()
    for percent in (5, 30):
        scene.fault(f"losing {percent} % of all packets")
        cluster.loss(percent, (CLIENTS, *NUMBERS))
        scene.hold(scene.pick(20, 8))
    cluster.loss(0)
    cluster.heal()
    scene.healed()


ROWS = (
    Row(
        id="C1",
        fault="leader killed, clients at other nodes",
        needs=Needs.CLUSTER,
        act=leader_killed,
        musts=(*at_most("longest_gap_s", 1), *at_most("recovery_s", 2)),
    ),
    Row(
        id="C2",
        fault="node killed that clients are at",
        needs=Needs.CLUSTER,
        act=node_killed,
        musts=(*at_most("longest_gap_s", 2), *at_most("recovery_s", 2)),
        for_peers=True,
    ),
    Row(
        id="C3",
        fault="nodes drained and restarted in turn",
        needs=Needs.CLUSTER,
        act=restarted_in_turn,
    ),
    Row(
        id="C4",
        fault="two of three nodes killed for 20 s",
        needs=Needs.CLUSTER,
        act=two_killed,
        musts=at_most("recovery_s", 10),
    ),
    Row(
        id="C5",
        fault="one host of the list dead for ever",
        needs=Needs.CLUSTER,
        act=one_unreachable,
        musts=(*none_of("unsettled"), *at_most("settled_s", 10)),
        for_peers=True,
    ),
    Row(
        id="P1",
        fault="leader's link down for 20 s",
        needs=Needs.CLUSTER,
        act=link_down,
        musts=at_most("longest_gap_s", 8),
    ),
    Row(
        id="P2",
        fault="clients at the minority for 20 s",
        needs=Needs.CLUSTER,
        act=in_the_minority,
        musts=at_most("longest_gap_s", 12),
    ),
    Row(
        id="P3",
        fault="all nodes apart for 20 s",
        needs=Needs.CLUSTER,
        act=all_apart,
        musts=at_most("recovery_s", 20),
    ),
    Row(
        id="P4",
        fault="one direction lost for 30 s",
        needs=Needs.CLUSTER,
        act=one_way,
        musts=at_most("longest_gap_s", 20),
    ),
    Row(
        id="P5",
        fault="link flaps for 60 s",
        needs=Needs.CLUSTER,
        act=flapping,
        musts=at_most("connections_a_minute_each", 60),
    ),
    Row(
        id="P6",
        fault="declared at a node that the majority then rolls back",
        needs=Needs.CLUSTER,
        act=rolled_back,
        musts=at_most("recovery_s", 10),
    ),
    Row(
        id="N2",
        fault="5 %, then 30 % of packets lost",
        needs=Needs.CLUSTER,
        act=lossy,
        musts=at_most("recovery_s", 15),
    ),
)
