"""Posts over blocking sockets, for sync clients.

A thread has a connection to itself while its request is under way. Which idle ones are kept, and
which are found to be dead, is decided when one is taken or given back: no thread watches them.
"""

import os
import select
import socket
import time
from collections import deque
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import TYPE_CHECKING, TypeAlias

from rpcgen_runtime.context import Deadline
from rpcgen_runtime.errors import ExpiredUnstarted, Unreachable
from rpcgen_runtime.http import network
from rpcgen_runtime.http.exchange import Answer, Post
from rpcgen_runtime.http.network import IDLE_SECONDS, MAX_IDLE, MAX_REQUESTS, READ_BYTES, Address
from rpcgen_runtime.http.reading import Reader, TooLarge, Unreadable
from rpcgen_runtime.transport import ClientSettings
from rpcgen_runtime.url import Url

if TYPE_CHECKING:
    from collections.abc import Sequence

Place: TypeAlias = tuple[socket.AddressFamily, tuple[str | int | bytes, ...] | str]
"""What a socket connects to."""


class Sockets:
    """Posts and waits. May be used by several threads, and after a fork by both processes."""

    def __init__(self, url: Url, settings: ClientSettings) -> None:
        """Take where to. Raises ValueError for TLS's files."""
        self._addresses = network.addresses(url, settings)
        self._max_reply = settings.max_reply
        self._places: SimpleQueue[None] = SimpleQueue()
        for _ in range(MAX_REQUESTS):
            self._places.put(None)
        self._is_closed = False
        self._forget()

    def post(self, post: Post, url: str) -> Answer:
        """Return what is answered. Raises as Transport.call does."""
        address = self._addresses[url]
        try:
            self._places.get(timeout=post.seconds())
        except Empty:
            text = "no free connection before the deadline"
            raise network.failed(ExpiredUnstarted, text, post, address) from None
        try:
            return self._exchanged(post, address)
        finally:
            self._places.put(None)

    def close(self) -> None:
        """End all connections; who waits for a reply is told that it is lost."""
        self._is_closed = True
        for line in list(self._busy):
            line.hang_up()
        for idle in self._idle.values():
            self._close_some(idle)

    def _exchanged(self, post: Post, address: Address) -> Answer:
        line = self._idle_line(address) or self._connected(post, address)
        self._busy.add(line)
        is_kept = False
        try:
            if self._is_closed:
                raise network.failed(Unreachable, "the transport is closed", post, address)
            answer = line.exchange(address.head(post), post)
            is_kept = line.may_go_on
        except (OSError, Unreadable, TooLarge) as error:
            raise network.not_answered(error, post, address) from error
        finally:
            self._busy.discard(line)
            if is_kept:
                self._keep(line, address)
            else:
                line.close()
        return answer

    def _idle_line(self, address: Address) -> "_Line | None":
        if os.getpid() != self._process:
            # The other process has them, too: replies would go to either.
            self._forget()
        idle = self._idle[address.shown]
        while True:
            with self._lock:
                if not idle:
                    return None
                line = idle.pop()
            if line.is_quiet:
                return line
            line.close()

    def _keep(self, line: "_Line", address: Address) -> None:
        idle = self._idle[address.shown]
        line.idle_since = time.monotonic()
        with self._lock:
            idle.append(line)
        self._close_some(idle)

    def _close_some(self, idle: "deque[_Line]") -> None:
        """Close idle connections that are too old or too many; after `close`, all."""
        too_old = time.monotonic() - IDLE_SECONDS
        with self._lock:
            while idle and (
                self._is_closed or len(idle) > MAX_IDLE or idle[0].idle_since < too_old
            ):
                idle.popleft().close()

    def _forget(self) -> None:
        self._process = os.getpid()
        self._lock = Lock()
        self._busy: set[_Line] = set()
        self._idle: dict[str, deque[_Line]] = {it: deque() for it in self._addresses}

    def _connected(self, post: Post, address: Address) -> "_Line":
        until = Deadline(min(post.request.deadline.at, time.monotonic() + address.patience))
        try:
            return _Line(_connected(address, until), self._max_reply)
        except (OSError, UnicodeError) as error:
            raise network.not_connected(error, post, address) from error


class _Line:
    """A connection."""

    def __init__(self, made: socket.socket, max_reply: int) -> None:
        self.idle_since = 0.0
        self._socket = made
        self._reader = Reader(max_reply)
        self._poll = select.poll()
        self._poll.register(made, select.POLLIN)

    @property
    def is_quiet(self) -> bool:
        """Whether nothing has come since the last answer, such as the end."""
        is_young = self.idle_since > time.monotonic() - IDLE_SECONDS
        return is_young and not self._poll.poll(0)

    @property
    def may_go_on(self) -> bool:
        return self._reader.may_go_on

    def exchange(self, head: bytes, post: Post) -> Answer:
        """Send a request and read the answer. Raises OSError, Unreadable and TooLarge."""
        deadline = post.request.deadline
        self._reader.expect()
        try:
            for piece in network.pieces(head, post.body):
                self._socket.settimeout(_left(deadline))
                self._socket.sendall(piece)
        except ConnectionError:
            # Who refuses a body that still comes may have said why.
            return self._read(deadline)
        return self._read(deadline)

    def hang_up(self) -> None:
        """Wake the thread that reads, which then closes."""
        with suppress(OSError):  # it may have ended already
            # Past TLS's own, which is not for two threads.
            socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def close(self) -> None:
        self._socket.close()

    def _read(self, deadline: Deadline) -> Answer:
        while True:
            self._socket.settimeout(_left(deadline))
            data = self._socket.recv(READ_BYTES)
            answer = self._reader.feed(data) if data else self._reader.finish()
            if answer is not None:
                return answer
            if not data:
                raise ConnectionError("it ended before the reply")


def _connected(address: Address, until: Deadline) -> socket.socket:
    """Return a connection, with TLS where that is wanted. Raises OSError."""
    made = _first(_places(address, until), until)
    if address.tls is None:
        return made
    try:
        made.settimeout(_left(until))
        return address.tls.wrap_socket(made, server_hostname=address.host)
    except BaseException:
        made.close()
        raise


def _first(places: "Sequence[Place]", until: Deadline) -> socket.socket:
    """Connect to the first place that answers; each has its share of the time. Raises OSError."""
    for left, place in zip(range(len(places), 1, -1), places, strict=False):
        with suppress(OSError):
            return _connected_to(place, _left(until) / left)
    return _connected_to(places[-1], _left(until))


def _connected_to(place: Place, seconds: float) -> socket.socket:
    made = socket.socket(place[0], socket.SOCK_STREAM)
    try:
        made.settimeout(seconds)
        made.connect(place[1])
        if place[0] != socket.AF_UNIX:
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except BaseException:
        made.close()
        raise
    return made


def _places(address: Address, until: Deadline) -> "Sequence[Place]":
    """Return where an address may lead. Raises OSError, and UnicodeError for no name."""
    if address.socket:
        return [(socket.AF_UNIX, address.socket)]
    if address.is_literal:
        return _resolved(address)
    # In a thread: the system's resolver knows no deadline.
    found: SimpleQueue[Sequence[Place] | Exception] = SimpleQueue()
    Thread(target=_resolve, args=(address, found), name="rpcgen-resolver", daemon=True).start()
    try:
        places = found.get(timeout=_left(until))
    except Empty:
        raise TimeoutError from None
    if isinstance(places, Exception):
        raise places
    return places


def _resolve(address: Address, found: "SimpleQueue[Sequence[Place] | Exception]") -> None:
    try:
        found.put(_resolved(address))
    except Exception as error:  # noqa: BLE001  # raised where it is waited for
        found.put(error)


def _resolved(address: Address) -> "Sequence[Place]":
    infos = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    return [(family, place) for family, _, _, _, place in infos]


def _left(deadline: Deadline) -> float:
    """Return the seconds that are left. Raises TimeoutError where there are none."""
    left = deadline.remaining()
    if left <= 0:
        raise TimeoutError
    return left
