"""The client's engine: what is sent, what is waited for, how each of it ends. On one event loop.

Strategy: every request is in one table from the moment it comes until it ends, once: by its reply,
by what the broker says of it, by its deadline, or by the loss of a connection. What the contract
allows to repeat is sent again with the same message id on the next connection.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from enum import Enum
from typing import TypeAlias

from rpcgen_runtime import errors
from rpcgen_runtime.amqp import topology, wire
from rpcgen_runtime.amqp.connection import Access, Channel, Connection
from rpcgen_runtime.amqp.link import Link
from rpcgen_runtime.amqp.messages import AmqpError, Delivery
from rpcgen_runtime.amqp.options import AmqpOptions
from rpcgen_runtime.amqp.publisher import Fate, Publisher
from rpcgen_runtime.amqp.topology import Route
from rpcgen_runtime.errors import (
    ConnectionLost,
    DeadlineExceeded,
    ExpiredUnstarted,
    NoServer,
    NotExecuted,
    Overloaded,
    RpcError,
    Unreachable,
)
from rpcgen_runtime.messages import Failure, Reach, Reply, Request, Verb
from rpcgen_runtime.telemetry import Measures
from rpcgen_runtime.url import Url

REFUSALS = 5
"""How often a cluster is asked again that did not take a message: a queue that lost its leader does
not until it has another one, and one that is full says so at once."""
FIRST_PAUSE = 0.05
"""Seconds before that; doubled each time."""
SPARE = 1_000
"""Ended requests that may stand among those that wait, before they are cleared away."""

Outcome: TypeAlias = Reply | Reach | RpcError
Settle: TypeAlias = Callable[[Outcome], None]
"""Called once, on the engine's event loop."""


class _State(Enum):
    WAITING = "waiting"
    """Not sent on this connection."""
    SENT = "sent"
    """Not confirmed yet."""
    CONFIRMED = "confirmed"
    """A queue has it; the reply is waited for."""


class _Pending:
    __slots__ = (
        "is_call", "is_doubtful", "refusals", "request", "route", "settle", "state", "timer",
        "was_sent",
    )  # fmt: skip

    def __init__(self, request: Request, route: Route, settle: Settle) -> None:
        self.request, self.route, self.settle = request, route, settle
        self.is_call = request.verb is Verb.CALL
        self.state = _State.WAITING
        self.was_sent = False
        self.refusals = 0
        self.is_doubtful = False
        """Whether an earlier try of it may have been executed."""
        self.timer: asyncio.TimerHandle | None = None

    @property
    def may_repeat(self) -> bool:
        """Whether it may be sent again when its outcome is unknown."""
        return self.request.repeatable or self.request.verb in {Verb.CAST, Verb.EVENT}


class Requests:
    """Sends requests through a broker; see the module. Used on its event loop only."""

    def __init__(
        self, url: Url, access: Access, options: AmqpOptions, measures: Measures, max_reply: int
    ) -> None:
        self._options = options
        self._measures = measures
        self._max_reply = max_reply
        self._pending: dict[str, _Pending] = {}
        self._waiting: deque[_Pending] = deque()
        self._in_flight = 0
        self._reply_to: str | None = None
        self._exchanges: set[str] = set()
        self._declaring: set[asyncio.Task[None]] = set()
        self._is_closed = False
        self._shown = url.shown
        self._patience = REFUSALS if len(url.hosts) > 1 else 0
        self._replies = Link(url.hosts, access, measures, "replies")
        self._sending = Link(url.hosts, access, measures, "publishing")
        self._publisher = Publisher(self._sending, options.confirm_timeout, measures)

    def start(self) -> None:
        """Begin to connect."""
        self._replies.start(self._prepare_replies, self._lost_replies, self._changed)
        self._sending.start(self._prepare_sending, self._lost_sending, self._changed)

    async def close(self) -> None:
        """End everything; what is under way ends as far as it is known."""
        self._is_closed = True
        for pending in list(self._pending.values()):
            error: RpcError = Unreachable("the transport is closed")
            if pending.was_sent:
                error = ConnectionLost("the transport was closed before the end")
            self._end(pending, error)
        self._publisher.close()
        for task in self._declaring:
            task.cancel()
        await asyncio.gather(self._sending.close(), self._replies.close())

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
        pending = _Pending(request, topology.route(request), settle)
        key = request.message_id
        if key in self._pending:
            # The same call's earlier try was given up and is not known to have ended.
            self._forget(self._pending[key])
        self._pending[key] = pending
        loop = asyncio.get_running_loop()
        pending.timer = loop.call_at(request.deadline.at, self._expire, pending)
        if not self._waiting and self._may_send(pending):
            self._send(pending)
            return
        failure = self._hopeless()
        if failure is not None:
            self._end(pending, failure)
            return
        self._waiting.append(pending)

    def _may_send(self, pending: _Pending) -> bool:
        if not self._publisher.is_ready or self._reply_to is None:
            return False
        if self._in_flight >= self._options.max_pending:
            return False
        exchange = pending.route.exchange
        if exchange not in self._exchanges:
            self._declare(exchange)
            return False
        return True

    def _send(self, pending: _Pending) -> None:
        if pending.request.deadline.passed():
            self._expire(pending)
            return
        route = pending.route
        try:
            message = wire.encode_request(
                pending.request,
                is_msgpack=self._options.body == "msgpack",
                max_body=self._options.max_body,
                reply_to=self._reply_to,
            )
        except RpcError as error:
            self._end(pending, error)
            return
        pending.state = _State.SENT
        self._in_flight += 1
        try:
            self._publisher.publish(
                route.exchange,
                route.key,
                message,
                lambda fate: self._fated(pending, fate),
                mandatory=route.mandatory,
            )
        except AmqpError:
            self._in_flight -= 1
            pending.state = _State.WAITING
            self._waiting.appendleft(pending)
            return
        pending.was_sent = True

    def _fated(self, pending: _Pending, fate: Fate) -> None:
        if not self._is_open(pending):
            return
        if fate is Fate.CONFIRMED:
            if pending.state is _State.SENT:
                pending.state = _State.CONFIRMED
            if not pending.is_call:
                self._end(pending, Reach())
        elif fate is Fate.RETURNED:
            self._measures.unroutable()
            self._end(pending, NoServer(f"nobody serves {_told(pending.request)}"))
        elif fate is Fate.REFUSED:
            self._refused(pending)
        else:
            self._repeat_or_end(
                pending, "before the broker had confirmed it", self._publisher.ended
            )

    def _refused(self, pending: _Pending) -> None:
        """Try again what the broker did not take, where a queue may just have lost its leader."""
        if pending.refusals >= self._patience:
            name = pending.request.name
            self._end(pending, Overloaded(f"the queue is full, or has no leader: `{name}`"))
            return
        self._in_flight -= 1
        pending.state = _State.WAITING
        pause = FIRST_PAUSE * 2**pending.refusals
        pending.refusals += 1
        self._publisher.renew()
        asyncio.get_running_loop().call_later(pause, self._offer, pending)

    def _offer(self, pending: _Pending) -> None:
        if self._is_open(pending):
            self._waiting.append(pending)
            self._pump()

    def _repeat_or_end(self, pending: _Pending, when: str, reason: AmqpError | None = None) -> None:
        if pending.state is _State.WAITING:
            return  # the other connection was lost before, and it is sent again already
        self._in_flight -= 1
        pending.state = _State.WAITING
        is_fatal = reason is not None and reason.is_fatal
        pending.is_doubtful = True
        if pending.may_repeat and not is_fatal and not self._is_closed:
            self._waiting.append(pending)
            return
        text = f"the connection to {self._shown} was lost {when}: `{pending.request.name}`"
        self._end(pending, ConnectionLost(f"{text}: {reason}" if is_fatal else text))

    def _on_reply(self, delivery: Delivery) -> None:
        message = delivery.message
        pending = self._pending.get(message.correlation_id or "")
        if pending is None or not pending.is_call or not pending.was_sent:
            self._measures.late_reply()
            return
        try:
            reply = wire.decode_reply(message, max_body=self._max_reply)
        except RpcError as error:
            self._end(pending, error)
            return
        self._end(pending, reply)

    def _expire(self, pending: _Pending) -> None:
        name = pending.request.name
        if pending.was_sent:
            self._end(pending, DeadlineExceeded(f"no reply to `{name}` before the deadline"))
            return
        why = self._failure()
        told = f": {why}" if why else ""
        text = f"the deadline passed before `{name}` was sent{told}"
        self._end(pending, ExpiredUnstarted(text))

    def _end(self, pending: _Pending, outcome: Outcome) -> None:
        if not self._is_open(pending):
            return
        self._forget(pending)
        if pending.is_doubtful and _is_refusal(outcome):
            # That holds for the last try alone.
            text = (
                f"the connection to {self._shown} was lost: `{pending.request.name}` may have run"
            )
            outcome = ConnectionLost(text)
        pending.settle(outcome)
        if self._waiting and not self._is_closed:
            self._pump()

    def _forget(self, pending: _Pending) -> None:
        del self._pending[pending.request.message_id]
        if pending.timer is not None:
            pending.timer.cancel()
        if pending.state is not _State.WAITING:
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

    def _is_open(self, pending: _Pending) -> bool:
        """Whether it has not ended."""
        return self._pending.get(pending.request.message_id) is pending

    def _changed(self) -> None:
        failure = self._hopeless()
        if failure is not None:
            waiting, self._waiting = self._waiting, deque()
            for pending in waiting:
                self._end(pending, failure)
        self._pump()

    def _hopeless(self) -> RpcError | None:
        """Return why nothing can be sent for long.

        No host answers a new transport, or each says that somebody must mend something. Within an
        outage there is hope, and requests wait.
        """
        for link in (self._sending, self._replies):
            failure = link.failure
            if failure is not None and (failure.is_fatal or not link.was_up):
                return Unreachable(f"no connection to {self._shown}: {failure}")
        return None

    def _failure(self) -> AmqpError | str | None:
        connection = self._sending.connection
        if connection is not None and connection.is_blocked:
            return "the broker takes no messages at the moment"
        return self._sending.failure or self._replies.failure

    async def _prepare_replies(self, connection: Connection) -> None:
        channel = await connection.channel()
        channel.closed.add_done_callback(lambda _: connection.abort("a channel was closed"))
        name = await channel.declare_queue(topology.REPLIES)
        await channel.consume(
            name,
            self._on_reply,
            on_cancel=lambda: connection.abort("the queue for replies is gone"),
            auto_ack=True,
        )
        self._reply_to = name

    def _lost_replies(self, _reason: AmqpError) -> None:
        """End the calls whose replies had nowhere to go, or send them again."""
        self._reply_to = None
        for pending in list(self._pending.values()):
            if pending.is_call and pending.state is not _State.WAITING:
                self._repeat_or_end(pending, "before the reply")

    async def _prepare_sending(self, connection: Connection) -> None:
        self._exchanges = set()
        await self._publisher.prepare(connection)

    def _lost_sending(self, _reason: AmqpError) -> None:
        self._exchanges = set()

    def _declare(self, exchange: str) -> None:
        """Declare an exchange, once for each connection: publishing to none closes the channel."""
        connection = self._sending.connection
        if connection is None or any(it.get_name() == exchange for it in self._declaring):
            return
        task = asyncio.create_task(self._declare_on(connection, exchange), name=exchange)
        self._declaring.add(task)
        task.add_done_callback(self._declared)

    async def _declare_on(self, connection: Connection, name: str) -> None:
        for exchange in topology.exchanges(name):
            channel: Channel | None = None
            try:
                channel = await connection.channel()
                await channel.declare_exchange(exchange.name, "topic", exchange.arguments)
                await channel.close()
            except AmqpError as error:
                # It is there as somebody else wants it, or is theirs to make.
                if error.code not in {403, 406}:
                    return
        if connection is self._sending.connection:
            self._exchanges.add(name)

    def _declared(self, task: "asyncio.Task[None]") -> None:
        self._declaring.discard(task)
        if not task.cancelled():
            task.exception()
            self._pump()


def _is_refusal(outcome: Outcome) -> bool:
    """Whether it says that the handler did not start."""
    if isinstance(outcome, Failure):
        return issubclass(errors.BY_CODE.get(outcome.code, RpcError), NotExecuted)
    return isinstance(outcome, NotExecuted)


def _told(request: Request) -> str:
    target = request.target
    assert target is not None, "a request that is sent has a Target"
    server = f" on server `{target.server}`" if target.server else ""
    return f"topic `{target.topic}` of exchange `{target.exchange}`{server}: `{request.name}`"
