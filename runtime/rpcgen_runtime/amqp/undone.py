"""What becomes of a delivery that was not done: it is put back, after a rest or at once, or aside.

Casts and events alone; a call's caller is told. On the server's event loop.
"""

import logging
from functools import partial

from rpcgen_runtime import errors
from rpcgen_runtime.amqp import moved
from rpcgen_runtime.amqp.messages import Delivery
from rpcgen_runtime.amqp.outgoing import Outgoing
from rpcgen_runtime.amqp.timers import Timers
from rpcgen_runtime.amqp.topology import Station
from rpcgen_runtime.amqp.work import MethodOf, Work
from rpcgen_runtime.messages import Failure
from rpcgen_runtime.methods import Method
from rpcgen_runtime.telemetry import Measures
from rpcgen_runtime.telemetry.measures import Reason

FIRST_REST, LONGEST_REST = 0.1, 5.0
"""Seconds before a cast or an event that failed is tried again; doubled each time."""
REFUSED_REST = 0.5
"""Seconds before what nobody had room for is offered again."""

NEVER = frozenset(
    [
        errors.PARSE_ERROR, errors.INVALID_REQUEST, errors.METHOD_NOT_FOUND,
        errors.INVALID_PARAMS, errors.UNSUPPORTED_VERSION, errors.UNAUTHENTICATED,
        errors.FORBIDDEN, errors.DEADLINE_EXCEEDED,
    ]
)  # fmt: skip
"""Failures of a cast or an event that another try would not mend."""
NOT_NOW = frozenset([errors.OVERLOADED, errors.EXPIRED_UNSTARTED])

log = logging.getLogger("rpcgen_runtime.amqp")


class Undone:
    """Decides, and has it moved."""

    def __init__(
        self,
        outgoing: Outgoing,
        timers: Timers,
        measures: Measures,
        *,
        limit: int,
        method_of: MethodOf,
    ) -> None:
        """Take how often a cast or an event is tried again."""
        self._outgoing, self._timers, self._measures = outgoing, timers, measures
        self._limit, self._method_of = limit, method_of

    def give_back(self, work: Work) -> None:
        """Give back what was not begun, so that it does not look as if it had been."""
        self._outgoing.put_back(work.delivery, work.queue, work.again(work.attempt))

    def failed(self, work: Work, failure: Failure) -> None:
        """Decide what becomes of a cast or an event whose handler did not do it."""
        attempt = work.attempt + 1
        if failure.code in NOT_NOW:
            self._put_back(work, work.attempt, REFUSED_REST)
        elif failure.code in NEVER or attempt > self._limit:
            why: Reason = "rejected" if failure.code in NEVER else "failed"
            self._measures.dead_lettered(why, self._method_of(work.request))
            reason = moved.reason_of(failure)
            log.error("%s is put aside: %s", work.request.name, reason)
            letter = moved.dead(work.delivery.message, reason, work.queue)
            self._outgoing.move(work.delivery, work.station.dead, letter)
        else:
            self._put_back(work, attempt, min(LONGEST_REST, FIRST_REST * 2 ** (attempt - 1)))

    def refuse(
        self,
        station: Station,
        queue: str,
        delivery: Delivery,
        failure: Failure,
        method: Method | None = None,
    ) -> None:
        """Put aside what is no request; tell its sender where there is a way."""
        message = delivery.message
        log.warning("%s: a message is put aside: %s", queue, failure.message)
        self._outgoing.tell(message, failure)
        if not station.dead:
            delivery.ack()
            return
        self._measures.dead_lettered("undecodable", method)
        letter = moved.dead(message, failure.message, queue)
        self._outgoing.move(delivery, station.dead, letter)

    def _put_back(self, work: Work, attempt: int, rest: float) -> None:
        back = partial(self._outgoing.put_back, work.delivery, work.queue, work.again(attempt))
        self._timers.later(rest, back)
