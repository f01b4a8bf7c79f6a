"""What the broker hands out and confirms on one channel, from frame to frame. No I/O.

Takes deliveries and confirms, and leaves all else to pika. A header that cannot be decoded makes
that one message unreadable, and breaks nothing.
"""

import struct
from collections.abc import Callable
from typing import TypeAlias

from rpcgen_runtime.amqp import frames
from rpcgen_runtime.amqp.messages import Message
from rpcgen_runtime.amqp.translation import message_of, properties_read

OnDelivered: TypeAlias = Callable[[int, bool, Message], None]
"""Delivery tag, whether somebody may have had it before, the message."""
OnConfirm: TypeAlias = Callable[[int, bool, bool], None]
"""Delivery tag, whether all before it too, whether the broker took it."""

_METHOD = struct.Struct(">I")


class Inbox:
    """One channel's; see the module."""

    def __init__(self) -> None:
        self.on_delivered: OnDelivered | None = None
        """Called with what is handed out; without it, that is left to pika."""
        self.on_confirm: OnConfirm | None = None
        self.on_answer: Callable[[], None] | None = None
        """Called when a question (see `Channel.ask`) is answered; without it, that goes to pika."""
        self._is_awaited = False
        """Whether the rest of a message is."""
        self._tag = 0
        self._is_redelivered = False
        self._header = b""
        self._parts: list[bytes] = []
        self._missing = 0
        """Bytes of its body."""

    def take_whole(self, data: bytes, at: int) -> int:
        """Take a delivery that begins at `at`, if all of it is there; return where it ends, or 0.

        That is what nearly everything is that comes, and is read in one pass.
        """
        if self.on_delivered is None:
            return 0
        found = frames.read_whole(data, at)
        if found is None:
            return 0
        tag, is_redelivered, message, end = found
        self.on_delivered(tag, is_redelivered, message)
        return end

    def take(self, kind: int, data: bytes, at: int, end: int) -> bool:
        """Take the payload of a frame; False where it is not for this side to read."""
        if kind == frames.METHOD_FRAME:
            return self._take_method(_METHOD.unpack_from(data, at)[0], data, at + _METHOD.size)
        if not self._is_awaited:
            return False
        if kind == frames.HEADER_FRAME:
            self._header = data[at:end]
            self._missing = frames.read_size(data, at)
        elif kind == frames.BODY_FRAME:
            self._parts.append(data[at:end])
            self._missing -= end - at
        if self._missing <= 0:
            self._finish()
        return True

    def _take_method(self, method: int, data: bytes, at: int) -> bool:
        if method == frames.DELIVER and self.on_delivered is not None:
            self._tag, self._is_redelivered = frames.read_delivery(data, at)
            self._is_awaited = True
            return True
        if method == frames.QOS_OK and self.on_answer is not None:
            self.on_answer()
            return True
        if self.on_confirm is None or method not in {frames.ACK, frames.NACK}:
            return False
        tag, is_multiple = frames.read_settled(data, at)
        self.on_confirm(tag, is_multiple, method == frames.ACK)
        return True

    def _finish(self) -> None:
        parts, self._parts = self._parts, []
        header, self._header = self._header, b""
        self._is_awaited = False
        body = parts[0] if len(parts) == 1 else b"".join(parts)
        try:
            message = frames.read_message(header, 0, len(header), body)
        except frames.Unusual:
            message = message_of(properties_read(header), body)
        if self.on_delivered is not None:
            self.on_delivered(self._tag, self._is_redelivered, message)
