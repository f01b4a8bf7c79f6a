"""A client's queue for replies. On one event loop."""

from collections.abc import Callable

from rpcgen_runtime.amqp.channel import ANSWER_TIMEOUT
from rpcgen_runtime.amqp.connection import Connection
from rpcgen_runtime.amqp.messages import Delivery
from rpcgen_runtime.amqp.routes import REPLIES


class Mailbox:
    """One queue for each connection, which is gone with it: the broker chooses its name."""

    def __init__(self, took: Callable[[Delivery], None]) -> None:
        self.address: str | None = None
        """Its name; None while there is none."""
        self._took = took

    async def prepare(self, connection: Connection) -> None:
        """Declare one on a new connection, which lives as long as that queue. Raises AmqpError."""
        channel = await connection.channel()
        channel.closed.add_done_callback(lambda _: connection.abort("a channel was closed"))
        name = await channel.declare_queue(REPLIES)
        await channel.consume(
            name,
            self._took,
            on_cancel=lambda: connection.abort("the queue for replies is gone"),
            auto_ack=True,
            within=ANSWER_TIMEOUT,
        )
        self.address = name

    def lost(self) -> None:
        """Forget the one that is gone with its connection."""
        self.address = None
