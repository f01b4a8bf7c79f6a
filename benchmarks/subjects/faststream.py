"""FastStream over RabbitMQ: subscribers with pydantic models, and its `request`."""

import asyncio
from importlib import import_module
from typing import Any

from pydantic import BaseModel

from benchmarks.subject import Host, Place
from benchmarks.work import DATA, Work, records

rabbit: Any = import_module("faststream.rabbit")
FAN = rabbit.RabbitExchange("fan", type=rabbit.ExchangeType.FANOUT)
TIMEOUT = 60.0
"""Seconds; its own default of 0.5 ends calls that only wait for their turn."""


class Record(BaseModel):
    """A record."""

    id: str
    name: str
    size_gb: int
    price: float
    is_active: bool
    owner: str
    labels: list[str]


class _Client:
    def __init__(self, broker: Any) -> None:
        self._broker = broker
        self._records = records()

    async def call(self, work: Work) -> object:
        match work:
            case Work.ADD:
                return await self._ask({"a": 2, "b": 3}, "add")
            case Work.RECORDS:
                return await self._ask(self._records, "echo")
            case Work.BYTES:
                return await self._ask(DATA, "length")
            case Work.CASTS:
                return await self._broker.publish(1, "note")
            case _:
                return await self._broker.publish(1, exchange=FAN)

    async def _ask(self, message: object, queue: str) -> object:
        reply = await self._broker.request(message, queue, timeout=TIMEOUT)
        answer: object = await reply.decode()
        return answer

    async def close(self) -> None:
        await self._broker.stop()


def serve(place: Place, host: Host) -> None:
    """Serve for ever."""
    asyncio.run(_serve(place, host))


async def client(place: Place) -> _Client:
    """Return a client."""
    broker = rabbit.RabbitBroker(place.url)
    await broker.start()
    return _Client(broker)


async def _serve(place: Place, host: Host) -> None:
    for number in range(place.receivers):
        await _start(rabbit.RabbitBroker(place.url), host, f"heard-{number}")
    host.ready()
    await asyncio.Event().wait()


async def _start(broker: Any, host: Host, own: str) -> None:
    async def hear(number: int) -> None:
        host.heard()

    for queue, answer in (("add", _add), ("echo", _echo), ("length", _length), ("note", hear)):
        broker.subscriber(queue)(answer)
    broker.subscriber(own, FAN)(hear)
    await broker.start()


async def _add(a: int, b: int) -> int:
    return a + b


async def _echo(records: list[Record]) -> list[Record]:
    return records


async def _length(data: bytes) -> int:
    return len(data)
