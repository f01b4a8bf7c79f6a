"""pika's connection with a frame reader of ours, which one message cannot break, and fewer writes.

The broker takes and confirms messages whose header pika cannot decode: a timestamp beyond the year
9999, tables within tables within tables. pika raises inside its reader, the connection is lost with
all that is under way on it, the message comes again on the next one. Here such a header becomes
`Unreadable` properties of that one message. What is handed out and confirmed goes to the inbox of
its channel, and never through pika.

pika is pinned below its next minor version for this file's sake.
"""

import struct
import time
from collections.abc import Callable
from contextlib import suppress
from functools import cached_property
from typing import Any

from pika import frame, spec
from pika.adapters.asyncio_connection import AsyncioConnection
from pika.adapters.utils import io_services_utils
from pika.exceptions import AMQPHeartbeatTimeout, IncompatibleProtocolError, InvalidFrameError

from rpcgen_runtime.amqp.acks import Acks
from rpcgen_runtime.amqp.frames import read_size
from rpcgen_runtime.amqp.inbox import Inbox
from rpcgen_runtime.amqp.translation import properties_read

GRACE = 5.0
"""Seconds beyond the heartbeat after which a silent connection is dead."""
TICK = 1.0
"""Seconds between two looks at the clock."""
READ_BYTES = 256 << 10
"""What may come at once."""
STANDSTILL = 30.0
"""Seconds after which a process that stood still no longer trusts what is in its sockets."""

_PLAINTEXT: Any = io_services_utils._AsyncPlaintextTransport  # noqa: SLF001

_START = struct.Struct(">BHL")
_SMALLEST = 8
_HEADER = spec.FRAME_HEADER
_END = spec.FRAME_END


class GuardedConnection(AsyncioConnection):  # type: ignore[misc]  # pika has no types
    """An AMQP connection on an asyncio event loop; see the module."""

    _seen_at = 0.0
    _heard_at = 0.0
    _outgoing: list[bytes] | None = None
    on_read: Callable[[], None] | None = None
    """Called when all is taken that came at once."""

    @cached_property
    def inboxes(self) -> dict[int, Inbox]:
        """Who takes what is handed out and confirmed, by channel."""
        return {}

    @property
    def frame_max(self) -> int:
        """Bytes of the largest frame."""
        return int(self._pika.params.frame_max)

    @cached_property
    def _acks(self) -> list[Acks]:
        """What is to be acknowledged in this turn of the event loop."""
        return []

    def emit(self, data: bytes) -> None:
        """Send frames with all that is sent in one turn of the event loop: pika would each alone.

        What comes when the connection is lost goes nowhere.
        """
        outgoing = self._gathered()
        if self._acks:
            outgoing += self._take_acks()
        outgoing.append(data)

    _adapter_emit_data = emit
    """What pika calls."""

    def acknowledge(self, acks: Acks) -> None:
        """Send acknowledgements at the end of this turn of the event loop.

        What else is sent meanwhile does not overtake them.
        """
        self._acks.append(acks)
        self._gathered()

    def flush(self) -> None:
        """Send now what is to be sent at the end of this turn, if there is anything."""
        outgoing, self._outgoing = self._outgoing or [], None
        data = b"".join(outgoing + self._take_acks())
        transport = self._pika._transport  # noqa: SLF001  # our own base
        if data and transport is not None:
            _send(transport, data)

    @property
    def _pika(self) -> Any:
        """This connection, with what pika has and its stubs do not tell."""
        return self

    def read_in_bulk(self) -> None:
        """Read all that has come at once.

        pika would read 4 KiB at a time, and ask until it is told that there is nothing more.
        """
        transport: Any = self._pika._transport  # noqa: SLF001  # our own base
        if transport is None:
            return
        transport._MAX_RECV_BYTES = READ_BYTES  # noqa: SLF001
        if isinstance(transport, _PLAINTEXT):
            # With TLS, what was decrypted and not read is nothing that the system tells of.
            transport._MAX_CONSUME_BYTES = 1  # noqa: SLF001

    def watch(self) -> None:
        """Begin to notice when the broker is silent, or this process stands still (SIGSTOP).

        What is in the sockets then is old: the broker may have given it to others since.
        """
        now = self._seen_at = time.monotonic()
        self._heard_at = self._heard_at or now
        if not self.is_open:
            return
        heartbeat = self._pika.params.heartbeat
        if now - self._heard_at > heartbeat + GRACE:
            # pika would look once in so long a time, and so notice up to twice as late.
            text = f"nothing was heard for {heartbeat + GRACE:g} s"
            self._pika._terminate_stream(AMQPHeartbeatTimeout(text))  # noqa: SLF001  # our own base
            return
        self._pika._adapter_call_later(TICK, self.watch)  # noqa: SLF001  # our own base

    def _gathered(self) -> list[bytes]:
        """Return what is sent at the end of this turn."""
        if self._outgoing is None:
            self._outgoing = []
            loop = self._pika._nbio.get_native_ioloop()  # noqa: SLF001  # our own base
            loop.call_soon(self.flush)
        return self._outgoing

    def _take_acks(self) -> list[bytes]:
        acks = [it.take() for it in self._acks]
        self._acks.clear()
        return acks

    def _on_data_available(self, data_in: bytes) -> None:
        try:
            self._read(data_in)
        finally:
            if self.on_read is not None:
                self.on_read()

    def _read(self, data_in: bytes) -> None:
        pika = self._pika
        if self._seen_at and time.monotonic() - self._seen_at > STANDSTILL:
            self._seen_at = 0.0
            pika._terminate_stream(AMQPHeartbeatTimeout("this process stood still"))  # noqa: SLF001
            return
        self._heard_at = time.monotonic()
        pika.bytes_received += len(data_in)  # what pika's check for heartbeats looks at
        rest: bytes = pika._frame_buffer  # noqa: SLF001
        data = rest + data_in if rest else data_in
        if data[:4] == b"AMQP":
            # The broker speaks another version, and closes.
            pika._terminate_stream(IncompatibleProtocolError(repr(data[:8])))  # noqa: SLF001
            return
        transport = pika._transport  # noqa: SLF001
        inboxes = self.inboxes
        at, size = 0, len(data)
        while size - at >= _SMALLEST:
            kind, channel, length = _START.unpack_from(data, at)
            end = at + _SMALLEST + length
            if end > size:
                break
            if data[end - 1] != _END:
                raise InvalidFrameError("a frame does not end where it says")
            inbox = inboxes.get(channel)
            if inbox is None or not inbox.take(kind, data, at + _START.size, end - 1):
                pika._process_frame(_decoded(kind, channel, data[at:end]))  # noqa: SLF001
                if pika._transport is not transport or self.is_closed:  # noqa: SLF001
                    return
            at = end
        pika._frame_buffer = data[at:] if at else data  # noqa: SLF001


def _send(transport: Any, data: bytes) -> None:
    """Send at once what can be: pika would first wait to be told that the socket takes it."""
    sent = 0
    if isinstance(transport, _PLAINTEXT) and not transport.get_write_buffer_size():
        # What goes wrong here goes wrong again where pika knows what to do.
        with suppress(OSError, AttributeError):
            sent = transport._sock.send(data)  # noqa: SLF001
    if sent < len(data):
        # A view: pika cuts off what was sent again and again, and would copy the rest each time.
        transport.write(memoryview(data)[sent:])


def _decoded(kind: int, channel: int, data: bytes) -> Any:
    """Return a frame as pika has it; a content header, whatever its properties are."""
    if kind != _HEADER:
        return frame.decode_frame(data)[1]
    payload = data[_START.size : -1]
    return frame.Header(channel, read_size(payload, 0), properties_read(payload))
