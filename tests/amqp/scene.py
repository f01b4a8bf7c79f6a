"""A vhost with servers and clients in this process, and what the broker tells of them."""

import json
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import unquote, urlsplit

import msgpack
import pika
import pika.exceptions

from rpcgen_runtime import Endpoint, Server, connect
from rpcgen_runtime.amqp import routes
from rpcgen_runtime.amqp.bodies import MSGPACK
from rpcgen_runtime.amqp.names import dead_name
from rpcgen_runtime.amqp.routes import Route
from rpcgen_runtime.context import Deadline
from rpcgen_runtime.generated_v1 import Client
from rpcgen_runtime.messages import Request
from rpcgen_runtime.methods import Method
from tests.broker.api import Api, ApiError, Message
from tests.runtime.generated.new.trial.work.v1.methods import WORK_RUN
from tests.runtime.places import PATIENCE, eventually

C = TypeVar("C", bound=Client)

TARGET = WORK_RUN.service.target
DEAD = dead_name(TARGET)
CALLS = "rpcgen:trial.work.Work:Work:v1"
CASTS = f"{CALLS}:casts"
SUSPECTS = f"{CALLS}:suspects"
CAST_SUSPECTS = f"{CASTS}:suspects"


def route_of(method: Method) -> Route:
    """Return where a client of ours sends a method's requests."""
    service = method.service
    request = Request(
        verb=method.verb,
        name=method.full_name,
        params=b"{}",
        version=service.target.version,
        deadline=Deadline.after(1),
        message_id="x",
        data={},
        target=service.target,
    )
    return routes.route(request)


def within(seconds: float, happened: Callable[[], bool]) -> bool:
    """Wait until it happened; False when it has not by then. For what asks the broker."""
    until = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


class Scene:
    """What one test, or a row of tests, puts into a vhost; clients end first."""

    def __init__(self, url: str, api: Api) -> None:
        self.url, self.api = url, api
        self.vhost = unquote(urlsplit(url).path[1:])
        self._servers, self._clients = ExitStack(), ExitStack()

    def at(self, options: str = "") -> str:
        """Return the URL with options, such as `prefetch=20`."""
        return f"{self.url}?{options}" if options else self.url

    def serve(self, *endpoints: Endpoint, options: str = "", **named: Any) -> Server:
        """Return a started server, which ends with the scene."""
        return self._servers.enter_context(Server(self.at(options), endpoints, **named))

    def client(self, kind: type[C], *, options: str = "", **named: Any) -> C:
        """Return a client with connections of its own, which ends with the scene."""
        return kind(self._clients.enter_context(connect(self.at(options), **named)))

    def mailbox(self) -> "Mailbox":
        """Return a queue for replies to what no client of ours sent."""
        return self._clients.enter_context(Mailbox(self.url))

    def connections(self, role: str = "") -> set[str]:
        """Return the connections of a role: `server …`, `client`, or all of ours."""
        found = self.api.connections(self.vhost)
        ours = f"rpcgen {role}"
        return {
            it.name for it in found if str(it.client.get("connection_name", "")).startswith(ours)
        }

    def count(self, queue: str) -> int:
        """Return how many messages a queue holds, those with a consumer included."""
        return self.api.queue(queue, self.vhost).messages

    def take_dead(self, count: int) -> list[Message]:
        """Return that many dead letters, once they are there, and all that came beside."""
        found: list[Message] = []

        def are_there() -> bool:
            try:
                found.extend(self.api.get(DEAD, 1_000, vhost=self.vhost))
            except ApiError as error:
                # Somebody has deleted the queue, and nobody has declared it again yet.
                if ": 404 " not in str(error) and "noproc" not in str(error):
                    raise
            return len(found) >= count

        assert within(PATIENCE, are_there), f"{len(found)} dead letters instead of {count}"
        return found

    def close(self) -> None:
        """End the clients, then the servers."""
        with self._servers, self._clients:
            pass

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


@dataclass(frozen=True, slots=True)
class Mail:
    """A reply as it came."""

    correlation_id: str
    kind: str
    """`result` or `error`."""
    body: bytes
    content_type: str

    @property
    def value(self) -> Any:
        """Return what the body says."""
        if self.content_type == MSGPACK:
            return msgpack.unpackb(self.body)
        return json.loads(self.body)


class Mailbox:
    """A queue that the broker named, as a client has one, and what comes to it."""

    def __init__(self, url: str) -> None:
        parameters = pika.URLParameters(url)
        # Nobody answers heartbeats between two looks.
        parameters.heartbeat = 0
        self._connection = pika.BlockingConnection(parameters)
        self._channel: Any = self._connection.channel()
        self.name = str(self._channel.queue_declare("", exclusive=True).method.queue)

    def take(self) -> Mail:
        """Return the next reply, once it is there."""
        found: list[Mail] = []

        def is_there() -> bool:
            found.extend(self.there())
            return bool(found)

        assert eventually(is_there), "no reply"
        return found[0]

    def there(self) -> list[Mail]:
        """Return the next reply, if there is one."""
        _, properties, body = self._channel.basic_get(self.name, auto_ack=True)
        if properties is None:
            return []
        content_type = properties.content_type
        return [Mail(properties.correlation_id, properties.type, body, content_type)]

    def consumers(self, queue: str) -> int:
        """Return how many consume a queue now, -1 where there is none; the HTTP API tells late."""
        found = self._look(queue)
        return -1 if found is None else int(found.consumer_count)

    def waiting(self, queue: str) -> int:
        """Return how many messages of a queue nobody has been given; the HTTP API tells late."""
        found = self._look(queue)
        assert found is not None, f"there is no `{queue}`"
        return int(found.message_count)

    def _look(self, queue: str) -> Any:
        channel = self._connection.channel()
        try:
            found = channel.queue_declare(queue, passive=True).method
        except pika.exceptions.ChannelClosedByBroker:
            return None
        channel.close()
        return found

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._connection.close()
