"""The client's engine: what is sent, what is waited for, how each of it ends. On one event loop.

Strategy: every request is in one table from the moment it comes until it ends, once: by its reply,
by what the broker says of it, by its deadline, or by the loss of a connection. What the contract
allows to repeat is sent again with the same message id on the next connection.
"""

import asyncio
import logging
from collections import deque

from rpcgen_runtime import errors
from rpcgen_runtime.amqp import replies, wire
from rpcgen_runtime.amqp.clocks import SLACK
from rpcgen_runtime.amqp.connection import Access
from rpcgen_runtime.amqp.deadlines import SPARE, Deadlines
from rpcgen_runtime.amqp.messages import AmqpError, Delivery
from rpcgen_runtime.amqp.options import AmqpOptions
from rpcgen_runtime.amqp.outlet import Outlet
from rpcgen_runtime.amqp.pending import Outcome, Pending, Settle, is_refusal, place_of
from rpcgen_runtime.amqp.publisher import CONFIRMED, Fate
from rpcgen_runtime.amqp.routes import route
from rpcgen_runtime.errors import (
    ConnectionLost,
    DeadlineExceeded,
    ExpiredUnstarted,
    NoServer,
    Overloaded,
    RpcError,
    Unreachable,
)
from rpcgen_runtime.messages import Failure, Reach, Reply, Request
from rpcgen_runtime.telemetry import Measures
from rpcgen_runtime.url import Url

REFUSALS = 5
"""How often a cluster is asked again that did not take a message: a queue that lost its leader does
not until it has another one, and one that is full says so at once."""
FIRST_PAUSE = 0.05
"""Seconds before that; doubled each time."""

log = logging.getLogger("rpcgen_runtime.amqp")


class Requests:
    """Sends requests through a broker; see the module. Used on its event loop only."""

    def __init__(
        self, url: Url, access: Access, options: AmqpOptions, measures: Measures, max_reply: int
    ) -> None:
        self._options = options
        self._measures = measures
        self._max_reply = max_reply
        self._pending: dict[str, Pending] = {}
        self._deadlines = Deadlines(self._pending, self._passed)
        self._waiting: deque[Pending] = deque()
        self._in_flight = 0
        self._awaited = 0
        """Requests that are not answered, and end when the broker has them."""
        self._is_closed = False
        self._clocks_agree = True
        """Whether no server seems to have another time than this machine."""
        self._shown = url.shown
        self._patience = REFUSALS if len(url.hosts) > 1 else 0
        self._outlet = Outlet(
            url, access, options, measures,
            took=self._on_reply, changed=self._changed,
            is_alone=lambda: self._in_flight == 1, is_awaited=lambda: self._awaited > 0,
        )  # fmt: skip

    def start(self) -> None:
        """Begin to connect."""
        self._outlet.start(self._lost_replies)

    async def close(self) -> None:
        """End everything; what is under way ends as far as it is known."""
        self._is_closed = True
        for pending in list(self._pending.values()):
            error: RpcError = Unreachable("the transport is closed")
            if pending.was_sent:
                error = ConnectionLost("the transport was closed before the end")
            self._end(pending, error)
        self._deadlines.close()
        await self._outlet.close()

    def submit(self, request: Request, settle: Settle) -> None:
        """Send a request; `settle` is called once with how it ended, by its deadline at the latest.

        What is not answered ends when the broker has it.
        """
        if self._is_closed:
            settle(Unreachable(f"the transport is closed: `{request.name}`"))
            return
        waiting = len(self._pending) - self._in_flight
        if waiting >= self._options.max_pending:
            settle(Overloaded(f"{waiting:,} requests wait to be sent already"))
            return
        if len(self._waiting) > 2 * waiting + SPARE:
            # Most of what stands there has ended meanwhile.
            self._waiting = deque(it for it in self._waiting if self._is_open(it))
        pending = Pending(request, route(request), settle)
        pending.tells_deadline = self._clocks_agree
        key = request.message_id
        if key in self._pending:
            # The same call's earlier try was given up and is not known to have ended.
            self._forget(self._pending[key])
        self._pending[key] = pending
        self._awaited += not pending.is_call
        self._deadlines.add(request.deadline.at, key)
        if not self._waiting and self._may_send(pending):
            self._send(pending)
            return
        failure = self._outlet.hopeless()
        if failure is not None:
            self._end(pending, failure)
            return
        self._waiting.append(pending)

    def _may_send(self, pending: Pending) -> bool:
        is_full = self._in_flight >= self._options.max_pending
        return not is_full and self._outlet.is_ready(pending.route.home)

    def _send(self, pending: Pending) -> None:
        if pending.request.deadline.passed():
            self._expire(pending)
            return
        try:
            message = wire.encode_request(
                pending.request,
                is_msgpack=self._options.body == "msgpack",
                max_body=self._options.max_body,
                reply_to=self._outlet.reply_to,
                tells_deadline=pending.tells_deadline,
            )
        except RpcError as error:
            self._end(pending, error)
            return
        pending.is_sent = True
        self._in_flight += 1
        try:
            self._outlet.publish(pending.route, message, lambda fate: self._fated(pending, fate))
        except AmqpError:
            self._in_flight -= 1
            pending.is_sent = False
            self._waiting.appendleft(pending)
            return
        pending.was_sent = True

    def _fated(self, pending: Pending, fate: Fate) -> None:
        if fate is CONFIRMED and pending.is_call:
            return  # the reply ends it
        if not self._is_open(pending):
            return
        if fate is CONFIRMED:
            self._end(pending, Reach())
        elif fate is Fate.RETURNED:
            self._measures.unroutable()
            self._end(pending, NoServer(f"nobody serves {place_of(pending.request)}"))
        elif fate is Fate.REFUSED:
            self._refused(pending)
        else:
            self._lost(pending)

    def _lost(self, pending: Pending) -> None:
        if self._outlet.is_up:
            self._repeat_or_end(pending, "the broker did not confirm it in time")
            asyncio.get_running_loop().call_later(FIRST_PAUSE, self._pump)
            return
        text = f"the connection to {self._shown} was lost before the broker had confirmed it"
        self._repeat_or_end(pending, text, self._outlet.ended)

    def _refused(self, pending: Pending) -> None:
        """Try again what the broker did not take, where a queue may just have lost its leader."""
        if pending.refusals >= self._patience:
            name = pending.request.name
            self._end(pending, Overloaded(f"the queue is full, or has no leader: `{name}`"))
            return
        self._in_flight -= 1
        pending.is_sent = False
        pause = FIRST_PAUSE * 2**pending.refusals
        pending.refusals += 1
        self._outlet.renew()
        asyncio.get_running_loop().call_later(pause, self._offer, pending)

    def _offer(self, pending: Pending) -> None:
        if self._is_open(pending):
            self._waiting.append(pending)
            self._pump()

    def _repeat_or_end(self, pending: Pending, what: str, reason: AmqpError | None = None) -> None:
        if not pending.is_sent:
            return  # the other connection was lost before, and it is sent again already
        self._in_flight -= 1
        pending.is_sent = False
        is_fatal = reason is not None and reason.is_fatal
        pending.is_doubtful = True
        if pending.may_repeat and not is_fatal and not self._is_closed:
            self._waiting.append(pending)
            return
        text = f"{what}: `{pending.request.name}`"
        self._end(pending, ConnectionLost(f"{text}: {reason}" if is_fatal else text))

    def _on_reply(self, delivery: Delivery) -> None:
        message = delivery.message
        pending = self._pending.get(message.correlation_id or "")
        if pending is None or not pending.is_call or not pending.was_sent:
            self._measures.late_reply()
            return
        try:
            reply = replies.decode_reply(message, max_body=self._max_reply)
        except RpcError as error:
            self._end(pending, error)
            return
        if _is_late(reply) and pending.tells_deadline and not pending.request.deadline.passed():
            self._send_without_clock(pending)
        else:
            self._end(pending, reply)

    def _send_without_clock(self, pending: Pending) -> None:
        """Send again what a server took to be late, and has not begun: there is time left here."""
        if self._clocks_agree and pending.request.deadline.remaining_ms() > SLACK:
            self._clocks_agree = False
            log.warning("this machine's clock is behind a server's: deadlines are told without it")
        pending.tells_deadline = False
        if pending.is_sent:
            self._in_flight -= 1
            pending.is_sent = False
            self._offer(pending)

    def _passed(self, name: str) -> None:
        self._expire(self._pending[name])

    def _expire(self, pending: Pending) -> None:
        name = pending.request.name
        if pending.was_sent:
            self._end(pending, DeadlineExceeded(f"no reply to `{name}` before the deadline"))
            return
        why = self._outlet.failure()
        because = f": {why}" if why else ""
        text = f"the deadline passed before `{name}` was sent{because}"
        self._end(pending, ExpiredUnstarted(text))

    def _end(self, pending: Pending, outcome: Outcome) -> None:
        if not self._is_open(pending):
            return
        self._forget(pending)
        if pending.is_doubtful and is_refusal(outcome):
            # That holds for the last try alone.
            text = (
                f"the connection to {self._shown} was lost: `{pending.request.name}` may have run"
            )
            outcome = ConnectionLost(text)
        pending.settle(outcome)
        if self._waiting and not self._is_closed:
            self._pump()

    def _forget(self, pending: Pending) -> None:
        del self._pending[pending.request.message_id]
        self._awaited -= not pending.is_call
        if pending.is_sent:
            self._in_flight -= 1

    def _pump(self) -> None:
        """Send what waits, in its order, as far as it may be."""
        while self._waiting:
            pending = self._waiting[0]
            is_open = self._is_open(pending)
            if is_open and not self._may_send(pending):
                return
            self._waiting.popleft()
            if is_open:
                self._send(pending)

    def _is_open(self, pending: Pending) -> bool:
        """Whether it has not ended."""
        return self._pending.get(pending.request.message_id) is pending

    def _changed(self) -> None:
        failure = self._outlet.hopeless()
        if failure is not None:
            waiting, self._waiting = self._waiting, deque()
            for pending in waiting:
                self._end(pending, failure)
        self._pump()

    def _lost_replies(self) -> None:
        """End the calls whose replies had nowhere to go, or send them again."""
        for pending in list(self._pending.values()):
            if pending.is_call and pending.is_sent:
                text = f"the connection to {self._shown} was lost before the reply"
                self._repeat_or_end(pending, text)


def _is_late(reply: Reply) -> bool:
    return isinstance(reply, Failure) and reply.code == errors.EXPIRED_UNSTARTED
