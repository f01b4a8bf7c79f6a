"""AMQP 0-9-1 by hand: frames, properties and tables byte by byte, as no library would write them.

Knows nothing of ours and nothing of pika. What is published is followed by the broker's answer.
"""

import socket
import struct
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self, TypeAlias
from urllib.parse import unquote, urlsplit

PATIENCE = 10.0
"""Seconds for an answer of the broker."""
FRAME_MAX = 131_072

_METHOD, _HEADER, _BODY, _HEARTBEAT = 1, 2, 3, 8
_END = b"\xce"
_START, _TUNE, _OPEN_OK = (10, 10), (10, 30), (10, 41)
_CLOSE, _CHANNEL_OPEN_OK, _CHANNEL_CLOSE = (10, 50), (20, 11), (20, 40)
_RETURN, _ACK, _NACK, _SELECT_OK = (60, 50), (60, 80), (60, 120), (85, 11)
_BITS = {
    "content_type": 15, "content_encoding": 14, "headers": 13, "delivery_mode": 12, "priority": 11,
    "correlation_id": 10, "reply_to": 9, "expiration": 8, "message_id": 7, "timestamp": 6,
    "type": 5, "user_id": 4, "app_id": 3, "cluster_id": 2,
}  # fmt: skip

Id: TypeAlias = tuple[int, int]
"""Class and method."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the broker said to one message."""

    taken: bool
    code: int = 0
    """Why it closed the channel or the connection; 312 where no queue took the message."""
    text: str = ""
    is_connection: bool = False
    """Whether it closed all of the connection."""


def short(text: bytes) -> bytes:
    """Return a short string."""
    return struct.pack(">B", len(text)) + text


def long(text: bytes) -> bytes:
    """Return a long string as a field's value."""
    return b"S" + struct.pack(">I", len(text)) + text


def whole(number: int) -> bytes:
    """Return a signed 64-bit number as a field's value."""
    return b"l" + struct.pack(">q", number)


def double(number: float) -> bytes:
    """Return a double as a field's value."""
    return b"d" + struct.pack(">d", number)


def moment(seconds: int) -> bytes:
    """Return a timestamp as a field's value."""
    return b"T" + struct.pack(">Q", seconds)


def array(*values: bytes) -> bytes:
    """Return an array as a field's value."""
    inner = b"".join(values)
    return b"A" + struct.pack(">I", len(inner)) + inner


def table(fields: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Return a table, as it stands among the properties."""
    inner = b"".join(short(name) + value for name, value in fields)
    return struct.pack(">I", len(inner)) + inner


def nested_tables(depth: int) -> bytes:
    """Return a table within tables as a field's value."""
    value = b"F" + table([])
    for _ in range(depth):
        value = b"F" + table([(b"t", value)])
    return value


def nested_arrays(depth: int) -> bytes:
    """Return an array within arrays as a field's value."""
    value = array()
    for _ in range(depth):
        value = array(value)
    return value


def properties(fields: dict[str, bytes]) -> bytes:
    """Return the properties of a content header; each value is written as it is."""
    known = [it for it in _BITS if it in fields]
    assert len(known) == len(fields), f"{fields.keys() - _BITS.keys()} are none"
    flags = sum(1 << _BITS[it] for it in known)
    return struct.pack(">H", flags) + b"".join(fields[it] for it in known)


class Raw:
    """A connection with one channel in confirm mode; made anew where the broker closed it."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._address = parts.hostname or "", parts.port or 5672
        self._user = unquote(parts.username or "guest").encode()
        self._password = unquote(parts.password or "guest").encode()
        self._vhost = (unquote(parts.path[1:]) or "/").encode()
        self._socket: socket.socket | None = None
        self._received = b""

    def publish(
        self,
        exchange: bytes,
        key: bytes,
        header: bytes,
        body: bytes,
        *,
        mandatory: bool = True,
    ) -> Answer:
        """Publish a message with the properties in `header`; return what the broker says."""
        self._open()
        target = struct.pack(">H", 0) + short(exchange) + short(key) + bytes([mandatory])
        content = struct.pack(">HHQ", 60, 0, len(body)) + header
        size = FRAME_MAX - 8
        parts = [body[at : at + size] for at in range(0, len(body), size)]
        frames = [_method((60, 40), target), _frame(_HEADER, content)]
        self._write(b"".join([*frames, *(_frame(_BODY, it) for it in parts)]))
        answer = self._answer()
        if answer.code not in {0, 312}:
            self.close()
        return answer

    def close(self) -> None:
        """End the connection, without a word."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _open(self) -> None:
        if self._socket is not None:
            return
        self._socket = socket.create_connection(self._address, PATIENCE)
        self._received = b""
        self._write(b"AMQP\x00\x00\x09\x01")
        self._await(_START)
        response = b"\0" + self._user + b"\0" + self._password
        started = table([]) + short(b"PLAIN") + struct.pack(">I", len(response)) + response
        self._write(_method((10, 11), started + short(b"en_US"), channel=0))
        self._await(_TUNE)
        self._write(_method((10, 31), struct.pack(">HIH", 1, FRAME_MAX, 0), channel=0))
        self._write(_method((10, 40), short(self._vhost) + short(b"") + b"\0", channel=0))
        self._await(_OPEN_OK)
        self._write(_method((20, 10), short(b"")))
        self._await(_CHANNEL_OPEN_OK)
        self._write(_method((85, 10), b"\0"))
        self._await(_SELECT_OK)

    def _answer(self) -> Answer:
        is_returned = False
        while True:
            found = self._next()
            if found is None:
                return Answer(taken=False, code=320, text="no farewell", is_connection=True)
            method, payload = found
            if method == _RETURN:
                is_returned = True
            elif method in {_ACK, _NACK}:
                code = 312 if is_returned else 0
                return Answer(taken=method == _ACK and not is_returned, code=code)
            elif method in {_CLOSE, _CHANNEL_CLOSE}:
                [code] = struct.unpack_from(">H", payload)
                text = payload[3 : 3 + payload[2]].decode("utf-8", "replace")
                is_connection = method == _CLOSE
                return Answer(taken=False, code=code, text=text, is_connection=is_connection)

    def _await(self, wanted: Id) -> None:
        found = self._next()
        assert found is not None, f"the broker ended before {wanted}"
        assert found[0] == wanted, f"{found} instead of {wanted}"

    def _next(self) -> tuple[Id, bytes] | None:
        """Return the next method; None where the connection has ended."""
        while True:
            head = self._read(7)
            if head is None:
                return None
            kind, _, length = struct.unpack(">BHI", head)
            rest = self._read(length + 1)
            if rest is None:
                return None
            if kind == _METHOD:
                first, second = struct.unpack_from(">HH", rest)
                return (first, second), rest[4:-1]

    def _read(self, count: int) -> bytes | None:
        assert self._socket is not None
        while len(self._received) < count:
            try:
                more = self._socket.recv(65_536)
            except ConnectionError:
                return None
            if not more:
                return None
            self._received += more
        found, self._received = self._received[:count], self._received[count:]
        return found

    def _write(self, data: bytes) -> None:
        assert self._socket is not None
        # What the broker said before it ended can still be read.
        with suppress(ConnectionError):
            self._socket.sendall(data)


def _frame(kind: int, payload: bytes, channel: int = 1) -> bytes:
    return struct.pack(">BHI", kind, channel, len(payload)) + payload + _END


def _method(method: Id, arguments: bytes, *, channel: int = 1) -> bytes:
    return _frame(_METHOD, struct.pack(">HH", *method) + arguments, channel)
