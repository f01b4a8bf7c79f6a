"""pika's connection with a frame reader of ours, which one message cannot break, and fewer writes.

The broker takes and confirms messages whose header pika cannot decode: a timestamp beyond the year
9999, tables within tables within tables. pika raises inside its reader, the connection is lost with
all that is under way on it, the message comes again on the next one. Here such a header becomes
`Unreadable` properties of that one message. What is handed out and confirmed goes to the inbox of
its channel, and never through pika.

pika is pinned below its next minor version for the sake of this file and `sending`.
"""

import asyncio
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import cached_property
from typing import Any

from pika import frame, spec
from pika.adapters.asyncio_connection import AsyncioConnection
from pika.exceptions import AMQPHeartbeatTimeout, IncompatibleProtocolError, InvalidFrameError

from rpcgen_runtime.amqp.acks import Acks
from rpcgen_runtime.amqp.frames import read_size
from rpcgen_runtime.amqp.inbox import Inbox
from rpcgen_runtime.amqp.sending import PLAINTEXT, OneAtATime, beat, send
from rpcgen_runtime.amqp.translation import properties_read

GRACE = 5.0
"""Seconds beyond the heartbeat after which a silent connection is dead."""
TICK = 1.0
"""Seconds between two looks at the clock."""
READ_BYTES = 256 << 10
"""What may come at once."""
LATE = 3 * TICK
"""Seconds without such a look after which the event loop is taken to be kept from it."""
STANDSTILL = 30.0
"""Seconds after which a process that stood still no longer trusts what is in its sockets."""
UNREAD = 0.01
"""Seconds for which what nobody waits for may lie unread."""

_START = struct.Struct(">BHL")
_SMALLEST = 8
_METHOD = spec.FRAME_METHOD
_HEADER = spec.FRAME_HEADER
_END = spec.FRAME_END


class GuardedConnection(AsyncioConnection):  # type: ignore[misc]  # pika has no types
    """An AMQP connection on an asyncio event loop; see the module."""

    _seen_at = 0.0
    """When this process was last seen to run."""
    _looked_at = 0.0
    """When the event loop was."""
    _beaten_at = 0.0
    _heard_at = 0.0
    _outgoing: list[bytes] | None = None
    _is_alone: Callable[[], bool] | None = None
    _is_awaited: Callable[[], bool] | None = None
    _most_unread = 0
    _unread = 0
    _is_asked = False
    _look_later: asyncio.TimerHandle | None = None

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
        if self._outgoing is None and self._is_alone is not None and self._is_alone():
            self._outgoing = [data]
            self._flush()
            return
        outgoing = self._gathered()
        if self._acks:
            outgoing += self._take_acks()
        outgoing.append(data)

    def _adapter_emit_data(self, data: bytes) -> None:
        """Send what pika sends: it asks for something, and somebody waits for the answer."""
        self._is_asked = True
        self.emit(data)

    def acknowledge(self, acks: Acks) -> None:
        """Send acknowledgements at the end of this turn of the event loop.

        What else is sent meanwhile does not overtake them.
        """
        self._acks.append(acks)
        self._gathered()

    def send_at_once(self, is_alone: Callable[[], bool]) -> None:
        """Let what is sent when `is_alone` says so not wait for the end of its turn."""
        self._is_alone = is_alone

    def _flush(self) -> None:
        """Send what was gathered."""
        outgoing, self._outgoing = self._outgoing or [], None
        data = b"".join(outgoing + self._take_acks())
        transport = self._pika._transport  # noqa: SLF001  # our own base
        if data and transport is not None:
            send(transport, data, self._turn)
            if self._most_unread:
                self._leave_unread(transport, len(outgoing))

    @property
    def _pika(self) -> Any:
        """This connection, with what pika has and its stubs do not tell."""
        return self

    @cached_property
    def _turn(self) -> threading.Lock:
        """Held while something is sent: a frame goes out whole, or not yet."""
        return threading.Lock()

    @property
    def _loop(self) -> asyncio.AbstractEventLoop:
        loop: asyncio.AbstractEventLoop = self._pika._nbio.get_native_ioloop()  # noqa: SLF001
        return loop

    def settle_in(self) -> None:
        """Read all that has come at once, and let `beat` be called from other threads.

        pika would read 4 KiB at a time, and ask until it is told that there is nothing more. Where
        there is no TLS, what comes takes a short way past pika.
        """
        transport: Any = self._pika._transport  # noqa: SLF001  # our own base
        if transport is None:
            return
        if isinstance(transport, PLAINTEXT):
            self._loop.add_reader(transport._sock.fileno(), self._read)  # noqa: SLF001
        else:
            # What was decrypted and not read is nothing that the system tells of: pika asks on.
            transport._MAX_RECV_BYTES = READ_BYTES  # noqa: SLF001
            transport._sock = OneAtATime(transport._sock, self._turn)  # noqa: SLF001

    def read_lazily(self, most: int, is_awaited: Callable[[], bool]) -> None:
        """Leave what comes unread for UNREAD seconds after something is sent, or `most` messages.

        For a connection on which only confirms come, while nobody waits for them: one look takes
        many, and they wake nobody. Does nothing with TLS.
        """
        if isinstance(self._pika._transport, PLAINTEXT):  # noqa: SLF001  # our own base
            self._most_unread, self._is_awaited = most, is_awaited

    def watch(self) -> None:
        """Begin to notice when the broker is silent, or this process stands still (SIGSTOP).

        What is in the sockets then is old: the broker may have given it to others since.
        """
        now = time.monotonic()
        late, self._looked_at = now - (self._looked_at or now), now
        self._seen_at = self._seen_at or now
        self._heard_at = self._heard_at or now
        if not self.is_open or self._stands_still(now):
            return
        self._seen_at = now
        heartbeat = self._pika.params.heartbeat
        # After a handler has kept the event loop, what came meanwhile is read first.
        if late < LATE and now - self._heard_at > heartbeat + GRACE:
            # pika would look once in so long a time, and so notice up to twice as late.
            text = f"nothing was heard for {heartbeat + GRACE:g} s"
            self._pika._terminate_stream(AMQPHeartbeatTimeout(text))  # noqa: SLF001  # our own base
            return
        self._pika._adapter_call_later(TICK, self.watch)  # noqa: SLF001  # our own base

    def beat(self) -> None:
        """Tell the broker that this side lives, where the event loop is kept from it.

        From another thread, more often than the heartbeat.
        """
        now = time.monotonic()
        if not self._looked_at or now - self._seen_at > STANDSTILL:
            return
        self._seen_at = now
        due = self._beaten_at + self._pika.params.heartbeat / 3
        if now - self._looked_at < min(LATE, self._pika.params.heartbeat / 2) or now < due:
            return
        self._beaten_at = now
        if not self._turn.acquire(blocking=False):
            return  # something is sent just now
        try:
            beat(self._pika._transport)  # noqa: SLF001  # our own base
        finally:
            self._turn.release()

    def _stands_still(self, now: float) -> bool:
        """Close the connection where this process stood still."""
        if not self._seen_at or now - self._seen_at <= STANDSTILL:
            return False
        self._seen_at = 0.0
        text = "this process stood still"
        self._pika._terminate_stream(AMQPHeartbeatTimeout(text))  # noqa: SLF001  # our own base
        return True

    def _leave_unread(self, transport: Any, sent: int) -> None:
        self._unread += sent
        is_awaited = self._is_asked or (self._is_awaited is not None and self._is_awaited())
        self._is_asked = False
        if is_awaited or self._unread >= self._most_unread:
            self._unread = 0
            if self._look_later is not None:
                self._look_later.cancel()
                self._look_later = None
                # Not before who sent this has noted what it was: the broker may be as quick.
                self._loop.call_soon(self._look)
        elif self._look_later is None:
            self._loop.remove_reader(transport._sock.fileno())  # noqa: SLF001
            self._look_later = self._loop.call_later(UNREAD, self._look)

    def _look(self) -> None:
        """Read what was left unread, and all that comes from now on."""
        if self._look_later is not None:
            self._look_later.cancel()
            self._look_later = None
        self._unread = 0
        transport = self._pika._transport  # noqa: SLF001  # our own base
        if transport is not None and transport._state == transport._STATE_ACTIVE:  # noqa: SLF001
            self._loop.add_reader(transport._sock.fileno(), self._read)  # noqa: SLF001
            self._read()

    def _read(self) -> None:
        """Read what has come, where there is no TLS."""
        transport = self._pika._transport  # noqa: SLF001  # our own base
        data = b""
        # What goes wrong here goes wrong again where pika knows what to do.
        with suppress(OSError, AttributeError):
            data = transport._sock.recv(READ_BYTES)  # noqa: SLF001
        if not data:
            transport._on_socket_readable()  # noqa: SLF001
            return
        try:
            self._on_data_available(data)
        except Exception as error:  # noqa: BLE001  # pika ends the connection with it
            transport._initiate_abort(error)  # noqa: SLF001

    def _gathered(self) -> list[bytes]:
        """Return what is sent at the end of this turn."""
        if self._outgoing is None:
            self._outgoing = []
            self._loop.call_soon(self._flush)
        return self._outgoing

    def _take_acks(self) -> list[bytes]:
        acks = [it.take() for it in self._acks]
        self._acks.clear()
        return acks

    def _on_data_available(self, data_in: bytes) -> None:
        pika = self._pika
        now = time.monotonic()
        if self._stands_still(now):
            return
        self._heard_at = now
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
            inbox = inboxes.get(channel)
            if kind == _METHOD and inbox is not None:
                end = inbox.take_whole(data, at)
                if end:
                    at = end
                    continue
            end = at + _SMALLEST + length
            if end > size:
                break
            if data[end - 1] != _END:
                raise InvalidFrameError("a frame does not end where it says")
            if inbox is None or not inbox.take(kind, data, at + _START.size, end - 1):
                pika._process_frame(_decoded(kind, channel, data[at:end]))  # noqa: SLF001
                if pika._transport is not transport or self.is_closed:  # noqa: SLF001
                    return
            at = end
        pika._frame_buffer = data[at:] if at else data  # noqa: SLF001


def _decoded(kind: int, channel: int, data: bytes) -> Any:
    """Return a frame as pika has it; a content header, whatever its properties are."""
    if kind != _HEADER:
        return frame.decode_frame(data)[1]
    payload = data[_START.size : -1]
    return frame.Header(channel, read_size(payload, 0), properties_read(payload))
