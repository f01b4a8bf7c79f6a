"""The broker that tests talk to, whoever started it."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit
from uuid import uuid4

from tests.broker.api import Api, ApiError


@dataclass(frozen=True, slots=True)
class Broker:
    """A broker that runs; it belongs to all tests, so nobody ends it or empties it."""

    amqp: str
    """Its URL, without a vhost that is anybody's own."""
    api: Api | None
    """None for a broker of which only the URL is known."""

    def url(self, vhost: str) -> str:
        """Return the URL of a vhost."""
        return f"{urlsplit(self.amqp)._replace(path='').geturl()}/{quote(vhost, safe='')}"

    @contextmanager
    def fresh(self) -> Iterator[str]:
        """Give the URL of a vhost that ends with the block.

        Without the API there is no such thing: it is the one of the broker's URL.
        """
        if self.api is None:
            yield self.amqp
            return
        vhost = f"test-{uuid4().hex}"
        self.api.make_vhost(vhost)
        try:
            yield self.url(vhost)
        finally:
            with suppress(ApiError):  # a test may have deleted it
                self.api.delete_vhost(vhost)

    def left(self, url: str) -> list[str]:
        """Return what is in a vhost: its queues, exchanges and connections, by name.

        A connection is seen up to a second after it was opened, and as long after its end.
        """
        assert self.api is not None
        vhost = unquote(urlsplit(url).path.removeprefix("/"))
        return sorted(
            [f"queue {it.name}" for it in self.api.queues(vhost)]
            + [f"exchange {it.name}" for it in self.api.exchanges(vhost)]
            + [f"connection {it.name}" for it in self.api.connections(vhost)]
        )
