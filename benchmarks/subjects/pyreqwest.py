"""The same ASGI function as the limit, called with pyreqwest."""

from importlib import import_module
from typing import Any

from benchmarks.subject import Place
from benchmarks.subjects.uvicorn import Asking, serve

__all__ = ["client", "serve"]

pyreqwest: Any = import_module("pyreqwest.client")


class _Client(Asking):
    def __init__(self, place: Place) -> None:
        super().__init__()
        self._url = place.url
        builder = pyreqwest.ClientBuilder().http1_only().no_proxy().follow_redirects(enable=False)
        builder = builder.max_connections(1_024).pool_max_idle_per_host(256)
        builder = builder.tcp_nodelay(enabled=True).gzip(enable=False).brotli(enable=False)
        self._client = builder.zstd(enable=False).deflate(enable=False).build()

    async def post(self, body: bytes) -> bytes:
        request = self._client.post(self._url).header("content-type", "application/json")
        response = await request.body_bytes(body).build().send()
        return bytes(await response.bytes())

    async def close(self) -> None:
        await self._client.close()


async def client(place: Place) -> _Client:
    """Return a client."""
    return _Client(place)
