"""One AMQP connection, from open to closed; on one event loop.

Above `guard`, `sending`, `translation`, `channel` and this file nobody knows pika: what it raises
ends here, as AmqpError.
"""

import asyncio
import logging
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pika
from pika import exceptions as problems

from rpcgen_runtime.amqp.channel import CLOSE_TIMEOUT, Channel, settle
from rpcgen_runtime.amqp.guard import GuardedConnection
from rpcgen_runtime.amqp.messages import AmqpError
from rpcgen_runtime.amqp.translation import error_of
from rpcgen_runtime.url import Host

USER_TIMEOUT_MS = 20_000
"""For which sent bytes may stay unacknowledged by the other machine (tcp(7), TCP_USER_TIMEOUT)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """How a broker is entered."""

    vhost: str
    user: str
    password: str = field(repr=False)
    heartbeat: int
    timeout: float
    """Seconds for one host."""
    tls: ssl.SSLContext | None
    name: str
    """Shown to who looks at the broker's connections."""


class Connection:
    """An open connection; used on its event loop only."""

    def __init__(self, raw: Any, host: Host) -> None:
        self.host = host
        self.closed: asyncio.Future[AmqpError] = asyncio.get_running_loop().create_future()
        """Done when it is closed: the reason."""
        self.is_blocked = False
        """Whether the broker takes no messages at the moment."""
        self.on_blocked: Callable[[], None] | None = None
        """Called when `is_blocked` changes."""
        self._raw = raw
        raw.add_on_connection_blocked_callback(lambda *_: self._set_blocked(value=True))
        raw.add_on_connection_unblocked_callback(lambda *_: self._set_blocked(value=False))

    async def channel(self) -> Channel:
        """Open a channel. Raises AmqpError."""
        loop = asyncio.get_running_loop()
        opened: asyncio.Future[Any] = loop.create_future()
        if not self._raw.is_open:
            raise AmqpError(0, "the connection is closed")
        raw = self._raw.channel(on_open_callback=lambda it: settle(opened, it))
        channel = Channel(raw, loop)
        await channel.answered(opened)
        return channel

    def read_lazily(self, most: int, is_awaited: Callable[[], bool]) -> None:
        """See `GuardedConnection.read_lazily`."""
        self._raw.read_lazily(most, is_awaited)

    def beat(self) -> None:
        """See `GuardedConnection.beat`; from any thread."""
        self._raw.beat()

    def send_at_once(self, is_alone: Callable[[], bool]) -> None:
        """See `GuardedConnection.send_at_once`."""
        self._raw.send_at_once(is_alone)

    async def close(self) -> None:
        """Say farewell, and wait until it is closed."""
        if self._raw.is_open:
            with suppress(problems.AMQPError):
                self._raw.close()
        done, _ = await asyncio.wait([self.closed], timeout=CLOSE_TIMEOUT)
        if not done:
            self.abort("the broker does not answer")

    def abort(self, reason: str) -> None:
        """Close without asking: the broker does not answer, or is not to be waited for."""
        if not self.closed.done() and not self._raw.is_closed:
            self._raw._terminate_stream(problems.StreamLostError(reason))  # noqa: SLF001

    def _set_blocked(self, *, value: bool) -> None:
        if self.is_blocked != value:
            self.is_blocked = value
            if self.on_blocked is not None:
                self.on_blocked()


async def open_connection(host: Host, access: Access) -> Connection:
    """Return an open connection to a broker. Raises AmqpError."""
    _quieten()
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[Any] = loop.create_future()
    workflow = GuardedConnection.create_connection(
        [_parameters(host, access)], lambda it: settle(ended, it), custom_ioloop=loop
    )
    try:
        async with asyncio.timeout(access.timeout):
            found = await asyncio.shield(ended)
    except (TimeoutError, asyncio.CancelledError) as error:
        ended.add_done_callback(_close_late)
        if not ended.done():
            _abort(workflow)
        if isinstance(error, asyncio.CancelledError):
            raise
        raise AmqpError(0, f"{host} did not answer within {access.timeout:g} s") from None
    if isinstance(found, BaseException):
        raise error_of(found)
    connection = Connection(found, host)
    found.add_on_close_callback(lambda _, reason: settle(connection.closed, error_of(reason)))
    found.settle_in()
    found.watch()
    return connection


def _abort(workflow: Any) -> None:
    """Give up on a connection that is being opened."""
    try:
        workflow.abort()
    except AssertionError:
        # pika's own, in the middle of a handshake: that would go on if it was not ended here.
        raw = workflow._connector._amqp_conn  # noqa: SLF001
        if raw is not None and not raw.is_closed:
            raw._terminate_stream(problems.StreamLostError("given up"))  # noqa: SLF001


def _close_late(ended: "asyncio.Future[Any]") -> None:
    """Close a connection that came about when nobody waited for it any more."""
    found = ended.result()
    if not isinstance(found, BaseException) and found.is_open:
        found.close()


def _parameters(host: Host, access: Access) -> Any:
    options = None
    if access.tls is not None:
        options = pika.SSLOptions(access.tls, host.name)
    tcp = {"TCP_USER_TIMEOUT": USER_TIMEOUT_MS} if hasattr(socket, "TCP_USER_TIMEOUT") else {}
    return pika.ConnectionParameters(
        host=host.name,
        port=host.port,
        virtual_host=access.vhost,
        credentials=pika.PlainCredentials(access.user, access.password),
        heartbeat=access.heartbeat,
        ssl_options=options,
        connection_attempts=1,
        # Ours is what holds: pika's own asserts where the broker answers at the last moment.
        socket_timeout=access.timeout * 2,
        stack_timeout=access.timeout * 2,
        client_properties={"product": "rpcgen", "connection_name": access.name},
        tcp_options=tcp,
    )


def _quieten() -> None:
    """Let pika say only what nobody else does: it logs each lost connection, with tracebacks."""
    log = logging.getLogger("pika")
    if log.level == logging.NOTSET:
        log.setLevel(logging.CRITICAL)
