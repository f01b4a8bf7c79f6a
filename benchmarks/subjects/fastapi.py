"""FastAPI with pydantic models, called with aiohttp."""

import asyncio
from importlib import import_module
from typing import Any

from pydantic import BaseModel

from benchmarks.subject import Host, Place
from benchmarks.work import DATA, Work, records

aiohttp: Any = import_module("aiohttp")
fastapi: Any = import_module("fastapi")
uvicorn: Any = import_module("uvicorn")


class Sum(BaseModel):
    """The arguments of `add`."""

    a: int
    b: int


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
    def __init__(self, place: Place) -> None:
        # No more than callers are there at once; its own limit is 100.
        self._session = aiohttp.ClientSession(
            place.url, connector=aiohttp.TCPConnector(limit=0), trust_env=False
        )
        self._records = records()

    async def call(self, work: Work) -> object:
        match work:
            case Work.ADD:
                return await self._ask("/add", json={"a": 2, "b": 3})
            case Work.RECORDS:
                return await self._ask("/echo", json=self._records)
            case _:
                return await self._ask("/length", data=DATA)

    async def _ask(self, path: str, *, json: object = None, data: bytes | None = None) -> object:
        async with self._session.post(path, json=json, data=data) as response:
            response.raise_for_status()
            answer: object = await response.json()
            return answer

    async def close(self) -> None:
        await self._session.close()


async def _add(given: Sum) -> int:
    return given.a + given.b


async def _echo(records: list[Record]) -> list[Record]:
    return records


async def _length(request: Any) -> int:
    return len(await request.body())


def serve(place: Place, host: Host) -> None:
    """Serve for ever."""
    application = fastapi.FastAPI()
    _length.__annotations__["request"] = fastapi.Request
    for path, answer in (("/add", _add), ("/echo", _echo), ("/length", _length)):
        application.post(path)(answer)
    config = uvicorn.Config(
        application,
        port=place.port,
        loop=place.loop,
        http="httptools",
        log_level="warning",
        access_log=False,
    )
    asyncio.run(_serve(uvicorn.Server(config), host))


async def client(place: Place) -> _Client:
    """Return a client."""
    return _Client(place)


async def _serve(server: Any, host: Host) -> None:
    host.ready()
    await server.serve()
