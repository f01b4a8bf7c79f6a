"""The tables of a run and of what is computed from it, for a terminal and for the page. Pure."""

from collections.abc import Callable, Mapping, Sequence

from benchmarks.fleet.found import FIRST, NODE, SERVERS, Found, Stage
from benchmarks.fleet.model import Cluster, costs, needs, predicted
from benchmarks.grid import Grid, in_columns

SERVERS_WANTED, CLIENTS_WANTED = 1_000, 100_000
CLUSTERS = (Cluster(5), Cluster(9), Cluster(15))
COUNTED = {
    "connections": "connections",
    "channels": "channels",
    "consumers": "consumers",
    "bindings": "bindings",
    "exclusive": "exclusive queues",
    "classic": "durable classic queues",
    "quorum": "quorum queues",
}
NOT_EXECUTED = frozenset({"NoServer", "Unreachable", "Overloaded", "ExpiredUnstarted"})
UNKNOWN = frozenset({"ConnectionLost", "DeadlineExceeded", "BadReply"})


def as_text(found: Found) -> str:
    """Return the tables in columns."""
    return "\n\n".join(f"{name}\n{in_columns(table(found))}" for name, table in TABLES.items())


def _held(found: Found) -> Grid:
    plan = found.plan
    head = ["", f"{plan.servers:,} servers", f"and {plan.clients:,} clients"]
    rows = [
        [title, f"{getattr(found.served, name):,}", f"{getattr(found.full, name):,}"]
        for name, title in COUNTED.items()
    ]
    memory = [f"{it.rss_bytes / 1e6:,.0f}" for it in (found.served, found.full)]
    return [head, *rows, [f"memory, MB (empty: {found.empty.rss_bytes / 1e6:,.0f})", *memory]]


def _costs(found: Found) -> Grid:
    each = costs(found)
    return [
        ["", "KB", "counted"],
        ["a server", _kb(each.server_bytes), "the growth of the whole node"],
        ["a client", _kb(each.client_bytes), "the growth of the whole node"],
        ["a connection with its channels", _kb(each.connection_bytes), "its own processes"],
        ["a classic queue", _kb(each.classic_bytes), "its own processes"],
        ["a quorum queue", _kb(each.quorum_bytes), "its own processes and tables"],
    ]


def _stages(found: Found) -> Grid:
    stages = [found.stage(it) for it in (FIRST, NODE, SERVERS)]
    return [
        ["", *(it.name for it in stages)],
        ["first client answered, s", *(f"{it.calls.first:.1f}" for it in stages)],
        ["half of them, s", *(f"{it.calls.half:.1f}" for it in stages)],
        ["all of them, s", *(f"{it.calls.last:.1f}" for it in stages)],
        ["connections tried", *(f"{sum(it.arrivals.tried):,}" for it in stages)],
        ["in the busiest second", *(f"{max(it.arrivals.tried):,}" for it in stages)],
        ["let in", *(f"{sum(it.arrivals.opened):,}" for it in stages)],
        ["in the busiest second", *(f"{max(it.arrivals.opened):,}" for it in stages)],
        ["queues declared", *(f"{it.declared:,}" for it in stages)],
        ["node's CPU, s", *(f"{it.node_cpu:.1f}" for it in stages)],
        ["fleet's CPU, s", *(f"{it.fleet_cpu:.1f}" for it in stages)],
        ["failed starts of servers", *(f"{it.failed_starts:,}" for it in stages)],
        ["calls answered", *(f"{it.calls.outcomes.get('answered', 0):,}" for it in stages)],
        ["outcome unknown", *(_count(it, UNKNOWN) for it in stages)],
        ["not executed", *(_count(it, NOT_EXECUTED) for it in stages)],
        ["calls that hung", *(f"{it.calls.hung:,}" for it in stages)],
        ["clients never answered", *(f"{it.calls.silent:,}" for it in stages)],
    ]


def _predicted(found: Found) -> Grid:
    stage, told = found.stage(NODE), predicted(found)
    pairs = {
        "half of the clients, s": (stage.calls.half, told.half),
        "all, s": (stage.calls.last, told.last),
        "connections tried": (float(sum(stage.arrivals.tried)), float(told.tries)),
    }
    rows = [
        [name, _number(measured), _number(computed), f"{computed / measured - 1:+.0%}"]
        for name, (measured, computed) in pairs.items()
    ]
    return [["", "measured", "predicted", "deviation"], *rows]


def _needs(found: Found) -> Grid:
    all_needs = [needs(found, SERVERS_WANTED, CLIENTS_WANTED, it) for it in CLUSTERS]

    def row(title: str, *cells: str) -> Sequence[str]:
        return [title, *cells]

    return [
        row("each node of", *(f"{it.cluster.nodes} nodes" for it in all_needs)),
        row("connections = file descriptors", *(f"{it.connections:,}" for it in all_needs)),
        row("channels", *(f"{it.channels:,}" for it in all_needs)),
        row("exclusive queues", *(f"{it.exclusive:,}" for it in all_needs)),
        row("durable classic queues", *(f"{it.durable:,}" for it in all_needs)),
        row("members of quorum queues", *(f"{it.quorum:,}" for it in all_needs)),
        row("memory, GB", *(f"{it.memory / 1e9:.1f}" for it in all_needs)),
        row("connections let in, /s", *(f"{it.rate:,.0f}" for it in all_needs)),
        row("queues declared, /s", *(f"{it.declares:,.0f}" for it in all_needs)),
        row("half back, with jitter, s", *(f"{it.jittered.half:,.0f}" for it in all_needs)),
        row("all back, with jitter, s", *(f"{it.jittered.last:,.0f}" for it in all_needs)),
        row("tries, with jitter", *(f"{it.jittered.tries:,}" for it in all_needs)),
        row("busiest second, with jitter", *(f"{it.jittered.peak:,}" for it in all_needs)),
        row("all back, without, s", *(f"{it.exact.last:,.0f}" for it in all_needs)),
        row("tries, without", *(f"{it.exact.tries:,}" for it in all_needs)),
        row("busiest second, without", *(f"{it.exact.peak:,}" for it in all_needs)),
        row("messages in the cluster, /s", *(f"{it.messages:,.0f}" for it in all_needs)),
    ]


def _count(stage: Stage, names: frozenset[str]) -> str:
    return f"{sum(count for name, count in stage.calls.outcomes.items() if name in names):,}"


def _kb(size: float) -> str:
    return f"{size / 1e3:,.0f}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


TABLES: Mapping[str, Callable[[Found], Grid]] = {
    "held": _held,
    "costs": _costs,
    "restarts": _stages,
    "predicted": _predicted,
    "needed": _needs,
}
"""By the names of their places on the page."""
