"""What a larger fleet would need, from what a smaller one was measured to need. Pure.

Strategy: what a server and a client cost is the difference between two counts, and grows in
proportion; what a topic has, a fleet of any size has once.
"""

import math
import random
from dataclasses import dataclass

from benchmarks.fleet.found import FIRST, NODE, SERVERS, Found
from benchmarks.fleet.simulation import Outage, Pauses, Recovery, exact, jittered, simulate

SEED = 7
REPLICAS = 3
"""Of a quorum queue in a cluster."""
LINKS = 2
"""Connections of a server or a client."""
QUIET = 60.0
"""Seconds between two calls of a client in a large fleet."""


@dataclass(frozen=True, slots=True)
class Costs:
    """What one more of something costs a node."""

    server_bytes: float
    client_bytes: float
    connection_bytes: float
    """The part of a connection with its channels, and of queues by their type."""
    classic_bytes: float
    quorum_bytes: float
    connection_cpu: float
    """Seconds of processor time of the node for a connection in a mass restart, with the queues and
    consumers that come back with it."""
    server_declares: float
    """Queues at a restart."""
    client_declares: float


@dataclass(frozen=True, slots=True)
class Cluster:
    """Nodes among which connections and queues are spread evenly."""

    nodes: int
    processors: int = 8
    """Of each."""


@dataclass(frozen=True, slots=True)
class Needs:
    """What a fleet needs of a cluster; of each node unless it says otherwise."""

    cluster: Cluster
    connections: int
    channels: int
    exclusive: int
    durable: int
    """Classic queues."""
    quorum: int
    """Members of quorum queues, each of which has `REPLICAS`."""
    memory: float
    """Bytes."""
    rate: float
    """Connections that a node can let in each second, if the processor is all that it takes."""
    declares: float
    """Queues declared each second meanwhile."""
    messages: float
    """Published each second in the whole cluster, where every client calls once in `QUIET`."""
    jittered: Recovery
    exact: Recovery


def costs(found: Found) -> Costs:
    """Return what was measured, for one of each."""
    plan, empty, served, full = found.plan, found.empty, found.served, found.full
    restarted = found.stage(NODE)
    servers = found.stage(SERVERS).declared / plan.servers
    return Costs(
        (served.rss_bytes - empty.rss_bytes) / plan.servers,
        (full.rss_bytes - served.rss_bytes) / plan.clients,
        (full.connection_bytes - empty.connection_bytes) / full.connections,
        full.classic_bytes / (full.classic + full.exclusive),
        full.quorum_bytes / full.quorum,
        restarted.node_cpu / full.connections,
        servers,
        (restarted.declared - servers * plan.servers) / plan.clients,
    )


def needs(found: Found, servers: int, clients: int, cluster: Cluster) -> Needs:
    """Return what each node of a cluster would have to bear."""
    each, plan, empty, served = costs(found), found.plan, found.empty, found.served
    connections = math.ceil(LINKS * (servers + clients) / cluster.nodes)
    rate = cluster.processors / each.connection_cpu
    outage = Outage(connections, rate, plan.outage)
    quorum = _grown(served.quorum, plan.servers, servers)
    channels = served.channels / plan.servers * servers
    channels += (found.full.channels - served.channels) / plan.clients * clients
    memory = each.server_bytes * servers + each.client_bytes * clients
    memory += (REPLICAS - 1) * quorum * each.quorum_bytes
    declares = each.server_declares * servers + each.client_declares * clients
    return Needs(
        cluster,
        connections,
        math.ceil(channels / cluster.nodes),
        math.ceil((served.exclusive / plan.servers * servers + clients) / cluster.nodes),
        math.ceil(_grown(served.classic, plan.servers, servers) / cluster.nodes),
        math.ceil(REPLICAS * quorum / cluster.nodes),
        empty.rss_bytes + memory / cluster.nodes,
        rate,
        declares / (LINKS * (servers + clients)) * rate,
        2 * clients / QUIET,
        simulate(outage, _pauses()),
        simulate(outage, exact),
    )


def predicted(found: Found) -> Recovery:
    """Return how the run's own restart should have gone, from its first start alone."""
    first = found.stage(FIRST).calls.last
    rate = LINKS * found.plan.clients / first
    return simulate(Outage(found.plan.links, rate, found.plan.outage), _pauses())


def _pauses() -> Pauses:
    return jittered(random.Random(SEED))


def _grown(count: int, servers: int, more: int) -> int:
    """Return how many queues more servers have; those of topics are what is left over."""
    each, of_topics = divmod(count, servers)
    return each * more + of_topics
