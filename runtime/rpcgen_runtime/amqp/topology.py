"""Exchanges, queues and bindings: what a server declares, and where a client sends. No I/O.

For each topic of a server, with `:` between the parts of a name, and `%3A` for one within a part:

    exchange                       topic exchange; what none of its queues takes goes on to
    exchange.unserved              topic exchange, where `any` waits
    exchange:topic:Service:v2      calls of one service and major
    … :casts                       its casts
    … :events:GROUP                its events, once for each group of listeners
    … :suspects                    of each of these: what two servers were lost with
    exchange:topic@server          what is meant for one server (`:casts` too, where it has a name)
    exchange:topic:any             calls that only a server can judge: of no known service or major,
                                   `rpc.ping`, `rpc.contract`
    exchange:topic.dead            the dead letters
    (chosen by the broker)         one for each server: fanouts; one for each client: replies

Nothing is ever declared that is neither durable nor exclusive: RabbitMQ 4.3 refuses that.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote

from rpcgen_runtime.amqp.messages import Queue, Table
from rpcgen_runtime.amqp.options import AmqpOptions
from rpcgen_runtime.facts import Service
from rpcgen_runtime.messages import Request, Verb
from rpcgen_runtime.methods import Method
from rpcgen_runtime.targets import Target, Version

MAX_NAME = 255
"""Bytes of a name or a routing key (AMQP 0-9-1 section 4.2.5.3, short strings)."""
MAX_FANOUTS = 10_000
"""Fanouts that wait for one server; older ones make room."""
CALL_LIMIT = 20
"""Of calls on a quorum queue: only crashes count there."""
DEAD_LIMIT = 1_000_000
"""Looks at a dead letter: as good as none."""
LEAST_LANE_LIMIT = 1


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
    """A topic exchange, as it is declared."""

    name: str
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
    """Return the two exchanges that a Target's exchange is."""
    other = unserved(name)
    return (
        Exchange(name=other, arguments={}),
        Exchange(name=name, arguments={"alternate-exchange": other}),
    )


def _stations(one: Served, plate: Plate, options: AmqpOptions) -> list[Station]:
    target = one.service.target
    major = Version.parse(target.version).major
    prefixes = [prefix_of(one.service), *target.legacy_namespaces]
    made = [_dead(target)]
    if one.is_events:
        return [*made, *_events(target, prefixes, major, plate, options)]
    main = _name(target, prefixes[0], f"v{major}")
    if Verb.CALL in one.verbs:
        keys = [_word("call", target.topic, it, f"v{major}") for it in prefixes]
        made += _calls(target, main, keys, plate, options)
    if Verb.CAST in one.verbs:
        keys = [_word("cast", target.topic, it, f"v{major}") for it in prefixes]
        made += _work(target, f"{main}:casts", keys, options)
    made.append(_any(target, plate, options))
    made += _own(target, plate, options)
    made.append(_fanouts(target, plate))
    return made


def _calls(
    target: Target, name: str, keys: Sequence[str], plate: Plate, options: AmqpOptions
) -> list[Station]:
    suspects = _name_of(f"{name}:suspects")
    bindings = [Binding(target.exchange, it) for it in keys]
    calls = replace(_ridden(target, name, plate, options), bindings=bindings, suspects=suspects)
    return [calls, _suspects(target, suspects, options)]


def _ridden(target: Target, name: str, plate: Plate, options: AmqpOptions) -> Station:
    """Return a queue that calls ride, of the type that is asked for."""
    is_quorum = options.calls == "quorum" or (options.calls == "auto" and plate.is_cluster)
    # Without dead letters: what expires in it has been given up by its caller.
    quorum = {**_classic(options), "x-queue-type": "quorum", "x-delivery-limit": CALL_LIMIT}
    kinds = [_classic(options), quorum]
    wanted, other = kinds[::-1] if is_quorum else kinds
    return Station(
        queue=Queue(name=_name_of(name), durable=True, arguments=wanted),
        lane=Lane.CALLS,
        dead=dead_name(target),
        alternatives=[other] if options.calls == "auto" else [],
    )


def _work(target: Target, name: str, keys: Sequence[str], options: AmqpOptions) -> list[Station]:
    suspects = _name_of(f"{name}:suspects")
    work = Station(
        queue=Queue(name=_name_of(name), durable=True, arguments=_quorum(target, options)),
        lane=Lane.WORK,
        bindings=[Binding(target.exchange, it) for it in keys],
        dead=dead_name(target),
        suspects=suspects,
    )
    return [work, _suspects(target, suspects, options)]


def _suspects(target: Target, name: str, options: AmqpOptions) -> Station:
    # Two deliveries have gone by before a message comes here.
    limit = max(LEAST_LANE_LIMIT, options.delivery_limit - 2)
    arguments: Table = {**_quorum(target, options), "x-delivery-limit": limit}
    queue = Queue(name=name, durable=True, arguments=arguments)
    return Station(queue=queue, lane=Lane.SUSPECTS, dead=dead_name(target))


def _events(
    target: Target, prefixes: Sequence[str], major: int, plate: Plate, options: AmqpOptions
) -> list[Station]:
    keys = [_word("event", target.topic, it, f"v{major}") for it in prefixes]
    if plate.group is not None:
        name = _name(target, prefixes[0], f"v{major}") + f":events:{_part(plate.group)}"
        return _work(target, name, keys, options)
    # Nobody could share a queue under a name that nobody knows: it lives as long as its listener.
    queue = Queue(name="", exclusive=True, arguments=_classic(options))
    bindings = [Binding(target.exchange, it) for it in keys]
    return [Station(queue=queue, lane=Lane.WORK, bindings=bindings, dead=dead_name(target))]


def _own(target: Target, plate: Plate, options: AmqpOptions) -> list[Station]:
    """Return what takes messages for this server alone."""
    call = Binding(target.exchange, _word("call", target.topic, plate.server))
    cast = Binding(target.exchange, _word("cast", target.topic, plate.server))
    dead = dead_name(target)
    if not plate.is_named:
        queue = Queue(name="", exclusive=True, arguments=_classic(options))
        return [Station(queue=queue, lane=Lane.CALLS, bindings=[call, cast], dead=dead)]
    expires = {"x-expires": options.server_expires * 1_000}
    name = f"{_name(target)}@{_part(plate.server)}"
    calls = _ridden(target, name, plate, options)
    calls = replace(
        calls,
        queue=replace(calls.queue, arguments={**calls.queue.arguments, **expires}),
        alternatives=[{**it, **expires} for it in calls.alternatives],
        bindings=[call],
    )
    casts_name = _name_of(f"{name}:casts")
    suspects = _suspects(target, _name_of(f"{name}:suspects"), options)
    suspects = replace(
        suspects,
        queue=replace(suspects.queue, arguments={**suspects.queue.arguments, **expires}),
    )
    doubtful = suspects.queue.name
    casts_arguments = {**_quorum(target, options), **expires}
    casts_queue = Queue(name=casts_name, durable=True, arguments=casts_arguments)
    return [
        replace(calls, suspects=doubtful),
        Station(queue=casts_queue, lane=Lane.WORK, bindings=[cast], dead=dead, suspects=doubtful),
        suspects,
    ]


def _any(target: Target, plate: Plate, options: AmqpOptions) -> Station:
    """Return what takes calls that no queue of a service takes."""
    key = f"{_word('call', target.topic)}.*.*"
    bindings = [Binding(unserved(target.exchange), key)]
    return replace(_ridden(target, f"{_name(target)}:any", plate, options), bindings=bindings)


def _fanouts(target: Target, plate: Plate) -> Station:
    keys = [_word("fanout", target.topic), _word("fanout", target.topic, plate.server)]
    arguments: Table = {
        "x-queue-type": "classic",
        "x-max-length": MAX_FANOUTS,
        "x-overflow": "drop-head",
    }
    return Station(
        queue=Queue(name="", exclusive=True, arguments=arguments),
        lane=Lane.FANOUTS,
        bindings=[Binding(target.exchange, it) for it in keys],
    )


def _dead(target: Target) -> Station:
    # To look at letters counts as a delivery, and RabbitMQ 4 has a limit where none is said.
    arguments: Table = {"x-queue-type": "quorum", "x-delivery-limit": DEAD_LIMIT}
    queue = Queue(name=dead_name(target), durable=True, arguments=arguments)
    return Station(queue=queue, lane=Lane.DEAD)


def _classic(options: AmqpOptions) -> Table:
    return {
        "x-queue-type": "classic",
        "x-max-length": options.max_waiting,
        "x-overflow": "reject-publish",
    }


def _quorum(target: Target, options: AmqpOptions) -> Table:
    return {
        "x-queue-type": "quorum",
        "x-delivery-limit": options.delivery_limit,
        "x-max-length": options.max_waiting,
        "x-overflow": "reject-publish",
        "x-dead-letter-exchange": "",
        "x-dead-letter-routing-key": dead_name(target),
        "x-dead-letter-strategy": "at-least-once",
    }


REPLIES = Queue(name="", exclusive=True, arguments={"x-queue-type": "classic"})
"""A client's queue for replies: a new one for every connection, gone with it."""


class Route(NamedTuple):
    """Where a message is published."""

    exchange: str
    key: str
    mandatory: bool
    """Whether it comes back where no queue takes it."""


def route(request: Request) -> Route:
    """Return where a request goes."""
    target = request.target
    assert target is not None, "a request that is sent has a Target"
    verb = request.verb
    if verb is Verb.FANOUT:
        words = [target.topic] if target.server is None else [target.topic, target.server]
        return Route(target.exchange, _word("fanout", *words), mandatory=False)
    if target.server is not None and verb is not Verb.EVENT:
        key = _word(verb.value, target.topic, target.server)
        return Route(target.exchange, key, mandatory=True)
    prefix = request.name.rpartition(".")[0]
    major = (request.version or target.version).partition(".")[0]
    key = _word(verb.value, target.topic, prefix, f"v{major}")
    return Route(target.exchange, key, mandatory=verb is not Verb.EVENT)


def unserved(exchange: str) -> str:
    """Return the exchange for what no queue takes."""
    return _name_of(f"{exchange}.unserved")


def dead_name(target: Target) -> str:
    """Return the queue of a topic's dead letters."""
    return _name_of(f"{_name(target)}.dead")


def prefix_of(service: Service) -> str:
    """Return what stands before the method in a service's names on the wire."""
    return service.full_name("").rpartition(".")[0]


def _name(target: Target, *parts: str) -> str:
    return ":".join(_part(it) for it in (target.exchange, target.topic, *parts))


def _part(text: str) -> str:
    return text.replace("%", "%25").replace(":", "%3A").replace("@", "%40")


def _name_of(text: str, most: int = MAX_NAME) -> str:
    """Return a name that is short enough; a longer one ends in its hash."""
    written = text.encode()
    if len(written) <= most:
        return text
    digest = hashlib.sha256(written).hexdigest()[:32]
    return f"{written[:200].decode(errors='ignore')}~{digest}"


@lru_cache(maxsize=4_096)
def _word(*words: str) -> str:
    """Return a routing key; dots and wildcards within a word are none."""
    key = ".".join(quote(it, safe=":/@").replace(".", "%2E") or "%" for it in words)
    # Behind the shortest ones of a topic, `_any` has two wildcards.
    return _name_of(key, MAX_NAME - len(".*.*"))


def differences(declared: Mapping[str, object], wanted: Mapping[str, object]) -> list[str]:
    """Return, for people, in which arguments two queues of one name differ."""
    names = sorted(declared.keys() | wanted.keys())
    return [
        f"`{it}` is {declared.get(it, 'absent')}, wanted {wanted.get(it, 'absent')}"
        for it in names
        if declared.get(it) != wanted.get(it)
    ]
