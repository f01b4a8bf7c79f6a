"""Ours, with coroutines: the generated stub and skeleton over the transport that the URL says."""

import asyncio
from contextlib import AsyncExitStack

from benchmarks.generated.bench import v1
from benchmarks.subject import Host, Place, Tally
from benchmarks.work import DATA, Work, records
from rpcgen_runtime import Context, Server, connect_async


class _Bench(v1.BenchServer):
    def __init__(self, host: Host) -> None:
        self._host = host

    async def add(self, ctx: Context, a: int, b: int) -> int:
        return a + b

    async def echo(self, ctx: Context, records: list[v1.Record]) -> list[v1.Record]:
        return records

    async def length(self, ctx: Context, data: bytes) -> int:
        return len(data)

    async def note(self, ctx: Context, number: int) -> None:
        self._host.heard()

    async def tell(self, ctx: Context, number: int) -> None:
        self._host.heard()


class _Ear(v1.BenchListener):
    def __init__(self, host: Host) -> None:
        self._host = host

    async def happened(self, ctx: Context, number: int) -> None:
        self._host.heard()


class _Client:
    def __init__(self, place: Place) -> None:
        self._held = AsyncExitStack()
        self._host = Host(lambda: None)
        self._transport = connect_async(place.url)
        self._bench = v1.AsyncBenchClient(self._transport)
        self._events = v1.AsyncBenchEvents(self._transport)
        self._records = [v1.Record.model_validate(it) for it in records()]

    async def open(self, place: Place) -> None:
        if place.url.startswith("memory:"):
            for number in range(place.receivers):
                await self._held.enter_async_context(_server(place, self._host, number))
        await self._held.enter_async_context(self._transport)

    async def call(self, work: Work) -> object:
        match work:
            case Work.ADD:
                return await self._bench.add(2, 3)
            case Work.RECORDS:
                return await self._bench.echo(self._records)
            case Work.BYTES:
                return await self._bench.length(DATA)
            case Work.CASTS:
                await self._bench.note(1)
            case Work.EVENTS:
                await self._events.happened(1)
            case Work.FANOUT:
                await self._bench.tell(1)
        return None

    def tally(self) -> Tally:
        return self._host.tally()

    async def close(self) -> None:
        await self._held.aclose()


def serve(place: Place, host: Host) -> None:
    """Serve for ever."""
    asyncio.run(_serve(place, host))


async def client(place: Place) -> _Client:
    """Return a client; over `memory://` with its server."""
    made = _Client(place)
    await made.open(place)
    return made


async def _serve(place: Place, host: Host) -> None:
    async with AsyncExitStack() as held:
        for number in range(place.receivers):
            await held.enter_async_context(_server(place, host, number))
        host.ready()
        await asyncio.Event().wait()


def _server(place: Place, host: Host, number: int) -> Server:
    name = f"bench-{number}"
    return Server(place.at(number), [_Bench(host), _Ear(host)], server=name)
