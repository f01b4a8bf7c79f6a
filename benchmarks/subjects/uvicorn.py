"""The limit over HTTP: an ASGI function that reads and writes JSON, called with our HTTP client."""

import asyncio
import base64
from collections.abc import Awaitable, Callable, MutableMapping
from importlib import import_module
from typing import Any

from pydantic_core import from_json, to_json
from pyreqwest.client import ClientBuilder

from benchmarks.subject import Host, Place
from benchmarks.work import DATA, Work, records

uvicorn: Any = import_module("uvicorn")

Message = MutableMapping[str, Any]
HEADERS = [(b"content-type", b"application/json")]


class _Client:
    def __init__(self, place: Place) -> None:
        self._url = place.url
        self._client = _as_ours(ClientBuilder()).build()
        self._records = records()

    async def call(self, work: Work) -> object:
        match work:
            case Work.ADD:
                return await self._ask("add", [2, 3])
            case Work.RECORDS:
                return await self._ask("echo", [self._records])
            case _:
                return await self._ask("length", [base64.b64encode(DATA).decode()])

    async def _ask(self, method: str, params: list[object]) -> object:
        body = to_json({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        request = self._client.post(self._url).header("content-type", "application/json")
        response = await request.body_bytes(body).build().send()
        return from_json(bytes(await response.bytes()))["result"]

    async def close(self) -> None:
        await self._client.close()


def _as_ours(builder: ClientBuilder) -> ClientBuilder:
    """Return a builder with the options that our transport gives it."""
    builder = builder.http1_only().no_proxy().follow_redirects(enable=False)
    builder = builder.max_connections(1_024).pool_max_idle_per_host(256).tcp_nodelay(enabled=True)
    builder = builder.gzip(enable=False).brotli(enable=False)
    return builder.zstd(enable=False).deflate(enable=False)


async def _application(
    scope: Message,
    receive: Callable[[], Awaitable[Message]],
    send: Callable[[Message], Awaitable[None]],
) -> None:
    parts: list[bytes] = []
    has_more = True
    while has_more:
        message = await receive()
        parts.append(message.get("body", b""))
        has_more = message.get("more_body", False)
    asked = from_json(b"".join(parts))
    result = to_json({"jsonrpc": "2.0", "id": asked["id"], "result": _answer(**asked)})
    length = (b"content-length", str(len(result)).encode())
    await send({"type": "http.response.start", "status": 200, "headers": [*HEADERS, length]})
    await send({"type": "http.response.body", "body": result})


def _answer(method: str, params: list[Any], **_envelope: object) -> object:
    match method:
        case "add":
            return params[0] + params[1]
        case "echo":
            return params[0]
        case _:
            return len(base64.b64decode(params[0]))


def serve(place: Place, host: Host) -> None:
    """Serve for ever."""
    config = uvicorn.Config(
        _application,
        port=place.port,
        loop=place.loop,
        http="httptools",
        lifespan="off",
        ws="none",
        server_header=False,
        date_header=False,
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
