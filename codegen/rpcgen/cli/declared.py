"""How what a server declares, and what is there of it, are shown to people and programs. Pure."""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from pydantic import JsonValue

from rpcgen_runtime.amqp.inspection import Difference, Finding, State
from rpcgen_runtime.amqp.topology import Lane, Station, Topology

LANES: Mapping[Lane, str] = {
    Lane.CALLS: "calls",
    Lane.WORK: "casts or events, at least once",
    Lane.SUSPECTS: "what may have ended a server twice, one at a time",
    Lane.FANOUTS: "fanouts",
    Lane.DEAD: "dead letters, which nobody consumes",
}


class Option(NamedTuple):
    """What stands for an argument of queues in a URL."""

    name: str
    lanes: Collection[Lane]
    """Of which queues: others have what follows from it."""
    factor: int = 1


OPTIONS: Mapping[str, Option] = {
    "x-queue-type": Option("calls", [Lane.CALLS]),
    "x-max-length": Option("max_waiting", [Lane.CALLS, Lane.WORK, Lane.SUSPECTS]),
    "x-delivery-limit": Option("delivery_limit", [Lane.WORK]),
    "x-expires": Option("server_expires", [Lane.CALLS, Lane.WORK, Lane.SUSPECTS], 1_000),
}
UNNAMED = "(named by the broker)"
BINDINGS = "not asked: AMQP has no way to; a server declares them each time that it starts"


def plan_page(planned: Topology) -> str:
    """Return what a server declares, for people."""
    rows = ["exchanges"]
    width = max((len(it.name) for it in planned.exchanges), default=0)
    for exchange in planned.exchanges:
        told = f"{exchange.kind:6}  {_told(exchange.arguments)}"
        rows.append(f"  {exchange.name:{width}}  {told}".rstrip())
    rows += ["", "queues"]
    for station in planned.stations:
        rows.append(f"  {station.queue.name or UNNAMED}")
        rows += [f"      {label:26}{text}".rstrip() for label, text in _facts(station)]
    return "\n".join(rows)


def _facts(station: Station) -> list[tuple[str, str]]:
    queue = station.queue
    arguments = {name: str(value) or '""' for name, value in queue.arguments.items()}
    kind = arguments.pop("x-queue-type", "classic")
    life = "durable" if queue.durable else "exclusive"
    takes = [("takes", f"{it.key} of {it.exchange}") for it in station.bindings]
    return [(f"{kind}, {life}", LANES[station.lane]), *arguments.items(), *takes]


def plan_record(planned: Topology) -> JsonValue:
    """Return the same for programs."""
    exchanges: list[JsonValue] = [
        {"name": it.name, "type": it.kind, "durable": True, "arguments": dict(it.arguments)}
        for it in planned.exchanges
    ]
    return {"exchanges": exchanges, "queues": [_station_record(it) for it in planned.stations]}


def _station_record(station: Station) -> JsonValue:
    queue = station.queue
    bindings: list[JsonValue] = [
        {"exchange": it.exchange, "key": it.key} for it in station.bindings
    ]
    return {
        "name": queue.name or None,
        "lane": station.lane.value,
        "durable": queue.durable,
        "exclusive": queue.exclusive,
        "arguments": dict(queue.arguments),
        "bindings": bindings,
    }


def check_page(found: Sequence[Finding], lanes: Mapping[str, Lane]) -> str:
    """Return what was found, for people, with the ways out; `lanes` are those of the queues."""
    names = [it.name or UNNAMED for it in found]
    width = max(map(len, names), default=0)
    rows: list[str] = []
    for finding, name in zip(found, names, strict=True):
        note = f": {finding.note}" if finding.note else ""
        rows.append(f"{finding.kind:8}  {name:{width}}  {finding.state.value}{note}")
        rows += [f"            {_difference(it)}" for it in finding.differences]
    rows.append(f"{'bindings':8}  {BINDINGS}")
    if any(it.state is State.MISSING for it in found):
        rows += ["", "What is missing is declared by the server that starts next."]
    if any(it.state is State.DIFFERS for it in found):
        rows += ["", *_ways_out(found, lanes)]
    return "\n".join(rows)


def _ways_out(found: Sequence[Finding], lanes: Mapping[str, Lane]) -> list[str]:
    rows = [
        "What differs cannot be changed. Stop the servers, let it run empty, delete it and start"
    ]
    options = _as_found(found, lanes)
    if not options:
        return [*rows, "them again."]
    told = ", ".join(f"`{name}={value}`" for name, value in options.items())
    return [*rows, f"them again; or let all servers want what is there, with {told} in their URL."]


def _as_found(found: Sequence[Finding], lanes: Mapping[str, Lane]) -> Mapping[str, object]:
    """Return the options of a URL with which servers want what is there, where there are any."""
    values: dict[str, set[object]] = {}
    for finding in found:
        for it in finding.differences:
            option = OPTIONS.get(it.name)
            if option is None or it.found is None or lanes.get(finding.name) not in option.lanes:
                continue
            value = it.found // option.factor if isinstance(it.found, int) else it.found
            values.setdefault(option.name, set()).add(value)
    return {name: each.pop() for name, each in values.items() if len(each) == 1}


def check_record(found: Sequence[Finding]) -> JsonValue:
    """Return the same for programs."""
    records: list[JsonValue] = []
    for finding in found:
        differences: list[JsonValue] = [
            {"name": it.name, "planned": it.planned, "found": it.found, "told": it.is_told}
            for it in finding.differences
        ]
        records.append(
            {
                "kind": finding.kind,
                "name": finding.name or None,
                "state": finding.state.value,
                "differences": differences,
                "note": finding.note or None,
            }
        )
    return {"found": records, "bindings": State.NOT_ASKED.value}


def _difference(difference: Difference) -> str:
    found = _value(difference.found) if difference.is_told else "another value"
    return f"`{difference.name}` is {found}, planned {_value(difference.planned)}"


def _value(value: str | int | None) -> str:
    return "absent" if value is None else f"`{value}`"


def _told(arguments: Mapping[str, str | int]) -> str:
    return " ".join(f"{name}={value}" for name, value in arguments.items())
