"""aio-pika: its own pattern `RPC`."""

import asyncio
from importlib import import_module
from typing import Any

from benchmarks.subject import Host, Place
from benchmarks.work import DATA, Work, records

aio_pika: Any = import_module("aio_pika")
patterns: Any = import_module("aio_pika.patterns")


class _Client:
    def __init__(self, connection: Any, rpc: Any) -> None:
        self._connection = connection
        self._rpc = rpc
        self._records = records()

    async def call(self, work: Work) -> object:
        match work:
            case Work.ADD:
                return await self._rpc.call("add", {"a": 2, "b": 3})
            case Work.RECORDS:
                return await self._rpc.call("echo", {"records": self._records})
            case _:
                return await self._rpc.call("length", {"data": DATA})

    async def close(self) -> None:
        await self._connection.close()


def serve(place: Place, host: Host) -> None:
    """Serve for ever."""
    asyncio.run(_serve(place, host))


async def client(place: Place) -> _Client:
    """Return a client."""
    connection = await aio_pika.connect(place.url)
    return _Client(connection, await patterns.RPC.create(await connection.channel()))


async def _serve(place: Place, host: Host) -> None:
    connection = await aio_pika.connect(place.url)
    rpc = await patterns.RPC.create(await connection.channel())
    for name, answer in (("add", _add), ("echo", _echo), ("length", _length)):
        await rpc.register(name, answer, auto_delete=True)
    host.ready()
    await asyncio.Event().wait()


async def _add(a: int, b: int) -> int:
    return a + b


async def _echo(records: list[object]) -> list[object]:
    return records


async def _length(data: bytes) -> int:
    return len(data)
