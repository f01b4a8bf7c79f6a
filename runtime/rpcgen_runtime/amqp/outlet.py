"""What a client sends through and is answered through: two connections. On one event loop.

Apart, because an alarm lets the broker read nothing more from a connection that publishes.
"""

import asyncio
from collections.abc import Callable

from rpcgen_runtime.amqp.connection import Access, Connection
from rpcgen_runtime.amqp.exchanges import Exchanges
from rpcgen_runtime.amqp.link import Link
from rpcgen_runtime.amqp.mailbox import Mailbox
from rpcgen_runtime.amqp.messages import AmqpError, Delivery, Message
from rpcgen_runtime.amqp.options import AmqpOptions
from rpcgen_runtime.amqp.publisher import Done, Publisher
from rpcgen_runtime.amqp.routes import Route
from rpcgen_runtime.errors import Unreachable
from rpcgen_runtime.telemetry import Measures
from rpcgen_runtime.url import Url

MOST_UNREAD = 32
"""Calls that may be sent before it is read what the broker says of them; their replies say more."""


class Outlet:
    """A client's connections, with what it has on each."""

    def __init__(
        self,
        url: Url,
        access: Access,
        options: AmqpOptions,
        measures: Measures,
        *,
        took: Callable[[Delivery], None],
        changed: Callable[[], None],
        is_alone: Callable[[], bool],
        is_awaited: Callable[[], bool],
    ) -> None:
        """Take what is called with each reply, and whenever something may be sent again.

        And whether one request alone is under way, and whether the broker's word ends one.
        """
        self._shown, self._changed = url.shown, changed
        self._is_alone, self._is_awaited = is_alone, is_awaited
        self._replies = Link(url.hosts, access, measures, "replies")
        self._sending = Link(url.hosts, access, measures, "publishing")
        self._mailbox = Mailbox(took)
        self._publisher = Publisher(self._sending, options.confirm_timeout, measures)
        self._exchanges = Exchanges(self._sending, changed)

    def start(self, lost_replies: Callable[[], None]) -> None:
        """Begin to connect; takes what is called when no reply to what was sent can come."""

        def lost(_reason: AmqpError) -> None:
            self._mailbox.lost()
            lost_replies()

        self._replies.start(self._mailbox.prepare, lost, self._changed)
        self._sending.start(self._prepare, lambda _: self._exchanges.forget(), self._changed)

    async def close(self) -> None:
        """Disconnect."""
        self._publisher.close()
        self._exchanges.close()
        await asyncio.gather(self._sending.close(), self._replies.close())

    @property
    def reply_to(self) -> str | None:
        """The queue for replies; None while there is none."""
        return self._mailbox.address

    @property
    def is_up(self) -> bool:
        """Whether there is a connection that takes messages."""
        return self._publisher.is_ready

    @property
    def ended(self) -> AmqpError | None:
        """Why the last channel for publishing was closed."""
        return self._publisher.ended

    def is_ready(self, exchange: str) -> bool:
        """Whether a message to an exchange can be sent now; `changed` is called when it can."""
        if not self._publisher.is_ready or self._mailbox.address is None:
            return False
        return self._exchanges.is_there(exchange)

    def publish(self, route: Route, message: Message, done: Done) -> None:
        """Send a message; `done` is called once. Raises AmqpError where it was not sent."""
        self._publisher.publish(route.exchange, route.key, message, done, mandatory=route.mandatory)

    def renew(self) -> None:
        """Publish on a new channel from soon on; see `Publisher.renew`."""
        self._publisher.renew()

    def hopeless(self) -> Unreachable | None:
        """Return why nothing can be sent for long.

        No host answers a new transport, or each says that somebody must mend something. Within an
        outage there is hope, and requests wait.
        """
        for link in (self._sending, self._replies):
            failure = link.failure
            if failure is not None and (failure.is_fatal or not link.was_up):
                return Unreachable(f"no connection to {self._shown}: {failure}")
        return None

    def failure(self) -> AmqpError | str | None:
        """Return why nothing can be sent at the moment."""
        connection = self._sending.connection
        if connection is not None and connection.is_blocked:
            return "the broker takes no messages at the moment"
        return self._sending.failure or self._replies.failure

    async def _prepare(self, connection: Connection) -> None:
        self._exchanges.forget()
        await self._publisher.prepare(connection)
        connection.send_at_once(self._is_alone)
        connection.read_lazily(MOST_UNREAD, self._is_awaited)
