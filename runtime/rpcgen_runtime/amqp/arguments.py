"""The arguments of queues, by what they hold. No I/O.

Every durable queue says no when it is full, instead of losing its oldest message, and has a limit
of deliveries: RabbitMQ 4 has one of its own where none is said, and 3.10 drops at once at `-1`.
"""

from rpcgen_runtime.amqp.messages import Table
from rpcgen_runtime.amqp.names import dead_name
from rpcgen_runtime.amqp.options import AmqpOptions
from rpcgen_runtime.targets import Target

MAX_FANOUTS = 10_000
"""Fanouts that wait for one server; older ones make room."""
CALL_LIMIT = 20
"""Of calls on a quorum queue: only crashes count there."""
DEAD_LIMIT = 1_000_000
"""Looks at a dead letter, which count as deliveries: as good as no limit."""
LEAST_LANE_LIMIT = 1


def classic(options: AmqpOptions) -> Table:
    """Return those of calls on one node, and of what goes with its server."""
    return {
        "x-queue-type": "classic",
        "x-max-length": options.max_waiting,
        "x-overflow": "reject-publish",
    }


def quorum_calls(options: AmqpOptions) -> Table:
    """Return those of calls in a cluster.

    Without dead letters: what expires in it has been given up by its caller.
    """
    return {**classic(options), "x-queue-type": "quorum", "x-delivery-limit": CALL_LIMIT}


def work(target: Target, options: AmqpOptions) -> Table:
    """Return those of casts and events."""
    return {
        "x-queue-type": "quorum",
        "x-delivery-limit": options.delivery_limit,
        "x-max-length": options.max_waiting,
        "x-overflow": "reject-publish",
        "x-dead-letter-exchange": "",
        "x-dead-letter-routing-key": dead_name(target),
        "x-dead-letter-strategy": "at-least-once",
    }


def suspects(target: Target, options: AmqpOptions) -> Table:
    """Return those of suspects: two deliveries have gone by before a message comes there."""
    limit = max(LEAST_LANE_LIMIT, options.delivery_limit - 2)
    return {**work(target, options), "x-delivery-limit": limit}


def fanouts() -> Table:
    """Return those of one server's fanouts."""
    return {
        "x-queue-type": "classic",
        "x-max-length": MAX_FANOUTS,
        "x-overflow": "drop-head",
    }


def dead() -> Table:
    """Return those of dead letters."""
    return {"x-queue-type": "quorum", "x-delivery-limit": DEAD_LIMIT}
