"""The HTTP API of RabbitMQ's management plugin, as far as tests ask for it."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote, unquote, urlsplit
from urllib.request import ProxyHandler, Request, build_opener

PATIENCE = 30.0
"""Seconds for an answer."""


class ApiError(Exception):
    """The API refused; the message has its status and its reason."""


@dataclass(frozen=True, slots=True)
class Queue:
    """What there is to know of a queue; the counters are up to a second old."""

    name: str
    type: str
    arguments: Mapping[str, Any]
    durable: bool
    exclusive: bool
    auto_delete: bool
    messages: int
    consumers: int
    leader: str | None
    """The node, where the queue is replicated."""


@dataclass(frozen=True, slots=True)
class Binding:
    """What leads from an exchange to a queue or to another exchange."""

    exchange: str
    destination: str
    key: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Exchange:
    """An exchange that somebody declared."""

    name: str
    type: str
    durable: bool
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Connection:
    """A client's connection."""

    name: str
    user: str
    vhost: str
    node: str
    client: Mapping[str, Any]
    """What the client says of itself: `connection_name`, `product`."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message out of a queue."""

    body: bytes
    properties: Mapping[str, Any]
    headers: Mapping[str, Any]
    exchange: str
    key: str
    redelivered: bool


class Api:
    """Asks one node, with the credentials in the URL; every method raises ApiError."""

    def __init__(self, url: str) -> None:
        self.url = url
        parts = urlsplit(url)
        self._place = f"{parts.scheme}://{parts.hostname}:{parts.port or 15672}/api"
        credentials = f"{unquote(parts.username or 'guest')}:{unquote(parts.password or 'guest')}"
        self._header = f"Basic {base64.b64encode(credentials.encode()).decode()}"
        # Without the proxy of the environment: the node is on loopback.
        self._opener = build_opener(ProxyHandler({}))

    def make_vhost(self, vhost: str) -> None:
        """Make a vhost in which the API's own user may do everything."""
        self._do("PUT", "vhosts", vhost)

    def delete_vhost(self, vhost: str) -> None:
        """Delete a vhost with all that is in it; its connections end."""
        self._do("DELETE", "vhosts", vhost)

    def vhosts(self) -> list[str]:
        """Return the names of all vhosts."""
        return [it["name"] for it in self._do("GET", "vhosts")]

    def queues(self, vhost: str = "/") -> list[Queue]:
        """Return all queues of a vhost."""
        return [_queue(it) for it in self._do("GET", "queues", vhost)]

    def queue(self, name: str, vhost: str = "/") -> Queue:
        """Return one queue."""
        return _queue(self._do("GET", "queues", vhost, name))

    def make_queue(
        self, name: str, vhost: str = "/", *, durable: bool = True, **arguments: Any
    ) -> None:
        """Declare a queue; `x_queue_type="quorum"` stands for the argument `x-queue-type`."""
        told = {name.replace("_", "-"): value for name, value in arguments.items()}
        self._do("PUT", "queues", vhost, name, body={"durable": durable, "arguments": told})

    def delete_queue(self, name: str, vhost: str = "/") -> None:
        """Delete a queue, whatever is in it and whoever consumes from it."""
        self._do("DELETE", "queues", vhost, name)

    def purge(self, name: str, vhost: str = "/") -> None:
        """Drop the messages of a queue that nobody has been given."""
        self._do("DELETE", "queues", vhost, name, "contents")

    def exchanges(self, vhost: str = "/") -> list[Exchange]:
        """Return the exchanges that are not there from the start."""
        return [
            Exchange(it["name"], it["type"], it["durable"], it["arguments"])
            for it in self._do("GET", "exchanges", vhost)
            if it["name"] and not it["name"].startswith("amq.")
        ]

    def delete_exchange(self, name: str, vhost: str = "/") -> None:
        """Delete an exchange and its bindings."""
        self._do("DELETE", "exchanges", vhost, name)

    def bindings(self, vhost: str = "/") -> list[Binding]:
        """Return the bindings of a vhost, without those of the default exchange."""
        return [
            Binding(it["source"], it["destination"], it["routing_key"], it["arguments"])
            for it in self._do("GET", "bindings", vhost)
            if it["source"]
        ]

    def connections(self, vhost: str | None = None) -> list[Connection]:
        """Return the connections to a vhost, or all of them."""
        return [
            Connection(it["name"], it["user"], it["vhost"], it["node"], it["client_properties"])
            for it in self._do("GET", "connections")
            # One that is being opened or closed has a name at most.
            if "client_properties" in it and vhost in {None, it.get("vhost")}
        ]

    def close_connection(self, name: str, reason: str = "closed by a test") -> None:
        """Close a client's connection from the broker's side."""
        self._do("DELETE", "connections", name, headers={"X-Reason": reason})

    def publish(
        self,
        key: str,
        body: bytes,
        *,
        exchange: str = "",
        vhost: str = "/",
        properties: Mapping[str, Any] | None = None,
    ) -> bool:
        """Publish a message; return whether a queue got it."""
        told = {
            "routing_key": key,
            "payload": base64.b64encode(body).decode(),
            "payload_encoding": "base64",
            "properties": dict(properties or {}),
        }
        answer = self._do(
            "POST", "exchanges", vhost, exchange or "amq.default", "publish", body=told
        )
        routed: bool = answer["routed"]
        return routed

    def get(
        self, queue: str, count: int = 1, *, vhost: str = "/", keep: bool = False
    ) -> list[Message]:
        """Return up to `count` messages of a queue and remove them, or put them back."""
        mode = "ack_requeue_true" if keep else "ack_requeue_false"
        told = {"count": count, "ackmode": mode, "encoding": "base64"}
        return [_message(it) for it in self._do("POST", "queues", vhost, queue, "get", body=told)]

    def make_user(self, user: str, password: str, *, tags: str = "") -> None:
        """Make a user, or change its password; it may do nothing yet."""
        self._do("PUT", "users", user, body={"password": password, "tags": tags})

    def delete_user(self, user: str) -> None:
        """Delete a user; its connections stay."""
        self._do("DELETE", "users", user)

    def permit(
        self, user: str, vhost: str, *, configure: str = "", write: str = "", read: str = ""
    ) -> None:
        """Say, as regular expressions, what a user may do in a vhost; it may enter it."""
        told = {"configure": configure, "write": write, "read": read}
        self._do("PUT", "permissions", vhost, user, body=told)

    def forbid(self, user: str, vhost: str) -> None:
        """Let a user no longer into a vhost."""
        self._do("DELETE", "permissions", vhost, user)

    def set_policy(
        self, name: str, pattern: str, definition: Mapping[str, Any], *, vhost: str = "/"
    ) -> None:
        """Set a policy for the queues and exchanges whose names match."""
        told = {"pattern": pattern, "definition": dict(definition), "apply-to": "all"}
        self._do("PUT", "policies", vhost, name, body=told)

    def delete_policy(self, name: str, *, vhost: str = "/") -> None:
        """Delete a policy."""
        self._do("DELETE", "policies", vhost, name)

    def running_nodes(self) -> list[str]:
        """Return the names of the nodes of the cluster that run."""
        return [it["name"] for it in self._do("GET", "nodes") if it["running"]]

    def overview(self) -> Mapping[str, Any]:
        """Return what the node says of itself: versions, listeners, totals."""
        answer: Mapping[str, Any] = self._do("GET", "overview")
        return answer

    def _do(
        self,
        verb: str,
        *path: str,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        place = "/".join([self._place, *(quote(it, safe="") for it in path)])
        told = None if body is None else json.dumps(body).encode()
        every = {"Authorization": self._header, "Content-Type": "application/json"}
        request = Request(place, told, {**every, **(headers or {})}, method=verb)
        try:
            with self._opener.open(request, timeout=PATIENCE) as answer:
                text = answer.read()
        except HTTPError as error:
            with error:
                said = error.read().decode("utf-8", "replace")
            raise ApiError(f"{verb} {'/'.join(path)}: {error.code} {said}") from error
        except OSError as error:
            raise ApiError(f"{verb} {'/'.join(path)}: {error}") from error
        return json.loads(text) if text else None


def _queue(it: Mapping[str, Any]) -> Queue:
    return Queue(
        name=it["name"],
        type=it.get("type", "classic"),
        arguments=it["arguments"],
        durable=it["durable"],
        exclusive=it.get("exclusive", False),
        auto_delete=it["auto_delete"],
        messages=it.get("messages", 0),
        consumers=it.get("consumers", 0),
        leader=it.get("leader"),
    )


def _message(it: Mapping[str, Any]) -> Message:
    # RabbitMQ writes an empty object as an empty list.
    properties = dict(it["properties"] or {})
    return Message(
        body=base64.b64decode(it["payload"])
        if it["payload_encoding"] == "base64"
        else it["payload"].encode(),
        headers=properties.pop("headers", None) or {},
        properties=properties,
        exchange=it["exchange"],
        key=it["routing_key"],
        redelivered=it["redelivered"],
    )
