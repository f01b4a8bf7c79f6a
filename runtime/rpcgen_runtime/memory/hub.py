"""Who serves what under one `memory://` name, whose turn it is, and what waits. Thread-safe.

A queue is there from its first server on: a request to a queue without a server waits for one, as
long as its deadline allows. Nobody ever served it: refused at once.
"""

import threading
from asyncio import AbstractEventLoop
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Protocol, TypeAlias
from weakref import WeakValueDictionary

from rpcgen_runtime.errors import NoServer, Overloaded
from rpcgen_runtime.messages import Reply, Request, Verb
from rpcgen_runtime.targets import Target

MAX_WAITING = 10_000
"""Requests that may wait in one queue for a server to come back."""

OnReply: TypeAlias = Callable[[Reply], None]
Address: TypeAlias = tuple[str, str]
"""Exchange and topic."""


class Consumer(Protocol):
    """A server on a hub."""

    name: str
    group: str
    loop: AbstractEventLoop | None
    """Where it runs its requests."""

    def deliver(self, request: Request, on_reply: OnReply) -> None:
        """Begin a request, without waiting; may be called from any thread."""
        ...


@dataclass(slots=True)
class _Queue:
    consumers: deque[Consumer] = field(default_factory=deque)
    waiting: deque[tuple[Request, OnReply]] = field(default_factory=deque)

    def next(self) -> Consumer | None:
        """Return the consumer whose turn it is."""
        if not self.consumers:
            return None
        self.consumers.rotate(-1)
        return self.consumers[-1]


class Hub:
    """One `memory://` name."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._lock = threading.Lock()
        self._queues: dict[tuple[Address, str | None], _Queue] = {}
        self._groups: dict[Address, dict[str, _Queue]] = {}

    def join(self, address: Address, consumer: Consumer) -> None:
        """Let `consumer` take requests for a topic, and those meant for it alone."""
        with self._lock:
            for server in (None, consumer.name):
                queue = self._queues.setdefault((address, server), _Queue())
                queue.consumers.append(consumer)
            waiting = [*self._drain(address, None), *self._drain(address, consumer.name)]
        for request, on_reply in waiting:
            self.send(request, on_reply)

    def listen(self, address: Address, consumer: Consumer) -> None:
        """Let `consumer` take a topic's events, in turn with the others of its group."""
        with self._lock:
            groups = self._groups.setdefault(address, {})
            groups.setdefault(consumer.group, _Queue()).consumers.append(consumer)

    def leave(self, consumer: Consumer) -> None:
        """Give `consumer` nothing more."""
        with self._lock:
            for queue in chain(
                self._queues.values(), *(it.values() for it in self._groups.values())
            ):
                if consumer in queue.consumers:
                    queue.consumers.remove(consumer)

    def local(self, request: Request, loop: AbstractEventLoop) -> Consumer | None:
        """Return the consumer whose turn it is for a call, if it lives on that event loop."""
        with self._lock:
            queue = self._queues.get(_key(request))
            if queue is None or not queue.consumers or queue.consumers[0].loop is not loop:
                return None
            return queue.next()

    def send(self, request: Request, on_reply: OnReply) -> Sequence[str]:
        """Hand a request to whom it is for; return their names. Raises NoServer or Overloaded."""
        # Delivered under the lock: who has left gets nothing more.
        with self._lock:
            if request.verb is Verb.EVENT:
                consumers = self._one_of_each_group(request)
            elif request.verb is Verb.FANOUT:
                consumers = self._everyone(request)
            else:
                consumers = self._one(request, on_reply)
            for consumer in consumers:
                consumer.deliver(request, on_reply)
            return [it.name for it in consumers]

    def withdraw(self, on_reply: OnReply) -> bool:
        """Take back a request that still waits; False when it is no longer here."""
        with self._lock:
            for queue in self._queues.values():
                for item in queue.waiting:
                    if item[1] == on_reply:
                        queue.waiting.remove(item)
                        return True
        return False

    def _one(self, request: Request, on_reply: OnReply) -> list[Consumer]:
        queue = self._queues.get(_key(request))
        if queue is None:
            raise NoServer(f"nobody serves {_told(request)}")
        consumer = queue.next()
        if consumer is not None:
            return [consumer]
        if len(queue.waiting) >= MAX_WAITING:
            raise Overloaded(f"{MAX_WAITING:,} requests wait for a server already")
        queue.waiting.append((request, on_reply))
        return []

    def _everyone(self, request: Request) -> list[Consumer]:
        queue = self._queues.get(_key(request))
        return [] if queue is None else list(queue.consumers)

    def _one_of_each_group(self, request: Request) -> list[Consumer]:
        groups = self._groups.get(_address(request), {})
        return [it for queue in groups.values() if (it := queue.next()) is not None]

    def _drain(self, address: Address, server: str | None) -> list[tuple[Request, OnReply]]:
        queue = self._queues[address, server]
        waiting = [it for it in queue.waiting if not it[0].deadline.passed()]
        queue.waiting.clear()
        return waiting


_HUBS: WeakValueDictionary[str, Hub] = WeakValueDictionary()
"""The one table at module level: a name in a URL means the same hub to all who use it."""
_HUBS_LOCK = threading.Lock()


def hub(name: str) -> Hub:
    """Return the hub of that name; it lives as long as somebody holds it."""
    with _HUBS_LOCK:
        return _HUBS.setdefault(name, Hub(name))


def address_of(target: Target) -> Address:
    """Return where a Target's messages go."""
    return target.exchange, target.topic


def _target(request: Request) -> Target:
    assert request.target is not None, "a request that is sent has a Target"
    return request.target


def _address(request: Request) -> Address:
    return address_of(_target(request))


def _key(request: Request) -> tuple[Address, str | None]:
    target = _target(request)
    return address_of(target), target.server


def _told(request: Request) -> str:
    target = _target(request)
    server = f" on server `{target.server}`" if target.server else ""
    return f"topic `{target.topic}` of exchange `{target.exchange}`{server}"
