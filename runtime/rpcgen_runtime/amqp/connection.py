"""One AMQP connection, from open to closed, and its channels; on one event loop.

Beside `guard` the only file that knows pika; what pika raises ends here, as AmqpError.
"""

import asyncio
import logging
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import pika
from pika import exceptions as problems
from pika import spec
from pika.compat import long

from rpcgen_runtime.amqp.guard import GuardedConnection, Unreadable
from rpcgen_runtime.amqp.messages import AmqpError, Delivery, Message, Queue, Table
from rpcgen_runtime.url import Host

USER_TIMEOUT_MS = 20_000
"""For which sent bytes may stay unacknowledged by the other machine (tcp(7), TCP_USER_TIMEOUT)."""
ANSWER_TIMEOUT = 6.0
"""Seconds in which the broker answers what is asked on a channel: a quorum queue without a leader
may never."""
CLOSE_TIMEOUT = 1.0
"""Seconds in which the broker answers a farewell."""

OnDelivery: TypeAlias = Callable[[Delivery], None]
OnConfirm: TypeAlias = Callable[[int, bool, bool], None]
"""Delivery tag, whether all before it too, whether the broker took it."""
OnReturn: TypeAlias = Callable[[Message], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """How a broker is entered."""

    vhost: str
    user: str
    password: str = field(repr=False)
    heartbeat: int
    timeout: float
    """Seconds for one host."""
    tls: ssl.SSLContext | None
    name: str
    """Shown to who looks at the broker's connections."""


class Connection:
    """An open connection; used on its event loop only."""

    def __init__(self, raw: Any, host: Host) -> None:
        self.host = host
        self.closed: asyncio.Future[AmqpError] = asyncio.get_running_loop().create_future()
        """Done when it is closed: the reason."""
        self.is_blocked = False
        """Whether the broker takes no messages at the moment."""
        self.on_blocked: Callable[[], None] | None = None
        """Called when `is_blocked` changes."""
        self._raw = raw
        raw.add_on_connection_blocked_callback(lambda *_: self._set_blocked(value=True))
        raw.add_on_connection_unblocked_callback(lambda *_: self._set_blocked(value=False))

    async def channel(self) -> "Channel":
        """Open a channel. Raises AmqpError."""
        loop = asyncio.get_running_loop()
        opened: asyncio.Future[Any] = loop.create_future()
        if not self._raw.is_open:
            raise AmqpError(0, "the connection is closed")
        raw = self._raw.channel(on_open_callback=lambda it: _settle(opened, it))
        channel = Channel(raw, loop)
        await channel.answered(opened)
        return channel

    async def close(self) -> None:
        """Say farewell, and wait until it is closed."""
        if self._raw.is_open:
            with suppress(problems.AMQPError):
                self._raw.close()
        done, _ = await asyncio.wait([self.closed], timeout=CLOSE_TIMEOUT)
        if not done:
            self.abort("the broker does not answer")

    def abort(self, reason: str) -> None:
        """Close without asking: the broker does not answer, or is not to be waited for."""
        if not self.closed.done() and not self._raw.is_closed:
            self._raw._terminate_stream(problems.StreamLostError(reason))  # noqa: SLF001

    def _set_blocked(self, *, value: bool) -> None:
        if self.is_blocked != value:
            self.is_blocked = value
            if self.on_blocked is not None:
                self.on_blocked()


class Channel:
    """An open channel; used on its event loop only."""

    def __init__(self, raw: Any, loop: asyncio.AbstractEventLoop) -> None:
        self.closed: asyncio.Future[AmqpError] = loop.create_future()
        """Done when it is closed: the reason."""
        self._raw = raw
        self._loop = loop
        self._waiting: set[asyncio.Future[Any]] = set()
        self._on_empty: Callable[[], None] | None = None
        raw.add_on_close_callback(self._on_close)

    @property
    def is_open(self) -> bool:
        """Whether it can be used."""
        return bool(self._raw.is_open)

    async def answered(self, future: "asyncio.Future[Any]") -> Any:
        """Return what the broker answers. Raises AmqpError, also where it does not."""
        if self.closed.done():
            raise self.closed.result()
        self._waiting.add(future)
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT):
                return await future
        except TimeoutError:
            raise AmqpError(0, f"the broker did not answer within {ANSWER_TIMEOUT:g} s") from None
        finally:
            self._waiting.discard(future)

    async def declare_exchange(self, name: str, kind: str, arguments: Table) -> None:
        """Declare a durable exchange. Raises AmqpError."""
        await self._ask(
            lambda done: self._raw.exchange_declare(
                name, kind, durable=True, arguments=dict(arguments), callback=done
            )
        )

    async def declare_queue(self, queue: Queue, *, passive: bool = False) -> str:
        """Declare a queue, or with `passive` only look for it; return its name.

        Raises AmqpError.
        """
        found = await self._ask(
            lambda done: self._raw.queue_declare(
                queue.name,
                passive=passive,
                durable=queue.durable,
                exclusive=queue.exclusive,
                arguments=dict(queue.arguments),
                callback=done,
            )
        )
        return str(found.method.queue)

    async def count(self, queue: str) -> tuple[int, int]:
        """Return how many messages and consumers a queue has. Raises AmqpError."""
        found = await self._ask(
            lambda done: self._raw.queue_declare(queue, passive=True, callback=done)
        )
        return int(found.method.message_count), int(found.method.consumer_count)

    async def bind(self, queue: str, exchange: str, key: str) -> None:
        """Bind a queue. Raises AmqpError."""
        await self._ask(lambda done: self._raw.queue_bind(queue, exchange, key, callback=done))

    async def unbind(self, queue: str, exchange: str, key: str) -> None:
        """Undo a binding; one that is not there is fine. Raises AmqpError."""
        await self._ask(lambda done: self._raw.queue_unbind(queue, exchange, key, callback=done))

    async def consume(
        self,
        queue: str,
        on_delivery: OnDelivery,
        *,
        on_cancel: Callable[[], None] | None = None,
        prefetch: int = 0,
        auto_ack: bool = False,
    ) -> str:
        """Begin to take messages; return the consumer's tag. Raises AmqpError."""
        if prefetch:
            await self._ask(
                lambda done: self._raw.basic_qos(prefetch_count=prefetch, callback=done)
            )
        if on_cancel is not None:
            self._raw.add_on_cancel_callback(lambda _: on_cancel())

        def deliver(_channel: Any, method: Any, properties: Any, body: bytes) -> None:
            message = _message(properties, body)
            tag, redelivered = method.delivery_tag, bool(method.redelivered)
            on_delivery(Delivery(self, tag, message, is_redelivered=redelivered))

        found = await self._ask(
            lambda done: self._raw.basic_consume(queue, deliver, auto_ack=auto_ack, callback=done)
        )
        return str(found.method.consumer_tag)

    async def cancel(self, tag: str) -> None:
        """Take no more messages; those on their way still come. Raises AmqpError."""
        await self._ask(lambda done: self._raw.basic_cancel(tag, callback=done))

    async def confirm(self, on_confirm: OnConfirm, on_return: OnReturn) -> None:
        """Let the broker confirm what is published here. Raises AmqpError."""

        def confirmed(frame: Any) -> None:
            taken = isinstance(frame.method, spec.Basic.Ack)
            on_confirm(frame.method.delivery_tag, bool(frame.method.multiple), taken)

        def returned(_channel: Any, _method: Any, properties: Any, body: bytes) -> None:
            on_return(_message(properties, body))

        self._raw.add_on_return_callback(returned)
        await self._ask(lambda done: self._raw.confirm_delivery(confirmed, callback=done))

    def publish(self, exchange: str, key: str, message: Message, *, mandatory: bool) -> None:
        """Send a message. Raises AmqpError where the channel is closed."""
        try:
            self._raw.basic_publish(
                exchange, key, message.body, _properties(message), mandatory=mandatory
            )
        except (problems.AMQPError, AttributeError) as error:
            # pika's own transport is already gone where it raises the second.
            raise AmqpError(0, f"the channel is closed: {error!r}") from error

    def ack(self, tag: int) -> None:
        """Acknowledge a message that came on this channel; on a closed one, do nothing."""
        if self._raw.is_open:
            with suppress(problems.AMQPError, AttributeError):
                self._raw.basic_ack(tag)

    def give_back(self, tag: int) -> None:
        """Let the broker hand out again what came on this channel; marks it as redelivered."""
        if self._raw.is_open:
            with suppress(problems.AMQPError, AttributeError):
                self._raw.basic_nack(tag, requeue=True)

    async def get(self, queue: str) -> Delivery | None:
        """Take one message, to be acknowledged. Raises AmqpError."""
        got: asyncio.Future[Delivery | None] = self._loop.create_future()
        if self._on_empty is None:
            # One for all: pika takes away none that was not called.
            self._raw.add_callback(self._empty, [spec.Basic.GetEmpty], one_shot=False)
        self._on_empty = lambda: _settle(got, None)

        def taken(_channel: Any, method: Any, properties: Any, body: bytes) -> None:
            message = _message(properties, body)
            redelivered = bool(method.redelivered)
            found = Delivery(self, method.delivery_tag, message, is_redelivered=redelivered)
            _settle(got, found)

        self._raw.basic_get(queue, taken)
        found: Delivery | None = await self.answered(got)
        return found

    async def purge(self, queue: str) -> int:
        """Drop what waits in a queue; return how many. Raises AmqpError."""
        found = await self._ask(lambda done: self._raw.queue_purge(queue, callback=done))
        return int(found.method.message_count)

    def close_soon(self) -> None:
        """Close it without waiting."""
        if self._raw.is_open:
            with suppress(problems.AMQPError):
                self._raw.close()

    async def close(self) -> None:
        """Close it, and wait until it is."""
        self.close_soon()
        await asyncio.wait([self.closed], timeout=CLOSE_TIMEOUT)

    async def _ask(self, start: Callable[[Callable[[Any], None]], object]) -> Any:
        answer: asyncio.Future[Any] = self._loop.create_future()
        try:
            start(lambda frame: _settle(answer, frame))
        except (problems.AMQPError, AttributeError) as error:
            raise AmqpError(0, f"the channel is closed: {error!r}") from error
        return await self.answered(answer)

    def _empty(self, _frame: object) -> None:
        if self._on_empty is not None:
            self._on_empty()

    def _on_close(self, _channel: Any, reason: BaseException) -> None:
        error = _error(reason)
        _settle(self.closed, error)
        for future in list(self._waiting):
            if not future.done():
                future.set_exception(error)


async def open_connection(host: Host, access: Access) -> Connection:
    """Return an open connection to a broker. Raises AmqpError."""
    _quieten()
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[Any] = loop.create_future()
    workflow = GuardedConnection.create_connection(
        [_parameters(host, access)], lambda it: _settle(ended, it), custom_ioloop=loop
    )
    try:
        async with asyncio.timeout(access.timeout):
            found = await asyncio.shield(ended)
    except (TimeoutError, asyncio.CancelledError) as error:
        ended.add_done_callback(_close_late)
        if not ended.done():
            _abort(workflow)
        if isinstance(error, asyncio.CancelledError):
            raise
        raise AmqpError(0, f"{host} did not answer within {access.timeout:g} s") from None
    if isinstance(found, BaseException):
        raise _error(found)
    connection = Connection(found, host)
    found.add_on_close_callback(lambda _, reason: _settle(connection.closed, _error(reason)))
    found.watch()
    return connection


def _abort(workflow: Any) -> None:
    """Give up on a connection that is being opened."""
    try:
        workflow.abort()
    except AssertionError:
        # pika's own, in the middle of a handshake: that would go on if it was not ended here.
        raw = workflow._connector._amqp_conn  # noqa: SLF001
        if raw is not None and not raw.is_closed:
            raw._terminate_stream(problems.StreamLostError("given up"))  # noqa: SLF001


def _close_late(ended: "asyncio.Future[Any]") -> None:
    """Close a connection that came about when nobody waited for it any more."""
    found = ended.result()
    if not isinstance(found, BaseException) and found.is_open:
        found.close()


def _parameters(host: Host, access: Access) -> Any:
    options = None
    if access.tls is not None:
        options = pika.SSLOptions(access.tls, host.name)
    tcp = {"TCP_USER_TIMEOUT": USER_TIMEOUT_MS} if hasattr(socket, "TCP_USER_TIMEOUT") else {}
    return pika.ConnectionParameters(
        host=host.name,
        port=host.port,
        virtual_host=access.vhost,
        credentials=pika.PlainCredentials(access.user, access.password),
        heartbeat=access.heartbeat,
        ssl_options=options,
        connection_attempts=1,
        # Ours is what holds: pika's own asserts where the broker answers at the last moment.
        socket_timeout=access.timeout * 2,
        stack_timeout=access.timeout * 2,
        client_properties={"product": "rpcgen", "connection_name": access.name},
        tcp_options=tcp,
    )


def _quieten() -> None:
    """Let pika say only what nobody else does: it logs each lost connection, with tracebacks."""
    log = logging.getLogger("pika")
    if log.level == logging.NOTSET:
        log.setLevel(logging.CRITICAL)


def _settle(future: "asyncio.Future[Any]", value: object) -> None:
    if not future.done():
        future.set_result(value)


def _error(reason: BaseException) -> AmqpError:
    """Return what pika says of an end, in our words."""
    if isinstance(reason, AmqpError):
        return reason
    if isinstance(reason, problems.ConnectionClosed | problems.ChannelClosed):
        return AmqpError(int(reason.reply_code), str(reason.reply_text))
    if isinstance(reason, problems.ProbableAuthenticationError):
        return AmqpError(403, "user or password are refused")
    if isinstance(reason, problems.ProbableAccessDeniedError):
        return AmqpError(530, "the virtual host is refused, or not there")
    if isinstance(reason, problems.AMQPHeartbeatTimeout):
        return AmqpError(0, str(reason), is_heartbeat=True)
    nested: object = getattr(reason, "exceptions", None) or getattr(reason, "args", None)
    while isinstance(nested, list | tuple) and nested and isinstance(nested[-1], BaseException):
        inner = nested[-1]
        if isinstance(inner, OSError | problems.ConnectionClosed):
            return _error(inner)
        if isinstance(inner, problems.ProbableAuthenticationError):
            return _error(inner)
        if isinstance(inner, problems.ProbableAccessDeniedError):
            return _error(inner)
        nested = (
            getattr(inner, "exceptions", None) or getattr(inner, "exception", None) or inner.args
        )
        if isinstance(nested, BaseException):
            nested = (nested,)
    if isinstance(reason, OSError):
        return AmqpError(0, reason.strerror or str(reason) or type(reason).__name__)
    return AmqpError(0, str(reason)[:200] or type(reason).__name__)


def _properties(message: Message) -> Any:
    headers: Any = dict(message.headers)
    return spec.BasicProperties(
        content_type=message.content_type or None,
        headers=headers or None,
        delivery_mode=2 if message.is_durable else 1,
        correlation_id=message.correlation_id,
        reply_to=message.reply_to,
        expiration=None if message.expires_ms is None else str(message.expires_ms),
        message_id=message.message_id,
        type=message.kind or None,
    )


def _message(properties: Any, body: bytes) -> Message:
    if isinstance(properties, Unreadable):
        return Message(body=body, is_unreadable=True)
    expiration = _text(properties.expiration) or ""
    return Message(
        body=body,
        content_type=_text(properties.content_type) or "",
        kind=_text(properties.type) or "",
        message_id=_text(properties.message_id),
        correlation_id=_text(properties.correlation_id),
        reply_to=_text(properties.reply_to),
        expires_ms=int(expiration) if expiration.isascii() and expiration.isdigit() else None,
        is_durable=properties.delivery_mode == 2,
        headers=_headers(properties.headers),
    )


def _headers(found: object) -> dict[str, object]:
    """Return headers; pika has a class of its own for whole numbers of 64 bits."""
    if not isinstance(found, dict):
        return {}
    return {name: int(it) if isinstance(it, long) else it for name, it in found.items()}


def _text(value: object) -> str | None:
    """Return a text property; what is not UTF-8 counts as absent."""
    return value if isinstance(value, str) else None
