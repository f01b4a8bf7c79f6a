"""Exchanges, queues and bindings: what a server declares. No I/O.

`names` has what they are called. Nothing is ever declared that is neither durable nor exclusive:
RabbitMQ 4.3 refuses that.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Literal, NamedTuple

from rpcgen_runtime.amqp import arguments, names
from rpcgen_runtime.amqp.messages import Queue, Table
from rpcgen_runtime.amqp.names import (
    dead_name,
    part,
    prefix_of,
    queue_name,
    routing_key,
    shortened,
    unserved,
)
from rpcgen_runtime.amqp.options import AmqpOptions
from rpcgen_runtime.facts import Service
from rpcgen_runtime.messages import Verb
from rpcgen_runtime.methods import Method
from rpcgen_runtime.targets import Target, Version


class Lane(Enum):
    """What a queue holds, which says how it is treated."""

    CALLS = "calls"
    WORK = "work"
    """Casts and events: at least once."""
    SUSPECTS = "suspects"
    """What may have ended a server twice: one at a time."""
    FANOUTS = "fanouts"
    DEAD = "dead"
    """Nobody consumes it."""


class Binding(NamedTuple):
    """Which messages of an exchange go to a queue."""

    exchange: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """One queue of a server, with what belongs to it."""

    queue: Queue
    lane: Lane
    bindings: Sequence[Binding] = ()
    dead: str = ""
    """The queue of its dead letters."""
    suspects: str = ""
    """Where suspects go; empty: there is no such place, as the queue is gone with its server."""
    alternatives: Sequence[Table] = ()
    """Arguments with which the queue, where it is there already, is as good."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A durable exchange, as it is declared."""

    name: str
    kind: Literal["topic", "direct"]
    arguments: Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Topology:
    """All that one server declares, in order."""

    exchanges: Sequence[Exchange]
    stations: Sequence[Station]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plate:
    """Whose topology: the server's name and group, each with whether somebody chose it."""

    server: str
    is_named: bool
    group: str | None = None
    is_cluster: bool = False
    """Whether the URL names several hosts."""


class Served(NamedTuple):
    """One service of a server."""

    service: Service
    is_events: bool
    """Whether it is its events that are listened to."""
    verbs: frozenset[Verb]


def served(methods: Iterable[tuple[Method, bool]]) -> list[Served]:
    """Return the services of a server's methods, each with whether it is listened to."""
    found: dict[tuple[int, bool], Served] = {}
    for method, is_events in methods:
        key = id(method.service), is_events
        old = found.get(key) or Served(method.service, is_events, frozenset())
        found[key] = old._replace(verbs=old.verbs | {method.verb})
    return list(found.values())


def topology(services: Iterable[Served], plate: Plate, options: AmqpOptions) -> Topology:
    """Return what a server declares."""
    made: dict[str, Exchange] = {}
    stations: dict[str, Station] = {}
    for one in services:
        target = one.service.target
        for exchange in exchanges(target.exchange):
            made[exchange.name] = exchange
        for station in _stations(one, plate, options):
            known = stations.get(_key(station))
            if known is not None:
                bindings = dict.fromkeys([*known.bindings, *station.bindings])
                station = replace(known, bindings=tuple(bindings))  # noqa: PLW2901
            stations[_key(station)] = station
    return Topology(exchanges=list(made.values()), stations=list(stations.values()))


def _key(station: Station) -> str:
    first = "|".join(station.bindings[0]) if station.bindings else ""
    return station.queue.name or first


def exchanges(name: str) -> Sequence[Exchange]:
    """Return the three exchanges that a Target's exchange is."""
    other = unserved(name)
    alternate = {"alternate-exchange": other}
    return (
        Exchange(name=other, kind="topic", arguments={}),
        Exchange(name=name, kind="topic", arguments=alternate),
        # To find a call's queue costs a direct exchange next to nothing, and a topic exchange a
        # quarter of all that the call costs the broker.
        Exchange(name=names.calls(name), kind="direct", arguments=alternate),
    )


def _stations(one: Served, plate: Plate, options: AmqpOptions) -> list[Station]:
    target = one.service.target
    major = Version.parse(target.version).major
    prefixes = [prefix_of(one.service), *target.legacy_namespaces]
    made = [_dead(target)]
    if one.is_events:
        return [*made, *_events(target, prefixes, major, plate, options)]
    main = queue_name(target, prefixes[0], f"v{major}")
    if Verb.CALL in one.verbs:
        keys = [routing_key("call", target.topic, it, f"v{major}") for it in prefixes]
        made += _calls(target, main, keys, plate, options)
    if Verb.CAST in one.verbs:
        keys = [routing_key("cast", target.topic, it, f"v{major}") for it in prefixes]
        made += _work(target, f"{main}:casts", keys, options)
    made.append(_any(target, plate, options))
    made += _own(target, plate, options)
    made.append(_fanouts(target, plate))
    return made


def _calls(
    target: Target, name: str, keys: Sequence[str], plate: Plate, options: AmqpOptions
) -> list[Station]:
    suspects = shortened(f"{name}:suspects")
    bindings = [Binding(names.calls(target.exchange), it) for it in keys]
    calls = replace(_ridden(target, name, plate, options), bindings=bindings, suspects=suspects)
    return [calls, _suspects(target, suspects, options)]


def _ridden(target: Target, name: str, plate: Plate, options: AmqpOptions) -> Station:
    """Return a queue that calls ride, of the type that is asked for."""
    is_quorum = options.calls == "quorum" or (options.calls == "auto" and plate.is_cluster)
    kinds = [arguments.classic(options), arguments.quorum_calls(options)]
    wanted, other = kinds[::-1] if is_quorum else kinds
    return Station(
        queue=Queue(name=shortened(name), durable=True, arguments=wanted),
        lane=Lane.CALLS,
        dead=dead_name(target),
        alternatives=[other] if options.calls == "auto" else [],
    )


def _work(target: Target, name: str, keys: Sequence[str], options: AmqpOptions) -> list[Station]:
    suspects = shortened(f"{name}:suspects")
    work = Station(
        queue=Queue(name=shortened(name), durable=True, arguments=arguments.work(target, options)),
        lane=Lane.WORK,
        bindings=[Binding(target.exchange, it) for it in keys],
        dead=dead_name(target),
        suspects=suspects,
    )
    return [work, _suspects(target, suspects, options)]


def _suspects(target: Target, name: str, options: AmqpOptions) -> Station:
    queue = Queue(name=name, durable=True, arguments=arguments.suspects(target, options))
    return Station(queue=queue, lane=Lane.SUSPECTS, dead=dead_name(target))


def _events(
    target: Target, prefixes: Sequence[str], major: int, plate: Plate, options: AmqpOptions
) -> list[Station]:
    keys = [routing_key("event", target.topic, it, f"v{major}") for it in prefixes]
    if plate.group is not None:
        name = queue_name(target, prefixes[0], f"v{major}") + f":events:{part(plate.group)}"
        return _work(target, name, keys, options)
    # Nobody could share a queue under a name that nobody knows: it lives as long as its listener.
    queue = Queue(name="", exclusive=True, arguments=arguments.classic(options))
    bindings = [Binding(target.exchange, it) for it in keys]
    return [Station(queue=queue, lane=Lane.WORK, bindings=bindings, dead=dead_name(target))]


def _own(target: Target, plate: Plate, options: AmqpOptions) -> list[Station]:
    """Return what takes messages for this server alone."""
    call = Binding(names.calls(target.exchange), routing_key("call", target.topic, plate.server))
    cast = Binding(target.exchange, routing_key("cast", target.topic, plate.server))
    dead = dead_name(target)
    if not plate.is_named:
        queue = Queue(name="", exclusive=True, arguments=arguments.classic(options))
        return [Station(queue=queue, lane=Lane.CALLS, bindings=[call, cast], dead=dead)]
    expires = {"x-expires": options.server_expires * 1_000}
    name = f"{queue_name(target)}@{part(plate.server)}"
    calls = _ridden(target, name, plate, options)
    calls = replace(
        calls,
        queue=replace(calls.queue, arguments={**calls.queue.arguments, **expires}),
        alternatives=[{**it, **expires} for it in calls.alternatives],
        bindings=[call],
    )
    casts_name = shortened(f"{name}:casts")
    suspects = _suspects(target, shortened(f"{name}:suspects"), options)
    suspects = replace(
        suspects,
        queue=replace(suspects.queue, arguments={**suspects.queue.arguments, **expires}),
    )
    doubtful = suspects.queue.name
    casts_arguments = {**arguments.work(target, options), **expires}
    casts_queue = Queue(name=casts_name, durable=True, arguments=casts_arguments)
    return [
        replace(calls, suspects=doubtful),
        Station(queue=casts_queue, lane=Lane.WORK, bindings=[cast], dead=dead, suspects=doubtful),
        suspects,
    ]


def _any(target: Target, plate: Plate, options: AmqpOptions) -> Station:
    """Return what takes calls that no queue of a service takes."""
    key = f"{routing_key('call', target.topic)}.*.*"
    bindings = [Binding(unserved(target.exchange), key)]
    return replace(_ridden(target, f"{queue_name(target)}:any", plate, options), bindings=bindings)


def _fanouts(target: Target, plate: Plate) -> Station:
    keys = [routing_key("fanout", target.topic), routing_key("fanout", target.topic, plate.server)]
    return Station(
        queue=Queue(name="", exclusive=True, arguments=arguments.fanouts()),
        lane=Lane.FANOUTS,
        bindings=[Binding(target.exchange, it) for it in keys],
    )


def _dead(target: Target) -> Station:
    queue = Queue(name=dead_name(target), durable=True, arguments=arguments.dead())
    return Station(queue=queue, lane=Lane.DEAD)
