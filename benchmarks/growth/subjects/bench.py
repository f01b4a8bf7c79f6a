"""The benchmark's contract, on an event loop; what is given no records is not answered."""

import asyncio
from contextlib import AsyncExitStack

from benchmarks.generated.bench import v1
from benchmarks.growth.site import MAX_BODY, Site
from benchmarks.subject import Host
from rpcgen_runtime import Context, HttpLimits, Server, connect_async

MAX_IN_FLIGHT = 20_000
"""So that ten thousand callers are taken."""


class _Bench(v1.BenchServer):
    async def add(self, ctx: Context, a: int, b: int) -> int:
        return a + b

    async def echo(self, ctx: Context, records: list[v1.Record]) -> list[v1.Record]:
        if not records:
            await asyncio.Event().wait()
        return records

    async def length(self, ctx: Context, data: bytes) -> int:
        return len(data)

    async def note(self, ctx: Context, number: int) -> None: ...

    async def tell(self, ctx: Context, number: int) -> None: ...


class _Client:
    def __init__(self, url: str) -> None:
        self._held = AsyncExitStack()
        self._transport = connect_async(url)
        self._bench = v1.AsyncBenchClient(self._transport)

    async def open(self, url: str) -> None:
        if url.startswith("memory:"):
            await self._held.enter_async_context(server(url))
        await self._held.enter_async_context(self._transport)

    async def add(self) -> int:
        return await self._bench.add(2, 3)

    async def send(self, data: bytes) -> int:
        return await self._bench.length(data)

    async def hold(self) -> object:
        return await self._bench.echo([])

    async def close(self) -> None:
        await self._held.aclose()


def serve(site: Site, host: Host) -> None:
    """Serve for ever."""
    asyncio.run(_serve(site.url, host))


async def client(site: Site) -> _Client:
    """Return a client; over `memory://` with its server."""
    made = _Client(site.url)
    await made.open(site.url)
    return made


async def _serve(url: str, host: Host) -> None:
    async with server(url):
        host.ready()
        await asyncio.Event().wait()


def server(url: str) -> Server:
    limits = HttpLimits(max_body=MAX_BODY) if url.startswith("http:") else None
    return Server(url, [_Bench()], limits=limits, max_in_flight=MAX_IN_FLIGHT)
