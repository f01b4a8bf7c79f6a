"""The Targets' exchanges that a client has declared on its connection. On one event loop.

Each is declared once for a connection, with those that belong to it, before anything is published:
to publish to one that is not there closes the channel.
"""

import asyncio
from collections.abc import Callable

from rpcgen_runtime.amqp import topology
from rpcgen_runtime.amqp.channel import Channel
from rpcgen_runtime.amqp.connection import Connection
from rpcgen_runtime.amqp.declare import ACCESS_REFUSED, PRECONDITION_FAILED
from rpcgen_runtime.amqp.link import Link
from rpcgen_runtime.amqp.messages import AmqpError


class Exchanges:
    """Those on the connection that a link has."""

    def __init__(self, link: Link, changed: Callable[[], None]) -> None:
        """Take what is called whenever a try to declare one has ended."""
        self._link, self._changed = link, changed
        self._declared: set[str] = set()
        self._declaring: set[asyncio.Task[None]] = set()

    def forget(self) -> None:
        """Begin anew: the connection is another one."""
        self._declared = set()

    def is_there(self, name: str) -> bool:
        """Whether one is declared; where it is not, begin to."""
        if name in self._declared:
            return True
        connection = self._link.connection
        if connection is not None and all(it.get_name() != name for it in self._declaring):
            task = asyncio.create_task(self._declare(connection, name), name=name)
            self._declaring.add(task)
            task.add_done_callback(self._ended)
        return False

    def close(self) -> None:
        """Declare no more."""
        for task in self._declaring:
            task.cancel()

    async def _declare(self, connection: Connection, name: str) -> None:
        for exchange in topology.exchanges(name):
            channel: Channel | None = None
            try:
                channel = await connection.channel()
                await channel.declare_exchange(exchange.name, exchange.kind, exchange.arguments)
                await channel.close()
            except AmqpError as error:
                # It is there as somebody else wants it, or is theirs to make.
                if error.code not in {ACCESS_REFUSED, PRECONDITION_FAILED}:
                    return
        if connection is self._link.connection:
            self._declared.add(name)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._declaring.discard(task)
        if not task.cancelled():
            task.exception()
            self._changed()
