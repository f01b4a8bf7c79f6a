"""The names of exchanges and queues, and routing keys. No I/O.

For each topic of a server, with `:` between the parts of a name, and `%3A` for one within a part:

    exchange                       topic exchange: casts, fanouts and events
    exchange.calls                 direct exchange: calls
    exchange.unserved              topic exchange, where `any` waits for calls that no queue takes
    exchange:topic:Service:v2      calls of one service and major
    … :casts                       its casts
    … :events:GROUP                its events, once for each group of listeners
    … :suspects                    of each of these: what two servers were lost with
    exchange:topic@server          what is meant for one server (`:casts` too, where it has a name)
    exchange:topic:any             calls that only a server can judge: of no known service or major,
                                   `rpc.ping`, `rpc.contract`
    exchange:topic.dead            the dead letters
    (chosen by the broker)         one for each server: fanouts; one for each client: replies
"""

import hashlib
from functools import lru_cache
from urllib.parse import quote

from rpcgen_runtime.facts import Service
from rpcgen_runtime.targets import Target

MAX_NAME = 255
"""Bytes of a name or a routing key (AMQP 0-9-1 section 4.2.5.3, short strings)."""


def calls(exchange: str) -> str:
    """Return the exchange for calls."""
    return shortened(f"{exchange}.calls")


def unserved(exchange: str) -> str:
    """Return the exchange for what no queue takes."""
    return shortened(f"{exchange}.unserved")


def dead_name(target: Target) -> str:
    """Return the queue of a topic's dead letters."""
    return shortened(f"{queue_name(target)}.dead")


def prefix_of(service: Service) -> str:
    """Return what stands before the method in a service's names on the wire."""
    return service.full_name("").rpartition(".")[0]


def queue_name(target: Target, *parts: str) -> str:
    """Return the name of a topic's queue; it may be too long yet."""
    return ":".join(part(it) for it in (target.exchange, target.topic, *parts))


def part(text: str) -> str:
    """Return a text as it stands between the `:` and `@` of a name."""
    return text.replace("%", "%25").replace(":", "%3A").replace("@", "%40")


def shortened(text: str, most: int = MAX_NAME) -> str:
    """Return a name that is short enough; a longer one ends in its hash."""
    written = text.encode()
    if len(written) <= most:
        return text
    digest = hashlib.sha256(written).hexdigest()[:32]
    return f"{written[:200].decode(errors='ignore')}~{digest}"


@lru_cache(maxsize=4_096)
def routing_key(*words: str) -> str:
    """Return a routing key; dots and wildcards within a word are none."""
    key = ".".join(quote(it, safe=":/@").replace(".", "%2E") or "%" for it in words)
    # Behind the shortest ones of a topic, `_any` has two wildcards.
    return shortened(key, MAX_NAME - len(".*.*"))
