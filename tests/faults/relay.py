"""The proxy's inside: sockets, pumps between them, and the toxics that these obey.

Lives in one event loop, that of the proxy.
"""

import asyncio
import contextlib
import random
import socket
import struct
from collections.abc import AsyncIterator, Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from tests.faults.toxics import (
    Bandwidth,
    Latency,
    LimitData,
    ResetPeer,
    Slicer,
    SlowClose,
    Timeout,
    Toward,
    Toxic,
)

X = TypeVar("X", bound=Toxic)

_CHUNK = 65_536
_CHUNKS_HELD = 16
_STEP = 0.1
"""Seconds between two pieces of what is slowed down."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What has gone through since the start."""

    connections: int
    open: int
    to_server: int
    """Bytes that were handed on."""
    to_client: int


class Toxics:
    """What is set now. Used in the proxy's thread alone."""

    def __init__(self) -> None:
        self._set: dict[str, tuple[Toxic, frozenset[Toward]]] = {}
        self._changed = asyncio.Event()

    async def put(
        self, name: str, toxic: Toxic | None = None, toward: frozenset[Toward] = frozenset()
    ) -> None:
        self._set.pop(name, None)
        if toxic is not None:
            self._set[name] = toxic, toward
        self._tell()

    async def clear(self) -> None:
        self._set.clear()
        self._tell()

    def of(self, kind: type[X], toward: Toward) -> X | None:
        """Return the toxic of a kind that was set last."""
        found = None
        for toxic, directions in self._set.values():
            if isinstance(toxic, kind) and toward in directions:
                found = toxic
        return found

    async def change(self) -> None:
        """Return when another toxic is set or removed."""
        await self._changed.wait()

    async def silent(self, toward: Toward) -> None:
        """Return when something may pass."""
        while self.of(Timeout, toward) is not None:
            await self.change()

    def _tell(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()


class Relay:
    """The listening socket and the connections through it."""

    def __init__(self, host: str, port: int) -> None:
        self.toxics = Toxics()
        self.port = 0
        self.passed = dict.fromkeys(Toward, 0)
        self._target = host, port
        self._accepted = 0
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()

    async def up(self) -> None:
        if self._server is None:
            self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
            self.port = self._server.sockets[0].getsockname()[1]

    async def down(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def counts(self) -> Counts:
        passed = self.passed[Toward.SERVER], self.passed[Toward.CLIENT]
        return Counts(self._accepted, len(self._open), *passed)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._accepted += 1
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            # Cancelled only to be closed, which it then is.
            with contextlib.suppress(OSError, asyncio.CancelledError):
                await self._relay(_Side(reader, writer))
        finally:
            self._open.discard(task)
            writer.transport.abort()

    async def _relay(self, client: "_Side") -> None:
        server = _Side(*await asyncio.open_connection(*self._target))
        try:
            both = [
                _Pump(client, server, Toward.SERVER, self),
                _Pump(server, client, Toward.CLIENT, self),
            ]
            ends = [
                asyncio.create_task(self._reset(client, server)),
                asyncio.create_task(_together(*(it.run() for it in both))),
            ]
            try:
                await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for end in ends:
                    end.cancel()
                await asyncio.gather(*ends, return_exceptions=True)
        finally:
            server.writer.transport.abort()

    async def _reset(self, client: "_Side", server: "_Side") -> None:
        while True:
            told = [self.toxics.of(ResetPeer, it) for it in Toward]
            for toxic in filter(None, told):
                await asyncio.sleep(toxic.seconds)
                client.reset()
                server.reset()
                return
            await self.toxics.change()


@dataclass(frozen=True, slots=True)
class _Side:
    """One of two connections."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def read(self) -> bytes | None:
        """Return what came, nothing at the end, None where the connection was lost."""
        try:
            return await self.reader.read(_CHUNK)
        except OSError:
            return None

    def reset(self) -> None:
        """Close it so that the system sends a reset."""
        connection: socket.socket = self.writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


class _Pump:
    """One direction of one connection: reads from one side, writes to the other, later."""

    def __init__(self, source: _Side, target: _Side, toward: Toward, relay: Relay) -> None:
        self._source, self._target = source, target
        self._toward, self._relay, self._toxics = toward, relay, relay.toxics
        self._held: asyncio.Queue[tuple[float, bytes | None]] = asyncio.Queue(_CHUNKS_HELD)
        self._due = 0.0
        self._limit: tuple[LimitData, int] | None = None
        # So that `drain` waits until the system has all of it, as slow as the other side reads.
        target.writer.transport.set_write_buffer_limits(0)

    async def run(self) -> None:
        """Return at the end of the data; raises where one side is lost."""
        await _together(self._read(), self._write())

    async def _read(self) -> None:
        while True:
            data = await self._source.read()
            latency = self._toxics.of(Latency, self._toward)
            later = 0.0
            if latency is not None:
                later = latency.seconds + random.uniform(-latency.jitter, latency.jitter)
            self._due = max(self._due, asyncio.get_running_loop().time() + later)
            await self._held.put((self._due, data))
            if not data:
                return

    async def _write(self) -> None:
        while True:
            due, data = await self._held.get()
            await asyncio.sleep(due - asyncio.get_running_loop().time())
            await self._toxics.silent(self._toward)
            if data is None:
                raise ConnectionAbortedError("the other side is lost")
            if not data:
                break
            async for piece in self._pieces(data):
                await self._hand_on(piece)
        slow = self._toxics.of(SlowClose, self._toward)
        if slow is not None:
            await asyncio.sleep(slow.seconds)
        self._target.writer.write_eof()

    async def _pieces(self, data: bytes) -> AsyncIterator[bytes]:
        while data:
            slicer = self._toxics.of(Slicer, self._toward)
            bandwidth = self._toxics.of(Bandwidth, self._toward)
            size = len(data)
            if slicer is not None:
                size = min(size, slicer.size)
                await asyncio.sleep(slicer.pause)
            if bandwidth is not None:
                size = min(size, max(1, int(bandwidth.rate * _STEP)))
                await asyncio.sleep(size / bandwidth.rate)
            await self._toxics.silent(self._toward)
            piece, data = data[:size], data[size:]
            yield piece

    async def _hand_on(self, piece: bytes) -> None:
        limit = self._toxics.of(LimitData, self._toward)
        if limit is not None:
            left = self._limit[1] if self._limit and self._limit[0] is limit else limit.size
            piece = piece[:left]
            self._limit = limit, left - len(piece)
        self._target.writer.write(piece)
        self._relay.passed[self._toward] += len(piece)
        await self._target.writer.drain()
        if self._limit is not None and limit is not None and self._limit[1] == 0:
            raise ConnectionAbortedError(f"{limit.size} bytes have passed")


async def _together(*works: Coroutine[Any, Any, None]) -> None:
    """Return when all have ended; where one fails the others are cancelled."""
    async with asyncio.TaskGroup() as group:
        for work in works:
            group.create_task(work)
