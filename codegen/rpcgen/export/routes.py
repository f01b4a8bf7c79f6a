"""Where messages of a service go on a broker: exchange, routing key, queue. Pure.

What docs/wire-amqp.md says of names that a contract can have; a test compares it with what servers
declare.
"""

import hashlib

from rpcgen.export.packages import prefix
from rpcgen.language import model

_MAX_NAME = 255
_MAX_KEY = _MAX_NAME - len(".*.*")


def exchange(service: model.Service, verb: str) -> tuple[str, str]:
    """Return the name and the type of the exchange that a verb's messages are sent to."""
    if verb == "call":
        return _cut(f"{service.exchange}.calls", _MAX_NAME), "direct"
    return service.exchange, "topic"


def key(service: model.Service, verb: str, before: str | None = None) -> str:
    """Return the routing key of a verb; `before` stands for the prefix of the service's names."""
    if verb == "fanout":
        return _key(verb, service.topic)
    said = prefix(service) if before is None else before
    return _key(verb, service.topic, said, _major(service))


def legacy_keys(service: model.Service, verb: str) -> list[str]:
    """Return the routing keys that go to the same queue."""
    if verb == "fanout":
        return []
    return [key(service, verb, it) for it in service.legacy_namespaces]


def queue(service: model.Service, verb: str) -> str | None:
    """Return the queue that takes a verb's messages; None where the broker names it.

    `GROUP` stands for the name of a group of listeners.
    """
    endings = {"call": "", "cast": ":casts", "event": ":events:GROUP"}
    if verb not in endings:
        return None
    parts = (service.exchange, service.topic, prefix(service), _major(service))
    name = ":".join(it.replace(":", "%3A") for it in parts)
    return _cut(name + endings[verb], _MAX_NAME)


def _major(service: model.Service) -> str:
    return f"v{service.package.version.major}"


def _key(*words: str) -> str:
    return _cut(".".join(it.replace(".", "%2E") or "%" for it in words), _MAX_KEY)


def _cut(name: str, most: int) -> str:
    """Return a name that is short enough; a longer one ends in its hash."""
    if len(name) <= most:
        return name
    return f"{name[:200]}~{hashlib.sha256(name.encode()).hexdigest()[:32]}"
