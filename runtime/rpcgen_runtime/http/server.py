"""An HTTP server of our own: one listening socket, uvicorn's protocol, our limits."""

import asyncio
import errno
import logging
import os
import resource
import socket
import stat
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from email.utils import formatdate
from typing import Protocol

import uvicorn

from rpcgen_runtime.http.application import Application, Receive, Scope, Send
from rpcgen_runtime.http.limits import HttpLimits
from rpcgen_runtime.http.protocol import READ_BYTES, Connection
from rpcgen_runtime.http.whole import State
from rpcgen_runtime.tls import ServerTls
from rpcgen_runtime.transport import DRAINING, NOT_STARTED
from rpcgen_runtime.url import UNIX, Host, Url

BACKLOG = 2_048
"""Connections that may wait to be accepted,"""
ACCEPTED_AT_ONCE = 64
"""and those that are accepted before others are served."""
LAME_DUCK_SECONDS = 0.5
"""How long clients on open connections are asked to go before the connections are closed."""
ACCEPT_STEPS = 5
"""Turns of the event loop in which what was accepted becomes a connection."""
SPARE_FILES = 128
"""Of the files that the process may have open, those that are left to others than connections."""

log = logging.getLogger("rpcgen_runtime.http")


class Served(Protocol):
    """An ASGI 3 application that asks its clients to go once it is told to."""

    is_draining: bool

    async def __call__(self, scope: Scope, receive: Receive, send: Send, /) -> None:
        """Serve one request."""
        ...


class HttpAcceptor:
    """One listening socket."""

    def __init__(
        self, url: Url, application: Served, limits: HttpLimits, tls: ServerTls | None
    ) -> None:
        """Take where to listen. Raises ValueError for a URL or certificates that do not fit."""
        if len(url.hosts) > 1:
            raise ValueError("a server listens at one host")
        if (url.scheme == "https") != (tls is not None):
            raise ValueError("a server at `https://`, and no other, has `tls`")
        self._address = url
        self._host = url.hosts[0] if url.hosts else Host("localhost", 0)
        self._application = application
        self._limits = _possible(limits)
        self._tls = None if tls is None else tls.context()
        self._wants_certificate = tls is not None and tls.client_ca is not None
        self._state = State()
        self._server: asyncio.Server | None = None
        self._clock: asyncio.TimerHandle | None = None

    @property
    def url(self) -> str:
        """Where clients reach it, with the port that the system chose."""
        if self._address.scheme == UNIX:
            return f"{UNIX}://{self._address.socket}"
        return self._address.at(self._host)

    @property
    def not_ready(self) -> Sequence[str]:
        """See Acceptor."""
        if self._application.is_draining:
            return [DRAINING]
        return [] if self._server is not None else [NOT_STARTED]

    async def start(self) -> None:
        """See Acceptor."""
        config = uvicorn.Config(
            self._application,
            http="httptools",
            lifespan="off",
            ws="none",
            access_log=False,
            log_config=None,
            server_header=False,
            date_header=False,
            proxy_headers=False,
            root_path="",
            timeout_keep_alive=self._limits.keep_alive,  # type: ignore[arg-type]  # seconds; a part of one is fine
        )
        config.load()

        application = self._application
        answering = application if isinstance(application, Application) else None
        room = memoryview(bytearray(READ_BYTES))

        def connection() -> Connection:
            return Connection(
                config, self._state, self._limits, room,
                wants_certificate=self._wants_certificate, answering=answering,
            )  # fmt: skip

        loop = asyncio.get_running_loop()
        self._tell_time(loop)
        handshake = None if self._tls is None else self._limits.header_timeout
        if self._address.scheme == UNIX:
            listening = _listen_unix(self._address.socket)
            self._server = await loop.create_unix_server(
                connection, sock=listening, backlog=ACCEPTED_AT_ONCE
            )
            listening.listen(BACKLOG)
            return
        listening = _listen(self._host)
        self._host = Host(self._host.name, listening.getsockname()[1])
        self._server = await loop.create_server(
            connection,
            sock=listening,
            backlog=ACCEPTED_AT_ONCE,
            ssl=self._tls,
            ssl_handshake_timeout=handshake,
        )
        # asyncio has one number for what may wait and for what is accepted in one turn of its loop,
        # in which nobody else is served.
        listening.listen(BACKLOG)

    async def stop(self) -> None:
        """See Acceptor: no new connections, and none is kept after its next reply."""
        assert self._server is not None, "started before it is stopped"
        self._application.is_draining = True
        self._server.close()
        if self._address.scheme == UNIX:
            with suppress(OSError):
                os.unlink(self._address.socket)
        loop = asyncio.get_running_loop()
        until = loop.time() + LAME_DUCK_SECONDS
        while self._state.connections and loop.time() < until:
            await asyncio.sleep(0.01)

    async def abandon(self) -> None:
        """See Acceptor: who waits for an answer is told when the process ends."""

    async def close(self) -> None:
        """See Acceptor."""
        if self._clock is not None:
            self._clock.cancel()
        for _ in range(ACCEPT_STEPS):
            await asyncio.sleep(0)
        for connection in list(self._state.connections):
            connection.shutdown()
        # One that was cancelled before it began is done, and has told nobody.
        while self._state.connections or not all(it.done() for it in self._state.tasks):
            await asyncio.sleep(0.005)

    def _tell_time(self, loop: asyncio.AbstractEventLoop) -> None:
        """Write the date of the answers (RFC 9110, section 6.6.1) once a second, not in each."""
        self._state.tell([(b"date", formatdate(usegmt=True).encode())])
        self._clock = loop.call_later(1.0, self._tell_time, loop)


def _possible(limits: HttpLimits) -> HttpLimits:
    """Return the limits with no more connections than the process may have files."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = max(files - SPARE_FILES, files // 2)
    if files == resource.RLIM_INFINITY or limits.max_connections <= most:
        return limits
    log.info("this process may have %s files: at most %s connections", files, most)
    return replace(limits, max_connections=most)


def _listen(host: Host) -> socket.socket:
    family = socket.AF_INET6 if ":" in host.name else socket.AF_INET
    # asyncio turns Nagle's algorithm off only where the protocol is named.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host.name, host.port))
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        reason = (error.strerror or "no such address").lower()
        message = f"cannot listen at `{host.name}`, port {host.port}: {reason}"
        raise OSError(error.errno, message) from error
    return listening


def _listen_unix(path: str) -> socket.socket:
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        _remove_stale(path)
        listening.bind(path)
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        reason = (error.strerror or "unknown reason").lower()
        raise OSError(error.errno, f"cannot listen at `{path}`: {reason}") from error
    return listening


def _remove_stale(path: str) -> None:
    """Remove a socket that a server left behind; nothing else, and none that somebody serves."""
    try:
        is_socket = stat.S_ISSOCK(os.lstat(path).st_mode)
    except FileNotFoundError:
        return
    if not is_socket:
        raise OSError(errno.EEXIST, "there is a file that is no socket")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(path)
        except ConnectionRefusedError:
            os.unlink(path)
            return
    raise OSError(errno.EADDRINUSE, "another server listens there")
