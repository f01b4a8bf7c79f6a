"""The limit over HTTP: an ASGI function that reads and writes JSON, called over our connections."""

import asyncio
import base64
from collections.abc import Awaitable, Callable, MutableMapping
from importlib import import_module
from typing import Any

from pydantic_core import from_json, to_json

from benchmarks.subject import Host, Place
from benchmarks.work import DATA, Work, records

uvicorn: Any = import_module("uvicorn")

Message = MutableMapping[str, Any]
HEADERS = [(b"content-type", b"application/json")]


class Asking:
    """A client but for how it posts."""

    def __init__(self) -> None:
        self._records = records()

    async def call(self, work: Work) -> object:
        """Do a piece of work."""
        match work:
            case Work.ADD:
                return await self._ask("add", [2, 3])
            case Work.RECORDS:
                return await self._ask("echo", [self._records])
            case _:
                return await self._ask("length", [base64.b64encode(DATA).decode()])

    async def post(self, body: bytes) -> bytes:
        """Return what is answered."""
        raise NotImplementedError

    async def _ask(self, method: str, params: list[object]) -> object:
        body = to_json({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        return from_json(await self.post(body))["result"]


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


async def client(place: Place) -> object:
    """Return a client."""
    # Here: who serves for another client has none of ours.
    from rpcgen_runtime import Deadline
    from rpcgen_runtime.http.exchange import Post
    from rpcgen_runtime.http.streams import Streams
    from rpcgen_runtime.messages import Request, Verb
    from rpcgen_runtime.transport import ClientSettings
    from rpcgen_runtime.url import parse_url

    class _Client(Asking):
        def __init__(self) -> None:
            super().__init__()
            self._streams = Streams(parse_url(place.url), ClientSettings())

        async def post(self, body: bytes) -> bytes:
            request = Request(Verb.CALL, "", b"", None, Deadline.after(60.0), "1", {})
            return (await self._streams.post(Post(request, 1, body), place.url)).body

        async def close(self) -> None:
            await self._streams.close()

    return _Client()


async def _serve(server: Any, host: Host) -> None:
    host.ready()
    await server.serve()
