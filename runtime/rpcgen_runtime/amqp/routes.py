"""Where a client's messages go, and its replies come. No I/O."""

from functools import lru_cache, partial
from typing import NamedTuple

from rpcgen_runtime.amqp.messages import Queue
from rpcgen_runtime.amqp.names import calls, routing_key
from rpcgen_runtime.messages import CALL, EVENT, FANOUT, Request, Verb

REPLIES = Queue(name="", exclusive=True, arguments={"x-queue-type": "classic"})
"""A client's queue for replies: a new one for every connection, gone with it."""
KEPT = 4_096
"""Routes that are not made anew."""


class Route(NamedTuple):
    """Where a message is published."""

    exchange: str
    key: str
    mandatory: bool
    """Whether it comes back where no queue takes it."""
    home: str
    """The Target's exchange, with which `exchange` is declared."""


def route(request: Request) -> Route:
    """Return where a request goes."""
    target = request.target
    assert target is not None, "a request that is sent has a Target"
    version = request.version or target.version
    if request.verb is CALL:
        return _of_call(target.exchange, target.topic, target.server, request.name, version)
    return _of_any(
        request.verb, target.exchange, target.topic, target.server, request.name, version
    )


def _route(
    verb: Verb, exchange: str, topic: str, server: str | None, name: str, version: str
) -> Route:
    there = calls(exchange) if verb is CALL else exchange
    if verb is FANOUT:
        words = [topic] if server is None else [topic, server]
        return Route(there, routing_key("fanout", *words), mandatory=False, home=exchange)
    if server is not None and verb is not EVENT:
        key = routing_key(verb.value, topic, server)
        return Route(there, key, mandatory=True, home=exchange)
    prefix = name.rpartition(".")[0]
    major = version.partition(".")[0]
    key = routing_key(verb.value, topic, prefix, f"v{major}")
    return Route(there, key, mandatory=verb is not EVENT, home=exchange)


_of_call = lru_cache(KEPT)(partial(_route, CALL))
"""Apart: to find a verb in a cache takes longer than all else that is asked for there."""
_of_any = lru_cache(KEPT)(_route)
