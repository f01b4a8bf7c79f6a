"""A contract that was made for the run; of its methods only `add` does anything."""

import asyncio
import sys
from importlib import import_module
from types import ModuleType
from typing import Any

from benchmarks.growth.contract import PACKAGE
from benchmarks.growth.site import Site
from benchmarks.subject import Host
from rpcgen_runtime import Context, Server, connect_async


class _Client:
    def __init__(self, package: Any, url: str) -> None:
        self._transport = connect_async(url)
        self._large = package.AsyncLargeClient(self._transport)

    async def add(self) -> object:
        return await self._large.add(2, 3)

    async def send(self, data: bytes) -> object:
        raise NotImplementedError

    async def hold(self) -> object:
        raise NotImplementedError

    async def close(self) -> None:
        await self._transport.close()


def serve(site: Site, host: Host) -> None:
    """Serve for ever."""
    asyncio.run(_serve(site, host))


async def client(site: Site) -> _Client:
    """Return a client."""
    return _Client(_package(site), site.url)


async def _serve(site: Site, host: Host) -> None:
    skeleton: Any = _package(site).LargeServer
    methods = dict.fromkeys(skeleton.__abstractmethods__, _nothing)
    endpoint = type("Large", (skeleton,), {**methods, "add": _add})
    async with Server(site.url, [endpoint()]):
        host.ready()
        await asyncio.Event().wait()


async def _add(endpoint: object, ctx: Context, a: int, b: int) -> int:
    return a + b


async def _nothing(endpoint: object, ctx: Context, **given: object) -> list[object]:
    return []


def _package(site: Site) -> ModuleType:
    sys.path.insert(0, site.folder)
    return import_module(PACKAGE)
