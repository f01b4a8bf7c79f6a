"""An HTTP server of our own: uvicorn around the application; the only file that imports it."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

import uvicorn

from rpcgen_runtime.http.application import Application
from rpcgen_runtime.url import Url

BACKLOG = 2_048
LAME_DUCK_SECONDS = 0.5
"""How long clients on open connections are asked to go before the connections are closed."""


class _Uvicorn(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ended = asyncio.Event()

    async def main_loop(self) -> None:
        """Wait for the end, rather than look for it ten times a second."""
        await self.ended.wait()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone: our own server drains, and knows why."""
        yield


class HttpAcceptor:
    """One listening socket."""

    def __init__(self, url: Url, application: Application) -> None:
        self._address = url
        self._application = application
        self._port = url.port
        self._uvicorn: _Uvicorn | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """Where clients reach it, with the port that the system chose."""
        host = f"[{self._address.host}]" if ":" in self._address.host else self._address.host
        return f"http://{host}:{self._port}{quote(self._address.path)}"

    async def start(self) -> None:
        """See Acceptor."""
        listening = _listen(self._address)
        self._port = listening.getsockname()[1]
        config = uvicorn.Config(
            self._application,
            http="httptools",
            lifespan="off",
            ws="none",
            access_log=False,
            log_config=None,
            log_level="warning",
            server_header=False,
            date_header=False,
            backlog=BACKLOG,
            root_path="",
            timeout_keep_alive=60,
        )
        self._uvicorn = _Uvicorn(config)
        self._task = asyncio.ensure_future(self._uvicorn.serve(sockets=[listening]))
        while not self._uvicorn.started:
            if self._task.done():
                await self._task
                raise OSError(f"no server came about at {self.url}")
            await asyncio.sleep(0.001)

    async def stop(self) -> None:
        """See Acceptor: no new connections, and none is kept after its next reply."""
        assert self._uvicorn is not None, "started before it is stopped"
        self._application.is_draining = True
        for listening in self._uvicorn.servers:
            listening.close()
        loop = asyncio.get_running_loop()
        until = loop.time() + LAME_DUCK_SECONDS
        while self._uvicorn.server_state.connections and loop.time() < until:
            await asyncio.sleep(0.01)

    async def close(self) -> None:
        """See Acceptor."""
        if self._uvicorn is not None and self._task is not None:
            self._uvicorn.ended.set()
            await self._task


def _listen(url: Url) -> socket.socket:
    family = socket.AF_INET6 if ":" in url.host else socket.AF_INET
    # asyncio turns Nagle's algorithm off only where the protocol is named.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((url.host, url.port))
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        reason = (error.strerror or "no such address").lower()
        message = f"cannot listen at `{url.host}`, port {url.port}: {reason}"
        raise OSError(error.errno, message) from error
    return listening
