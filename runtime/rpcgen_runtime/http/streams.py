"""Posts over asyncio's transports, for async clients.

A connection has one timer at most, which looks at a time stamp: a request moves the stamp and not
the timer, and the same timer ends what was idle for long.
"""

import asyncio
import socket
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from typing import cast

from rpcgen_runtime.errors import ExpiredUnstarted, Unreachable
from rpcgen_runtime.http import network
from rpcgen_runtime.http.exchange import Answer, Post
from rpcgen_runtime.http.network import IDLE_SECONDS, MAX_IDLE, MAX_REQUESTS, Address
from rpcgen_runtime.http.reading import Reader, TooLarge, Unreadable
from rpcgen_runtime.transport import ClientSettings
from rpcgen_runtime.url import Url

ROOM = 256 << 10
"""Bytes that are read at once."""


class Streams:
    """Posts and awaits, on one event loop."""

    def __init__(self, url: Url, settings: ClientSettings) -> None:
        """Take where to. Raises ValueError for TLS's files."""
        self._addresses = network.addresses(url, settings)
        self._max_reply = settings.max_reply
        self._idle: dict[str, deque[_Line]] = {it: deque() for it in self._addresses}
        self._lines: set[_Line] = set()
        self._room = memoryview(bytearray(ROOM))
        self._under_way = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._is_closed = False

    async def post(self, post: Post, url: str) -> Answer:
        """Return what is answered. Raises as AsyncTransport.call does."""
        address = self._addresses[url]
        if self._under_way >= MAX_REQUESTS:
            await self._place(post, address)
        else:
            self._under_way += 1
        try:
            return await self._exchanged(post, address)
        finally:
            self._pass_place()

    async def close(self) -> None:
        """End all connections; who waits for a reply is told that it is lost."""
        self._is_closed = True
        lines = list(self._lines)
        for line in lines:
            line.hang_up()
        await asyncio.gather(*(it.closed for it in lines))

    async def _exchanged(self, post: Post, address: Address) -> Answer:
        idle = self._idle[address.shown]
        line = _usable(idle) or await self._connected(post, address)
        is_kept = False
        try:
            answer = await line.exchange(address.head(post), post)
            is_kept = line.may_go_on
        except (OSError, Unreadable, TooLarge) as error:
            raise network.not_answered(error, post, address) from error
        finally:
            if is_kept:
                self._keep(line, idle)
            else:
                line.hang_up()
        return answer

    def _keep(self, line: "_Line", idle: "deque[_Line]") -> None:
        line.rest()
        idle.append(line)
        if len(idle) > MAX_IDLE:
            idle.popleft().hang_up()

    async def _connected(self, post: Post, address: Address) -> "_Line":
        try:
            async with asyncio.timeout(min(address.patience, post.seconds())):
                line = await self._opened(address)
        except (OSError, UnicodeError) as error:
            raise network.not_connected(error, post, address) from error
        if self._is_closed:
            line.hang_up()
            raise network.failed(Unreachable, "the transport is closed", post, address)
        return line

    async def _opened(self, address: Address) -> "_Line":
        """Connect to the first place that answers, each has its share of time. Raises OSError."""
        loop = asyncio.get_running_loop()
        if address.socket:
            _, made = await loop.create_unix_connection(self._line, address.socket)
            return made
        hosts = await _resolved(address)
        for left, host in zip(range(len(hosts), 1, -1), hosts, strict=False):
            with suppress(OSError):
                async with asyncio.timeout(address.patience / left):
                    return await self._opened_at(host, address)
        return await self._opened_at(hosts[-1], address)

    async def _opened_at(self, host: str, address: Address) -> "_Line":
        name = None if address.tls is None else address.host
        _, made = await asyncio.get_running_loop().create_connection(
            self._line, host, address.port, ssl=address.tls, server_hostname=name
        )
        return made

    def _line(self) -> "_Line":
        return _Line(self._max_reply, self._lines, self._room)

    async def _place(self, post: Post, address: Address) -> None:
        """Wait until a place is passed on. Raises ExpiredUnstarted."""
        passed = asyncio.get_running_loop().create_future()
        self._waiting.append(passed)
        try:
            async with asyncio.timeout(post.seconds()):
                await passed
        except BaseException as error:
            if passed.done() and not passed.cancelled():
                self._pass_place()
            if not isinstance(error, TimeoutError):
                raise
            text = "no free connection before the deadline"
            raise network.failed(ExpiredUnstarted, text, post, address) from None

    def _pass_place(self) -> None:
        while self._waiting:
            passed = self._waiting.popleft()
            if not passed.done():
                passed.set_result(None)
                return
        self._under_way -= 1


class _Line(asyncio.BufferedProtocol):
    """A connection."""

    def __init__(self, max_reply: int, lines: "set[_Line]", room: memoryview) -> None:
        """Take where it stands as long as it is open, and where all connections read into.

        Each is done with what it read before the next one reads, and to make room for each read
        costs more than to read a reply.
        """
        self._room = room
        self._lines = lines
        self._loop = asyncio.get_running_loop()
        self.closed: asyncio.Future[None] = self._loop.create_future()
        self._reader = Reader(max_reply)
        self._waiter: asyncio.Future[Answer] | None = None
        self._due = 0.0
        """When what is under way, or the rest, has lasted too long."""
        self._timer: asyncio.TimerHandle | None = None

    @property
    def may_go_on(self) -> bool:
        """Whether another request may be sent."""
        is_sent = not self._transport.get_write_buffer_size()
        return is_sent and self._reader.may_go_on and not self._transport.is_closing()

    async def exchange(self, head: bytes, post: Post) -> Answer:
        """Send a request and await the answer. Raises OSError, Unreadable and TooLarge."""
        self._reader.expect()
        waiter: asyncio.Future[Answer] = self._loop.create_future()
        self._waiter = waiter
        self._look_at(post.request.deadline.at)
        for piece in network.pieces(head, post.body):
            self._transport.write(piece)
        return await waiter

    def rest(self) -> None:
        """Stay for the next request, but not for ever."""
        self._look_at(time.monotonic() + IDLE_SECONDS)

    def hang_up(self) -> None:
        """End the connection."""
        self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See asyncio."""
        self._transport = cast("asyncio.Transport", transport)
        self._lines.add(self)
        self.rest()

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002  # as asyncio has it
        """See asyncio."""
        return self._room

    def buffer_updated(self, nbytes: int) -> None:
        """See asyncio."""
        if self._waiter is None:
            self.hang_up()  # nobody has asked
            return
        try:
            answer = self._reader.feed(self._room[:nbytes])
        except (Unreadable, TooLarge) as error:
            self._end(error)
            return
        if answer is not None:
            self._settle(answer)

    def connection_lost(self, exc: Exception | None) -> None:
        """See asyncio."""
        self._lines.discard(self)
        if self._timer is not None:
            self._timer.cancel()
        answer = self._reader.finish() if exc is None and self._waiter is not None else None
        if answer is not None:
            self._settle(answer)
        else:
            self._end(exc or ConnectionError("it ended before the reply"))
        self.closed.set_result(None)

    def _settle(self, answer: Answer) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(answer)

    def _end(self, error: Exception) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_exception(error)
        self.hang_up()

    def _look_at(self, due: float) -> None:
        self._due = due
        if self._timer is not None:
            if self._timer.when() <= due:
                return  # it will see that it came too early
            self._timer.cancel()
        self._timer = self._loop.call_at(due, self._look)

    def _look(self) -> None:
        self._timer = None
        if time.monotonic() >= self._due:
            self._end(TimeoutError())
        else:
            self._look_at(self._due)


def _usable(idle: deque[_Line]) -> _Line | None:
    while idle:
        line = idle.pop()
        if line.may_go_on:
            return line
    return None


async def _resolved(address: Address) -> Sequence[str]:
    """Return the addresses of a host. Raises OSError, and UnicodeError for no name."""
    if address.is_literal:
        return [address.host]
    loop = asyncio.get_running_loop()
    infos = await loop.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    return [str(it[4][0]) for it in infos]
