"""`serve`: a server in the main thread, until a signal."""

import asyncio
import logging
import os
import signal
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from rpcgen_runtime.access import AccessPolicy, Authenticator
from rpcgen_runtime.endpoint import Endpoint
from rpcgen_runtime.executors import Executor
from rpcgen_runtime.http.limits import HttpLimits
from rpcgen_runtime.interceptors import Interceptor
from rpcgen_runtime.serializer import Serializer
from rpcgen_runtime.server import DRAIN_TIMEOUT, Server

if TYPE_CHECKING:
    from rpcgen_runtime.tls import ClientTls, ServerTls

log = logging.getLogger("rpcgen_runtime.server")


def serve(
    url: str,
    endpoints: Sequence[Endpoint],
    *,
    server: str | None = None,
    group: str | None = None,
    executor: Executor | None = None,
    interceptors: Sequence[Interceptor] = (),
    serializer: Serializer | None = None,
    max_in_flight: int = 4_096,
    authenticator: Authenticator | None = None,
    access: AccessPolicy | None = None,
    introspection: bool | None = None,
    limits: HttpLimits | None = None,
    tls: "ServerTls | ClientTls | None" = None,
    allowed_hosts: Sequence[str] | None = None,
    allowed_origins: Sequence[str] = (),
    health: str | None = None,
    drain_timeout: float = DRAIN_TIMEOUT,
    on_reset: Callable[[], None] | None = None,
    on_start: Callable[[Server], None] | None = None,
) -> None:
    """Serve in the main thread until SIGTERM or SIGINT, then drain; SIGHUP resets.

    Parameters are those of `Server`; `on_start` is called once requests are taken. A second signal
    ends the process at once. Raises as `Server` does.
    """
    running = Server(
        url,
        endpoints,
        server=server,
        group=group,
        executor=executor,
        interceptors=interceptors,
        serializer=serializer,
        max_in_flight=max_in_flight,
        authenticator=authenticator,
        access=access,
        introspection=introspection,
        limits=limits,
        tls=tls,
        allowed_hosts=allowed_hosts,
        allowed_origins=allowed_origins,
        health=health,
        drain_timeout=drain_timeout,
        on_reset=on_reset,
    )
    asyncio.run(_serve(running, on_start))


async def _serve(running: Server, on_start: Callable[[Server], None] | None) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _on_signal, ended, number)
    loop.add_signal_handler(signal.SIGHUP, running.reset)
    async with running:
        if on_start is not None:
            on_start(running)
        await ended.wait()
        log.info("draining %s requests", running.in_flight)


def _on_signal(ended: asyncio.Event, number: int) -> None:
    if ended.is_set():
        os._exit(128 + number)
    ended.set()
