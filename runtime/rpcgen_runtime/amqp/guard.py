"""pika's connection with a frame reader of ours, which one message cannot break, and fewer writes.

The broker takes and confirms messages whose header pika cannot decode: a timestamp beyond the year
9999, tables within tables within tables. pika raises inside its reader, the connection is lost with
all that is under way on it, the message comes again on the next one. Here such a header becomes
`Unreadable` properties of that one message.

pika is pinned below its next minor version for this file's sake.
"""

import struct
import time
from typing import Any

from pika import frame, spec
from pika.adapters.asyncio_connection import AsyncioConnection
from pika.exceptions import AMQPHeartbeatTimeout, IncompatibleProtocolError, InvalidFrameError

GRACE = 5.0
"""Seconds beyond the heartbeat after which a silent connection is dead."""
TICK = 1.0
"""Seconds between two looks at the clock."""
STANDSTILL = 30.0
"""Seconds after which a process that stood still no longer trusts what is in its sockets."""

_START = struct.Struct(">BHL")
_CONTENT = struct.Struct(">HHQ")
_SMALLEST = 8
_HEADER = spec.FRAME_HEADER
_END = spec.FRAME_END
_PROPERTIES_AT = 12


class Unreadable(spec.BasicProperties):  # type: ignore[misc]  # pika has no types
    """The properties of a message whose header cannot be decoded."""


class GuardedConnection(AsyncioConnection):  # type: ignore[misc]  # pika has no types
    """An AMQP connection on an asyncio event loop; see the module."""

    _seen_at = 0.0
    _heard_at = 0.0
    _outgoing: bytearray | None = None

    @property
    def _pika(self) -> Any:
        """This connection, with what pika has and its stubs do not tell."""
        return self

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

    def _adapter_emit_data(self, data: bytes) -> None:
        """Gather what is sent in one turn of the event loop: pika would send each frame alone."""
        if self._outgoing is not None:
            self._outgoing += data
            return
        self._outgoing = bytearray(data)
        self._pika._nbio.get_native_ioloop().call_soon(self._flush)  # noqa: SLF001  # our own base

    def _flush(self) -> None:
        data, self._outgoing = self._outgoing, None
        transport = self._pika._transport  # noqa: SLF001  # our own base
        if data and transport is not None:
            transport.write(bytes(data))

    def _on_data_available(self, data_in: bytes) -> None:
        pika = self._pika
        if self._seen_at and time.monotonic() - self._seen_at > STANDSTILL:
            self._seen_at = 0.0
            pika._terminate_stream(AMQPHeartbeatTimeout("this process stood still"))  # noqa: SLF001
            return
        self._heard_at = time.monotonic()
        # What pika's check for heartbeats looks at.
        pika.bytes_received += len(data_in)
        rest: bytes = pika._frame_buffer  # noqa: SLF001
        data = rest + data_in if rest else data_in
        if data[:4] == b"AMQP":
            # The broker speaks another version, and closes.
            pika._terminate_stream(IncompatibleProtocolError(repr(data[:8])))  # noqa: SLF001
            return
        transport = pika._transport  # noqa: SLF001
        at, size = 0, len(data)
        while size - at >= _SMALLEST:
            kind, channel, length = _START.unpack_from(data, at)
            end = at + _SMALLEST + length
            if end > size:
                break
            if data[end - 1] != _END:
                raise InvalidFrameError("a frame does not end where it says")
            if kind == _HEADER:
                value = _header(channel, data[at + 7 : end - 1])
            else:
                _, value = frame.decode_frame(data[at:end])
            at = end
            pika._process_frame(value)  # noqa: SLF001
            if pika._transport is not transport or self.is_closed:  # noqa: SLF001
                return
        pika._frame_buffer = data[at:] if at else data  # noqa: SLF001


def _header(channel: int, payload: bytes) -> Any:
    """Return a content header, whatever its properties are."""
    _, _, body_size = _CONTENT.unpack_from(payload)
    properties = spec.BasicProperties()
    try:
        properties.decode(payload[_PROPERTIES_AT:])
    except Exception:  # noqa: BLE001  # pika raises half a dozen kinds, RecursionError among them
        properties = Unreadable()
    return frame.Header(channel, body_size, properties)
