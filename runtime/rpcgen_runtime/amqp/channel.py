"""A channel of an AMQP connection, as awaitables; on one event loop."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeAlias

from pika import exceptions as problems
from pika import spec

from rpcgen_runtime.amqp.acks import Acks
from rpcgen_runtime.amqp.frames import Unusual, write_message, write_question
from rpcgen_runtime.amqp.guard import GuardedConnection
from rpcgen_runtime.amqp.inbox import Inbox, OnConfirm
from rpcgen_runtime.amqp.messages import AmqpError, Delivery, Message, Queue, Table
from rpcgen_runtime.amqp.translation import error_of, message_of, properties_of

ANSWER_TIMEOUT = 15.0
"""Seconds in which the broker answers what it can answer alone. One to which thousands come back at
once is slow, and slower for each that gives up and asks again."""
QUEUE_TIMEOUT = 6.0
"""Seconds in which a queue answers that others may use: one without a leader may never."""
CLOSE_TIMEOUT = 1.0
"""Seconds in which the broker answers a farewell."""

OnDelivery: TypeAlias = Callable[[Delivery], None]
OnReturn: TypeAlias = Callable[[Message], None]


class Channel:
    """An open channel; used on its event loop only."""

    def __init__(self, raw: Any, loop: asyncio.AbstractEventLoop) -> None:
        self.is_open = True
        """Whether it can be used."""
        self.closed: asyncio.Future[AmqpError] = loop.create_future()
        """Done when it is closed: the reason."""
        self._raw = raw
        self._loop = loop
        self._waiting: set[asyncio.Future[Any]] = set()
        self._on_empty: Callable[[], None] | None = None
        self._inbox = Inbox()
        self._connection: GuardedConnection = raw.connection
        self._number: int = raw.channel_number
        self._frame_max = self._connection.frame_max
        self._connection.inboxes[self._number] = self._inbox
        self._acks = Acks(self._number)
        raw.add_on_close_callback(self._on_close)

    async def answered(self, future: "asyncio.Future[Any]", within: float = ANSWER_TIMEOUT) -> Any:
        """Return what the broker answers within so many seconds. Raises AmqpError."""
        if self.closed.done():
            raise self.closed.result()
        self._waiting.add(future)
        try:
            async with asyncio.timeout(within):
                return await future
        except TimeoutError:
            raise AmqpError(0, f"the broker did not answer within {within:g} s") from None
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
            ),
            ANSWER_TIMEOUT if queue.exclusive else QUEUE_TIMEOUT,
        )
        return str(found.method.queue)

    async def count(self, queue: str) -> tuple[int, int]:
        """Return how many messages and consumers a queue has. Raises AmqpError."""
        found = await self._ask(
            lambda done: self._raw.queue_declare(queue, passive=True, callback=done),
            QUEUE_TIMEOUT,
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
        within: float = QUEUE_TIMEOUT,
    ) -> str:
        """Begin to take messages; return the consumer's tag. Raises AmqpError.

        `within` is how many seconds the queue may take: `ANSWER_TIMEOUT` for an exclusive one.
        """
        if prefetch:
            await self._ask(
                lambda done: self._raw.basic_qos(prefetch_count=prefetch, callback=done)
            )
        if on_cancel is not None:
            self._raw.add_on_cancel_callback(lambda _: on_cancel())

        def delivered(tag: int, is_redelivered: bool, message: Message) -> None:  # noqa: FBT001
            if not auto_ack:
                self._acks.add(tag)
            on_delivery(Delivery(self, tag, message, is_redelivered))

        self._inbox.on_delivered = delivered
        found = await self._ask(
            lambda done: self._raw.basic_consume(queue, _never, auto_ack=auto_ack, callback=done),
            within,
        )
        return str(found.method.consumer_tag)

    async def cancel(self, tag: str) -> None:
        """Take no more messages; those on their way have come when this ends. Raises AmqpError."""
        # Not by pika's own `basic_cancel`: what comes after that it gives back unasked, which marks
        # it as redelivered, and then nobody knows whether it was begun.
        ask, answer = spec.Basic.Cancel(consumer_tag=tag), spec.Basic.CancelOk
        await self._ask(lambda done: self._raw._rpc(ask, done, [(answer, {"consumer_tag": tag})]))  # noqa: SLF001
        # RabbitMQ answers before it has passed on what the queue had handed out: the next answer on
        # this channel comes behind all of it.
        await self._ask(lambda done: self._raw.basic_qos(callback=done))

    async def confirm(self, on_confirm: OnConfirm, on_return: OnReturn) -> None:
        """Let the broker confirm what is published here. Raises AmqpError."""

        def returned(_channel: Any, _method: Any, properties: Any, body: bytes) -> None:
            on_return(message_of(properties, body))

        self._raw.add_on_return_callback(returned)
        self._inbox.on_confirm = on_confirm
        await self._ask(lambda done: self._raw.confirm_delivery(_never, callback=done))

    def on_answer(self, answered: Callable[[], None]) -> None:
        """Take what is called each time when the broker has answered `ask`."""
        self._inbox.on_answer = answered

    def ask(self) -> None:
        """Ask what the broker answers once it has done all that was sent on this channel before."""
        self._connection.emit(write_question(self._number))

    def publish(self, exchange: str, key: str, message: Message, *, mandatory: bool) -> None:
        """Send a message. Raises AmqpError where the channel is closed."""
        if not self._raw.is_open:
            self.is_open = False  # its connection is being closed
            raise AmqpError(0, "the channel is closed")
        try:
            frames = write_message(
                self._number, exchange, key, message,
                mandatory=mandatory, frame_max=self._frame_max,
            )  # fmt: skip
        except Unusual:
            self._publish_unusual(exchange, key, message, mandatory=mandatory)
        else:
            self._connection.emit(frames)

    def _publish_unusual(
        self, exchange: str, key: str, message: Message, *, mandatory: bool
    ) -> None:
        try:
            self._raw.basic_publish(
                exchange, key, message.body, properties_of(message), mandatory=mandatory
            )
        except (problems.AMQPError, AttributeError) as error:
            # pika's own transport is already gone where it raises the second.
            raise AmqpError(0, f"the channel is closed: {error!r}") from error

    def ack(self, tag: int) -> None:
        """Acknowledge a message that came on this channel; on a closed one, do nothing."""
        if self.is_open and self._acks.done(tag):
            self._connection.acknowledge(self._acks)

    def give_back(self, tag: int) -> None:
        """Let the broker hand out again what came on this channel; marks it as redelivered."""
        if self._raw.is_open:
            with suppress(problems.AMQPError, AttributeError):
                self._raw.basic_nack(tag, requeue=True)
            self._acks.drop(tag)

    async def get(self, queue: str) -> Delivery | None:
        """Take one message, to be acknowledged. Raises AmqpError."""
        got: asyncio.Future[Delivery | None] = self._loop.create_future()
        if self._on_empty is None:
            # One for all: pika takes away none that was not called.
            self._raw.add_callback(self._empty, [spec.Basic.GetEmpty], one_shot=False)
        self._on_empty = lambda: settle(got, None)

        def taken(_channel: Any, method: Any, properties: Any, body: bytes) -> None:
            self._acks.add(method.delivery_tag)
            message = message_of(properties, body)
            redelivered = bool(method.redelivered)
            found = Delivery(self, method.delivery_tag, message, is_redelivered=redelivered)
            settle(got, found)

        self._raw.basic_get(queue, taken)
        found: Delivery | None = await self.answered(got, QUEUE_TIMEOUT)
        return found

    async def purge(self, queue: str) -> int:
        """Drop what waits in a queue; return how many. Raises AmqpError."""
        found = await self._ask(
            lambda done: self._raw.queue_purge(queue, callback=done), QUEUE_TIMEOUT
        )
        return int(found.method.message_count)

    def close_soon(self) -> None:
        """Close it without waiting."""
        self.is_open = False
        if self._raw.is_open:
            with suppress(problems.AMQPError):
                self._raw.close()

    async def close(self) -> None:
        """Close it, and wait until it is."""
        self.close_soon()
        await asyncio.wait([self.closed], timeout=CLOSE_TIMEOUT)

    async def _ask(
        self, start: Callable[[Callable[[Any], None]], object], within: float = ANSWER_TIMEOUT
    ) -> Any:
        answer: asyncio.Future[Any] = self._loop.create_future()
        try:
            start(lambda frame: settle(answer, frame))
        except (problems.AMQPError, AttributeError) as error:
            raise AmqpError(0, f"the channel is closed: {error!r}") from error
        return await self.answered(answer, within)

    def _empty(self, _frame: object) -> None:
        if self._on_empty is not None:
            self._on_empty()

    def _on_close(self, _channel: Any, reason: BaseException) -> None:
        self.is_open = False
        error = error_of(reason)
        if self._connection.inboxes.get(self._number) is self._inbox:
            del self._connection.inboxes[self._number]
        settle(self.closed, error)
        for future in list(self._waiting):
            if not future.done():
                future.set_exception(error)


def _never(*_: object) -> None:
    """Stand where pika wants something to call: what it would be called with goes elsewhere."""


def settle(future: "asyncio.Future[Any]", value: object) -> None:
    """End a future, unless it has ended."""
    if not future.done():
        future.set_result(value)
