"""Reads the answers of one connection from their bytes. No I/O.

llhttp, strict as it is by default, knows HTTP's grammar; here its parts are put together, up to a
limit. The only file on the client's side that imports httptools.
"""

import httptools

from rpcgen_runtime.http import headers
from rpcgen_runtime.http.exchange import Answer

MAX_HEAD = 65_536
"""Bytes of an answer's status and headers."""

_OURS, _SERVER = headers.VERSION.encode(), headers.SERVER.encode()


class Unreadable(Exception):
    """What came is no answer of HTTP/1.1; the message says why."""


class TooLarge(Exception):
    """The body is larger than what is read: as many bytes."""


class _Surplus(Exception):
    """More came than was asked for."""


class Reader:
    """Reads one answer after the other. What llhttp calls is public, as it wants."""

    def __init__(self, max_body: int) -> None:
        """Take how many bytes a body may have."""
        self._max_body = max_body
        self._parser = httptools.HttpResponseParser(self)
        self.expect()

    def expect(self) -> None:
        """Begin to wait for the next answer."""
        self._answer: Answer | None = None
        self._head_bytes = self._left = 0
        self.on_message_begin()

    @property
    def may_go_on(self) -> bool:
        """Whether another request may be sent on this connection."""
        return self._answer is not None and self._is_kept

    def feed(self, data: bytes | memoryview) -> Answer | None:
        """Return the answer once it is whole. Raises Unreadable and TooLarge."""
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            raise Unreadable("it changes the protocol") from None
        except httptools.HttpParserError as error:
            if self._answer is None:
                cause = error.__context__
                raise cause if isinstance(cause, TooLarge) else Unreadable(str(error)) from None
            self._is_kept = False
        if self._is_head:
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD:
                raise Unreadable(f"its headers have more than {MAX_HEAD:,} bytes")
        return self._answer

    def finish(self) -> Answer | None:
        """Return the answer that ends with its connection (RFC 9112, section 6.3, case 8)."""
        if self._is_head or self._has_length:
            return None
        self.on_message_complete()
        return self._answer

    def on_message_begin(self) -> None:
        """See httptools; an interim answer (RFC 9110, section 15.2) is followed by another."""
        if self._answer is not None:
            raise _Surplus
        self._is_head, self._has_length, self._is_kept = True, False, False
        self._ours: str | None = None
        self._server: str | None = None
        self._parts: list[bytes] = []

    def on_header(self, name: bytes, value: bytes) -> None:
        """See httptools."""
        if not self._is_head:
            return  # behind the body (RFC 9110, section 6.5.1)
        name = name.lower()
        if name == _OURS:
            self._ours = value.decode("latin-1")
        elif name == _SERVER:
            self._server = value.decode("latin-1")
        elif name == b"content-length":
            self._has_length = True
            if int(value) > self._max_body:
                raise TooLarge(self._max_body)
        elif name == b"transfer-encoding":
            self._has_length = b"chunked" in value.lower()

    def on_headers_complete(self) -> None:
        """See httptools."""
        self._status = self._parser.get_status_code()
        self._is_head = self._status < 200
        self._left = self._max_body

    def on_body(self, part: bytes) -> None:
        """See httptools."""
        self._left -= len(part)
        if self._left < 0:
            raise TooLarge(self._max_body)
        self._parts.append(part)

    def on_message_complete(self) -> None:
        """See httptools."""
        if self._is_head:
            return
        self._is_kept = self._parser.should_keep_alive()
        body = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
        self._answer = Answer(self._status, self._ours, self._server, body)
