"""Runs endpoints, in the background or on your event loop."""

import asyncio
import os
import socket
import threading
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, TypeVar

from typing_extensions import Self

from rpcgen_runtime.acceptors import accepting, telling_health
from rpcgen_runtime.access import AccessPolicy, Authenticator
from rpcgen_runtime.dispatch import ServerSettings
from rpcgen_runtime.endpoint import Endpoint
from rpcgen_runtime.executors import Executor, Threads
from rpcgen_runtime.http.limits import HttpLimits
from rpcgen_runtime.interceptors import Interceptor
from rpcgen_runtime.options import check_server
from rpcgen_runtime.serializer import Serializer
from rpcgen_runtime.url import parse_url

if TYPE_CHECKING:
    from rpcgen_runtime.tls import ClientTls, ServerTls

T = TypeVar("T")

DRAIN_TIMEOUT = 30.0
"""Seconds in which what was begun must end once a server stops."""


class DrainTimeout(TimeoutError):
    """Handlers still run although the time to drain is over."""


class Server:
    """Endpoints at a URL; started once.

    With `start`, `stop`, `wait` or a `with`, it lives on an event loop in a thread of its own;
    with an `async with`, on yours. `start` raises OSError where the address cannot be had, and
    ValueError for endpoints that cannot be told apart.
    """

    def __init__(
        self,
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
    ) -> None:
        """Prepare a server.

        `server` is the name by which clients may pick this one (default: host and process);
        listeners of one `group` share its events (default: each server gets all of them);
        `authenticator` tells who calls, `access` who may call what, and `introspection` whether
        the contract is told to who asks (default: only where neither of the two is given);
        `health` is a URL at which `/healthz` and `/readyz` are answered beside, such as
        `http://127.0.0.1:9090`; `on_reset` is called by `reset`. Over HTTP only: `limits`; `tls`,
        which `https://` needs; `allowed_hosts`, the names by which it may be called (default: on a
        loopback address those of this machine, else any); `allowed_origins`, the web pages that
        may call it. Raises ValueError for what does not fit together.
        """
        self.name = server or f"{socket.gethostname()}-{os.getpid()}-{id(self):x}"
        check_server(self.name)
        self._executor = executor or Threads()
        settings = ServerSettings(
            name=self.name,
            executor=self._executor,
            interceptors=interceptors,
            serializer=serializer,
            max_in_flight=max_in_flight,
            authenticator=authenticator,
            access=access,
            introspection=introspection,
        )
        self._drain_timeout = drain_timeout
        self._on_reset = on_reset
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._is_stopped = False
        self._acceptor, self._dispatcher = accepting(
            parse_url(url),
            endpoints,
            settings,
            is_named=server is not None,
            group=group,
            limits=limits,
            tls=tls,
            allowed_hosts=allowed_hosts,
            allowed_origins=allowed_origins,
        )
        self._health = None if health is None else telling_health(parse_url(health), self._acceptor)

    @property
    def url(self) -> str:
        """Where clients reach it; after the start with the port that the system chose for 0."""
        return self._acceptor.url

    @property
    def health_url(self) -> str | None:
        """Where health is told beside, as `url`; None where it is not."""
        return None if self._health is None else self._health.url

    @property
    def in_flight(self) -> int:
        """How many requests run or wait for a place."""
        return self._dispatcher.in_flight

    def start(self) -> None:
        """Begin to take requests, on an event loop in a thread of its own."""
        if self._thread is not None:
            return
        if self._is_stopped:
            raise RuntimeError("this server has stopped; make another one")
        loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=_run_loop, args=(loop,), name=f"rpcgen-{self.name}")
        self._thread.daemon = True
        self._thread.start()
        self._loop = loop
        try:
            self._await(self._start())
        except BaseException:
            self._end_thread()
            raise

    def stop(self) -> None:
        """Take no more requests; what was begun goes on. A second time does nothing."""
        if self._thread is not None:
            self._await(self._stop())

    def wait(self, timeout: float | None = None) -> None:
        """Return when what was begun is done, and everything is given back.

        `timeout` is in seconds, by default the server's `drain_timeout`. Raises DrainTimeout when
        handlers still run then; they are left to themselves.
        """
        if self._thread is None:
            return
        try:
            self._await(self._wait(self._drain_timeout if timeout is None else timeout))
        finally:
            self._end_thread()

    def reset(self) -> None:
        """Re-read what may change without a restart: calls `on_reset`."""
        if self._on_reset is not None:
            self._on_reset()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()
        self.wait()

    async def __aenter__(self) -> Self:
        await self._start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._stop()
        await self._wait(self._drain_timeout)

    async def run_until(self, ended: Awaitable[object]) -> None:
        """Serve on the running event loop until `ended` is done, then drain.

        Raises DrainTimeout as `wait` does.
        """
        async with self:
            await ended

    async def _start(self) -> None:
        self._dispatcher.table.warm()
        if self._health is not None:
            await self._health.start()
        try:
            await self._acceptor.start()
        except BaseException:
            await self._end_health()
            raise

    async def _end_health(self) -> None:
        if self._health is not None:
            await self._health.stop()
            await self._health.close()

    async def _stop(self) -> None:
        if not self._is_stopped:
            self._is_stopped = True
            await self._acceptor.stop()

    async def _wait(self, timeout: float) -> None:
        try:
            async with asyncio.timeout(timeout):
                while self._dispatcher.in_flight:
                    await asyncio.sleep(0.005)
                # What came in at the last moment is done too, and still finds the executor.
                await self._acceptor.close()
        except TimeoutError:
            left = self._dispatcher.in_flight
            await self._acceptor.abandon()
            raise DrainTimeout(f"{left} handlers still ran after {timeout} s") from None
        finally:
            self._executor.close()
            await self._end_health()

    def _await(self, work: Coroutine[object, object, T]) -> T:
        assert self._loop is not None, "called on a started server"
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def _end_thread(self) -> None:
        if self._loop is not None and self._thread is not None:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._thread, self._loop = None, None


def _run_loop(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
    finally:
        left = asyncio.all_tasks(loop)
        for task in left:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
