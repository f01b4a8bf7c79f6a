"""The limit over AMQP: pika's asyncio connection, and what its tutorial of RPC does, pipelined.

Replies come to one exclusive queue, nothing is acknowledged to the broker; what nobody answers is
published with confirms.
"""

import asyncio
import base64
from collections.abc import Callable
from functools import partial
from itertools import count
from typing import Any

import pika
from pika.adapters.asyncio_connection import AsyncioConnection
from pydantic_core import from_json, to_json

from benchmarks.subject import Host, Place
from benchmarks.work import DATA, Work, records

CALLS, NOTES, FAN = "calls", "notes", "fan"


class _Confirms:
    """A channel whose messages are waited for until the broker has them."""

    def __init__(self, channel: Any) -> None:
        self._channel = channel
        self._tags = count(1)
        self._waiting: dict[int, asyncio.Future[None]] = {}

    async def open(self) -> None:
        await _done(partial(self._channel.confirm_delivery, self._on_confirmed))

    async def publish(self, exchange: str, key: str) -> None:
        done = asyncio.get_running_loop().create_future()
        self._waiting[next(self._tags)] = done
        self._channel.basic_publish(exchange, key, to_json(1))
        await done

    def _on_confirmed(self, frame: Any) -> None:
        last = frame.method.delivery_tag
        first = min(self._waiting) if frame.method.multiple else last
        for tag in range(first, last + 1):
            self._waiting.pop(tag).set_result(None)


class _Client:
    def __init__(self, channel: Any, confirms: _Confirms, replies: str) -> None:
        self._channel = channel
        self._confirms = confirms
        self._replies = replies
        self._numbers = count()
        self._pending: dict[str, asyncio.Future[object]] = {}
        self._records = records()

    async def open(self) -> None:
        await self._confirms.open()
        consume = partial(self._channel.basic_consume, self._replies, self._on_reply, auto_ack=True)
        await _done(consume)

    async def call(self, work: Work) -> object:
        match work:
            case Work.ADD:
                return await self._ask("add", [2, 3])
            case Work.RECORDS:
                return await self._ask("echo", [self._records])
            case Work.BYTES:
                return await self._ask("length", [base64.b64encode(DATA).decode()])
            case Work.CASTS:
                await self._confirms.publish("", NOTES)
            case Work.EVENTS | Work.FANOUT:
                await self._confirms.publish(FAN, "")
        return None

    async def _ask(self, method: str, params: list[object]) -> object:
        number = str(next(self._numbers))
        done = self._pending[number] = asyncio.get_running_loop().create_future()
        properties = pika.BasicProperties(reply_to=self._replies, correlation_id=number)
        body = to_json({"method": method, "params": params})
        self._channel.basic_publish("", CALLS, body, properties)
        return await done

    def _on_reply(self, _channel: Any, _method: Any, properties: Any, body: bytes) -> None:
        self._pending.pop(properties.correlation_id).set_result(from_json(body))

    async def close(self) -> None:
        self._channel.connection.close()


def serve(place: Place, host: Host) -> None:
    """Serve for ever."""
    asyncio.run(_serve(place, host))


async def client(place: Place) -> _Client:
    """Return a client."""
    channel = await _channel(place.url)
    confirms = _Confirms(await _second(channel))
    declared = await _done(partial(channel.queue_declare, "", exclusive=True))
    made = _Client(channel, confirms, declared.method.queue)
    await made.open()
    return made


async def _serve(place: Place, host: Host) -> None:
    for _ in range(place.receivers):
        channel = await _channel(place.url)
        await _done(partial(channel.queue_declare, CALLS))
        await _done(partial(channel.queue_declare, NOTES))
        await _done(partial(channel.exchange_declare, FAN, "fanout"))
        own = (await _done(partial(channel.queue_declare, "", exclusive=True))).method.queue
        await _done(partial(channel.queue_bind, own, FAN))
        heard = partial(_on_message, host)
        for queue, hear in ((CALLS, _on_request), (NOTES, heard), (own, heard)):
            await _done(partial(channel.basic_consume, queue, hear, auto_ack=True))
    host.ready()
    await asyncio.Event().wait()


def _on_request(channel: Any, _method: Any, properties: Any, body: bytes) -> None:
    answer = to_json(_answer(**from_json(body)))
    replied = pika.BasicProperties(correlation_id=properties.correlation_id)
    channel.basic_publish("", properties.reply_to, answer, replied)


def _on_message(host: Host, _channel: Any, _method: Any, _properties: Any, body: bytes) -> None:
    from_json(body)
    host.heard()


def _answer(method: str, params: list[Any]) -> object:
    match method:
        case "add":
            return params[0] + params[1]
        case "echo":
            return params[0]
        case _:
            return len(base64.b64decode(params[0]))


async def _channel(url: str) -> Any:
    opened = asyncio.get_running_loop().create_future()
    AsyncioConnection(
        pika.URLParameters(url),
        on_open_callback=lambda it: it.channel(on_open_callback=opened.set_result),
        on_open_error_callback=lambda _, error: opened.set_exception(error),
    )
    return await opened


async def _second(channel: Any) -> Any:
    opened = asyncio.get_running_loop().create_future()
    channel.connection.channel(on_open_callback=opened.set_result)
    return await opened


async def _done(command: Callable[..., object]) -> Any:
    done = asyncio.get_running_loop().create_future()
    command(callback=done.set_result)
    return await done
