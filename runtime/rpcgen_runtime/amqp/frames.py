"""The frames of messages (AMQP 0-9-1, sections 2.3.5 and 4.2), in one pass each way. No I/O.

pika makes four objects and a dozen calls of each frame, which at a high rate is most of what
a call costs. Here is what messages of ours hold: short texts, texts and whole numbers. What holds
anything else, pika writes and reads.
"""

import struct
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from rpcgen_runtime.amqp.messages import Message

DELIVER: Final = 0x003C003C
ACK: Final = 0x003C0050
NACK: Final = 0x003C0078
PUBLISH: Final = 0x003C0028
BASIC: Final = 0x003C

METHOD_FRAME, HEADER_FRAME, BODY_FRAME = 1, 2, 3
END: Final = b"\xce"
OVERHEAD: Final = 8
"""Bytes of a frame beside its payload."""

_START = struct.Struct(">BHI")
_SETTLE = struct.Struct(">BHIIQBB")
_CONTENT = struct.Struct(">HHQH")
_HEADER = struct.Struct(">BHIHHQH")
_SIZE = struct.Struct(">Q")
_TEXT = struct.Struct(">cI")
_SMALL = struct.Struct(">ci")
_LARGE = struct.Struct(">cq")
_LONG = struct.Struct(">I")
_LONG_LONG = struct.Struct(">q")
_SIGNED = struct.Struct(">i")

_CONTENT_TYPE, _HEADERS, _DELIVERY_MODE = 1 << 15, 1 << 13, 1 << 12
_CORRELATION_ID, _REPLY_TO, _EXPIRATION, _MESSAGE_ID, _TYPE = (
    1 << 10,
    1 << 9,
    1 << 8,
    1 << 7,
    1 << 5,
)
_KNOWN: Final = (
    _CONTENT_TYPE | _HEADERS | _DELIVERY_MODE | _CORRELATION_ID | _REPLY_TO
    | _EXPIRATION | _MESSAGE_ID | _TYPE
)  # fmt: skip

_LENGTHS: Final = [bytes((it,)) for it in range(256)]
_SMALLEST_NUMBER, _LARGEST_NUMBER = -(2**31), 2**31 - 1


class Unusual(Exception):
    """A message that pika is to write or read."""


def write_message(
    channel: int, exchange: str, key: str, message: Message, *, mandatory: bool, frame_max: int
) -> bytes:
    """Return the frames that publish a message. Raises Unusual."""
    body = message.body
    size, most = len(body), frame_max - OVERHEAD
    head = _publish(channel, exchange, key, mandatory) + _header(channel, message)
    if size <= most:
        if not size:
            return head
        return b"".join((head, _START.pack(BODY_FRAME, channel, size), body, END))
    parts = [head]
    for at in range(0, size, most):
        part = body[at : at + most]
        parts += (_START.pack(BODY_FRAME, channel, len(part)), part, END)
    return b"".join(parts)


def write_ack(channel: int, tag: int, *, multiple: bool = False) -> bytes:
    """Return the frame that acknowledges one delivery, or with `multiple` all before it, too."""
    # 13 bytes of payload.
    return _SETTLE.pack(METHOD_FRAME, channel, 13, ACK, tag, multiple, END[0])


def read_settled(data: bytes, at: int) -> tuple[int, bool]:
    """Return the tag of an `ack` or `nack`, and whether all before it are meant too."""
    tag: int = _LONG_LONG.unpack_from(data, at)[0]
    return tag, bool(data[at + 8] & 1)


def read_delivery(data: bytes, at: int) -> tuple[int, bool]:
    """Return the tag of a `deliver`, and whether it was handed out before."""
    at += 1 + data[at]
    tag: int = _LONG_LONG.unpack_from(data, at)[0]
    return tag, bool(data[at + 8] & 1)


def read_size(data: bytes, at: int) -> int:
    """Return how long the body is of the content header at `at`."""
    size: int = _SIZE.unpack_from(data, at + 4)[0]
    return size


def read_message(data: bytes, at: int, end: int, body: bytes) -> Message:
    """Return the message of the content header between `at` and `end`. Raises Unusual."""
    try:
        return _read(data, at, end, body)
    except (UnicodeDecodeError, IndexError, struct.error):
        raise Unusual from None


def _read(data: bytes, at: int, end: int, body: bytes) -> Message:
    flags = _CONTENT.unpack_from(data, at)[3]
    if flags & ~_KNOWN:
        raise Unusual
    at += _CONTENT.size
    content_type = kind = ""
    correlation_id = reply_to = message_id = expires_ms = None
    headers: Mapping[str, object] = {}
    is_durable = False
    # Each text as `_short` does it: the calls alone would be a quarter of all that reading costs.
    if flags & _CONTENT_TYPE:
        begin, at = at + 1, at + 1 + data[at]
        content_type = data[begin:at].decode()
    if flags & _HEADERS:
        headers, at = _table(data, at)
    if flags & _DELIVERY_MODE:
        is_durable = data[at] == 2  # section 1.8.3: 2 is persistent
        at += 1
    if flags & _CORRELATION_ID:
        begin, at = at + 1, at + 1 + data[at]
        correlation_id = data[begin:at].decode()
    if flags & _REPLY_TO:
        begin, at = at + 1, at + 1 + data[at]
        reply_to = data[begin:at].decode()
    if flags & _EXPIRATION:
        begin, at = at + 1, at + 1 + data[at]
        expires_ms = expires_of(data[begin:at].decode())
    if flags & _MESSAGE_ID:
        begin, at = at + 1, at + 1 + data[at]
        message_id = data[begin:at].decode()
    if flags & _TYPE:
        begin, at = at + 1, at + 1 + data[at]
        kind = data[begin:at].decode()
    if at != end:
        raise Unusual
    # By position: by name it takes three times as long.
    return Message(
        body, content_type, kind, message_id, correlation_id, reply_to, expires_ms, is_durable,
        headers,
    )  # fmt: skip


def expires_of(expiration: str | None) -> int | None:
    """Return AMQP's `expiration` as a number; what is none counts as absent."""
    if expiration is None or not (expiration.isascii() and expiration.isdigit()):
        return None
    return int(expiration)


def _table(data: bytes, at: int) -> tuple[dict[str, object], int]:
    end = at + 4 + _LONG.unpack_from(data, at)[0]
    at += 4
    found: dict[str, object] = {}
    while at < end:
        begin, at = at + 1, at + 1 + data[at]
        name = data[begin:at].decode()
        kind = data[at]
        if kind == 0x53:  # `S`, a long text
            begin, at = at + 5, at + 5 + _LONG.unpack_from(data, at + 1)[0]
            found[name] = data[begin:at].decode()
        elif kind == 0x49:  # `I`, 32 bits
            found[name] = _SIGNED.unpack_from(data, at + 1)[0]
            at += 5
        elif kind == 0x6C:  # `l`, 64 bits
            found[name] = _LONG_LONG.unpack_from(data, at + 1)[0]
            at += 9
        else:
            raise Unusual
    if at != end:
        raise Unusual
    return found, end


@lru_cache(4_096)
def _publish(channel: int, exchange: str, key: str, mandatory: bool) -> bytes:  # noqa: FBT001
    names = _named(exchange) + _named(key)
    payload = _LONG.pack(PUBLISH) + b"\0\0" + names + _LENGTHS[mandatory]
    return _START.pack(METHOD_FRAME, channel, len(payload)) + payload + END


def _header(channel: int, message: Message) -> bytes:
    (
        body, content_type, kind, message_id, correlation_id, reply_to, expires_ms, is_durable,
        headers, _,
    ) = message  # fmt: skip
    flags = _DELIVERY_MODE
    pieces: list[bytes] = []
    if content_type:
        flags |= _CONTENT_TYPE
        pieces.append(_name(content_type))
    if headers:
        flags |= _HEADERS
        fields = _fields(headers)
        pieces += (_LONG.pack(len(fields)), fields)
    pieces.append(b"\2" if is_durable else b"\1")
    if correlation_id is not None:
        flags |= _CORRELATION_ID
        pieces.append(_named(correlation_id))
    if reply_to is not None:
        flags |= _REPLY_TO
        pieces.append(_name(reply_to))
    if expires_ms is not None:
        flags |= _EXPIRATION
        pieces.append(_named(str(expires_ms)))
    if message_id is not None:
        flags |= _MESSAGE_ID
        pieces.append(_named(message_id))
    if kind:
        flags |= _TYPE
        pieces.append(_name(kind))
    properties = b"".join(pieces)
    size = _CONTENT.size + len(properties)
    head = _HEADER.pack(HEADER_FRAME, channel, size, BASIC, 0, len(body), flags)
    return head + properties + END


def _fields(headers: Mapping[str, object]) -> bytes:
    pieces: list[bytes] = []
    for name, value in headers.items():
        if isinstance(value, str):
            text = value.encode()
            pieces += (_name(name), _TEXT.pack(b"S", len(text)), text)
        elif type(value) is int:
            is_small = _SMALLEST_NUMBER <= value <= _LARGEST_NUMBER
            number = _SMALL.pack(b"I", value) if is_small else _LARGE.pack(b"l", value)
            pieces += (_name(name), number)
        else:
            raise Unusual
    return b"".join(pieces)


def _named(text: str) -> bytes:
    data = text.encode()
    if len(data) > 255:  # section 4.2.5.3
        raise Unusual
    return _LENGTHS[len(data)] + data


_name = lru_cache(1_024)(_named)
"""The same for what comes again and again."""
