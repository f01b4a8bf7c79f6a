"""A delivery that is, or will be, with a handler."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from rpcgen_runtime.amqp import moved
from rpcgen_runtime.amqp.messages import Delivery, Message
from rpcgen_runtime.amqp.topology import Station
from rpcgen_runtime.messages import Request
from rpcgen_runtime.methods import Method

MethodOf: TypeAlias = Callable[[Request], Method | None]
"""Returns what the contract says of a request's method; None for one that it does not know."""


@dataclass(slots=True, eq=False)  # frozen, to make one would take three times as long
class Work:
    """A delivery, where it came from, and the request that it is."""

    station: Station
    queue: str
    """The station's queue, by the name that it has."""
    delivery: Delivery
    request: Request
    attempt: int
    """How often it was tried before."""

    def again(self, attempt: int) -> Message:
        """Return the message to be put into a queue once more."""
        return moved.again(self.delivery.message, attempt, self.request.deadline)
