"""Where a client's messages go, and its replies come. No I/O."""

from typing import NamedTuple

from rpcgen_runtime.amqp.messages import Queue
from rpcgen_runtime.amqp.names import routing_key
from rpcgen_runtime.messages import Request, Verb

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
        return Route(target.exchange, routing_key("fanout", *words), mandatory=False)
    if target.server is not None and verb is not Verb.EVENT:
        key = routing_key(verb.value, target.topic, target.server)
        return Route(target.exchange, key, mandatory=True)
    prefix = request.name.rpartition(".")[0]
    major = (request.version or target.version).partition(".")[0]
    key = routing_key(verb.value, target.topic, prefix, f"v{major}")
    return Route(target.exchange, key, mandatory=verb is not Verb.EVENT)
