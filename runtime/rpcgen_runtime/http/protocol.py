"""One connection: uvicorn's protocol for httptools, held to our limits.

httptools reads headers of any length and waits for them forever, and uvicorn closes a connection
only once it was idle between requests. Here a connection is refused, or ends, when its headers are
too long or too slow, when its client does not read its answers, and when there are too many. What
is overridden is uvicorn's own, so its version is pinned: docs/decisions/0008-connections.md.
"""

import asyncio
import logging
import ssl
from http import HTTPStatus

import httptools
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from rpcgen_runtime.http import framing
from rpcgen_runtime.http.heads import Head
from rpcgen_runtime.http.health import HEALTH_PATHS
from rpcgen_runtime.http.limits import HttpLimits
from rpcgen_runtime.http.whole import Answering, State, WholeCycle
from rpcgen_runtime.tls import subject_of

SPARE_CONNECTIONS = 64
"""Beyond `max_connections`, for who only asks whether the server lives."""
LINGER_BYTES = 16 << 20
LINGER_SECONDS = 2.0
"""How much of what is refused is thrown away, and how long: who still sends could not read why."""

log = logging.getLogger("rpcgen_runtime.http")

_MORE = {
    HTTPStatus.METHOD_NOT_ALLOWED: b"allow: POST\r\n",
    HTTPStatus.SERVICE_UNAVAILABLE: b"retry-after: 1\r\n",
}
"""What a refusal tells beside its status."""
READ_BYTES = 256 << 10
"""What may come at once."""

_HEALTH = frozenset(it.encode() for it in HEALTH_PATHS)
_VERSIONS = frozenset(["1.1", "1.0"])
_FIELD_BYTES = len(b": \r\n")
_LINE_BYTES = len(b"  HTTP/1.1\r\n\r\n")
_CHUNK_BYTES = 64


class Connection(HttpToolsProtocol, asyncio.BufferedProtocol):
    """One connection of one server."""

    def __init__(
        self,
        config: uvicorn.Config,
        state: State,
        limits: HttpLimits,
        room: memoryview,
        *,
        wants_certificate: bool,
        answering: Answering | None,
    ) -> None:
        """Take the application, where it can be handed requests that came whole.

        `room` is where all connections of a server read into: each is done with what it read before
        the next one reads, and to make room for each read costs more than to read it.
        """
        super().__init__(config, state, {})
        self._state = state
        self._answering = answering
        self._path = b"" if answering is None else answering.path.encode()
        if self._path in _HEALTH:
            self._path = b""
        self._whole: list[bytes] | None = None
        """The body, as far as it is there, of a request that may come whole."""
        self._whole_cycle: WholeCycle | None = None
        """That of all requests that come whole: one after the other."""
        self._is_first = False
        """Whether what is being read begins with a request."""
        self._limits = limits
        self._room = room
        self._wants_certificate = wants_certificate
        self._is_unknown = False
        """Whether it wants a certificate, and there is none."""
        self._is_awaited = True
        """Whether the next bytes are those of a request's head."""
        self._is_begun = False
        """Whether some bytes of the next head have come."""
        self._is_refused = False
        self._has_heard = False
        self._is_read_again = False
        """Whether the request at hand wants to change the protocol, and is read without that."""
        self._method, self._version = b"", ""
        self._said: dict[bytes, bytes] = {}
        """The fields of the head that was read; of one that came twice the last."""
        self._at_hand = 0
        """How many bytes are being read."""
        self._is_short = False
        """Whether the head that is being read is within its limit for sure."""
        self._head_bytes = 0
        """Of a head with what came behind its body."""
        self._spare_bytes = 0
        """How much more than its body a request may still send."""
        self._unfinished_bytes = 0
        """Of what belongs to one unfinished head and nothing else: the parser holds it."""
        self._is_within_head = False
        """Whether nothing but the head was in the bytes at hand."""
        self._lingered = 0
        self._idle_since: float | None = None
        """Of the event loop's time; None while there is something to do."""
        self._idle_timer: asyncio.TimerHandle | None = None
        self._head_timer: asyncio.TimerHandle | None = None
        self._write_timer: asyncio.TimerHandle | None = None
        self._tls: dict[str, str | None] | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Begin to wait for the first head."""
        super().connection_made(transport)
        self._tls = _tls_of(transport)
        self._is_unknown = self._wants_certificate and self._certificate() is None
        if len(self.connections) > self._limits.max_connections + SPARE_CONNECTIONS:
            transport.abort()
            return
        if self._answering is not None:
            self._whole_cycle = WholeCycle(
                self._answering,
                transport,
                self.flow,
                self._state,
                loop=self.loop,
                on_response=self.on_response_complete,
            )
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the timers."""
        self._stop_timer()
        for timer in (self._idle_timer, self._write_timer):
            if timer is not None:
                timer.cancel()
        super().connection_lost(exc)

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002  # as asyncio has it
        """Return where to read into."""
        return self._room

    def buffer_updated(self, nbytes: int) -> None:
        """Read on, unless this connection is refused already."""
        if self._is_refused:
            self._linger(nbytes)
            return
        self._has_heard, self._idle_since = True, None
        self._is_within_head = self._is_awaited
        self._at_hand = nbytes
        self._is_first = self._is_awaited and not self._is_begun
        if self._is_first and self._answers_alike(nbytes):
            return
        if self._is_begun:
            self._is_short = False
        self._feed(self._room[:nbytes])
        if self._whole is not None:
            self._wait_for_rest(self._whole)
        if self.transport.is_closing() or self._is_refused:
            return
        if not self._is_awaited:
            self._spare_bytes -= nbytes
            if self._spare_bytes < 0:
                self._refuse(HTTPStatus.BAD_REQUEST)
            return
        if self._is_within_head:
            self._unfinished_bytes += nbytes
        if self._unfinished_bytes > self._limits.max_header:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        elif self._head_timer is None and self._is_free():
            self._await_head()

    def eof_received(self) -> bool | None:  # type: ignore[override]  # as asyncio has it
        """Let a client that says no more still hear the answer, as `nc -N` wants."""
        if self._tls is not None or self._is_free() or self.cycle.more_body:
            return None
        self.cycle.keep_alive = False
        return True

    def on_message_begin(self) -> None:
        """Begin a head."""
        self.url, self.headers = b"", []
        self._is_begun = True
        # To count takes longer than to read. No field is counted for twice of what came of it.
        self._is_short = self._at_hand <= self._limits.max_header // 2
        self._head_bytes = 0
        self._spare_bytes = 2 * self._limits.max_header + READ_BYTES

    def on_url(self, url: bytes) -> None:
        """Take a part of the request line."""
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header, or drop one that comes behind the body (RFC 9110, section 6.5.1)."""
        if self._is_awaited:
            self.headers.append((name.lower(), value))
            return
        if self._head_bytes == 0:
            self._head_bytes = self._counted()
        self._head_bytes += len(name) + len(value) + _FIELD_BYTES
        if self._head_bytes > self._limits.max_header:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def on_headers_complete(self) -> None:
        """Begin the request, unless it is one that is refused."""
        self._is_awaited = self._is_within_head = self._is_begun = False
        self._unfinished_bytes = 0
        self._stop_timer()
        self._method, self._version = self.parser.get_method(), self.parser.get_http_version()
        self._is_read_again = self.parser.should_upgrade() and self._method != b"CONNECT"
        if self._is_refused or self._is_read_again:
            return
        self._said = dict(self.headers)
        status = self._refusal()
        if status is not None:
            self._refuse(status)
        elif self.url == self._path and b"expect" not in self._said and self._is_free():
            # It needs nothing but its answer, once all of it is there.
            self._whole = []
        else:
            self._begin_cycle()

    def _counted(self) -> int:
        """Return how long the request's target and fields are."""
        return len(self.url) + sum(len(n) + len(v) + _FIELD_BYTES for n, v in self.headers)

    def _begin_cycle(self) -> None:
        """Begin a request as uvicorn does: the body is asked for as it comes."""
        url, fields = self.url, self.headers
        super().on_message_begin()
        self.url = url
        self.expect_100_continue = self._said.get(b"expect", b"").lower() == b"100-continue"
        self.headers += fields
        if self._tls is not None:
            # ASGI's TLS extension, 0.2.
            told = dict[object, object](self._tls.items())
            self.scope["extensions"] = {"tls": told}
        super().on_headers_complete()

    def _wait_for_rest(self, begun: list[bytes]) -> None:
        """Let a request that did not come whole go the other way."""
        self._whole = None
        self._begin_cycle()
        for part in begun:
            super().on_body(part)

    def _answer_whole(self, body: bytes) -> None:
        """Answer a request of which all is there."""
        assert self._answering is not None, "its path is the application's"
        assert self._whole_cycle is not None, "made with the connection"
        head = Head(
            self._method.decode("ascii"),
            self._answering.path,
            b"",
            self._version,
            self.headers,
            self._said,
            self._certificate(),
        )
        line = b"%b %b HTTP/%b" % (self._method, self.url, self._version.encode())
        data = bytes(self._room[: self._at_hand]) if self._is_first else b""
        self.cycle = self._whole_cycle
        self._whole_cycle.note(data, line, self.headers)
        keep_alive = self._version != "1.0" and self.parser.should_keep_alive()
        self._whole_cycle.begin(head, body, keep_alive=keep_alive)

    def _answers_alike(self, nbytes: int) -> bool:
        """Answer a whole request whose head reads as the one before; whether it is one."""
        cycle = self._whole_cycle
        if cycle is None or self.cycle is not cycle or not cycle.response_complete:
            return False
        found = cycle.alike(self._room[:nbytes], self._certificate())
        if found is None:
            return False
        head, body = found
        is_short = nbytes - len(body) <= self._limits.max_header // 2
        is_small = len(body) <= self._limits.max_body
        if not is_short or not is_small or len(self.connections) > self._limits.max_connections:
            return False
        self._unfinished_bytes = 0
        self._stop_timer()
        cycle.begin(head, body, keep_alive=True)
        return True

    def _certificate(self) -> str | None:
        return None if self._tls is None else self._tls["client_cert_name"]

    def _refusal(self) -> HTTPStatus | None:
        """Return with which status a head is refused; None if it is not."""
        if not self._is_short:
            size = self._counted() + len(self._method) + _LINE_BYTES
            if size > self._limits.max_header:
                return HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
        if self._version not in _VERSIONS:
            is_http = self._version != "0.9"
            return HTTPStatus.HTTP_VERSION_NOT_SUPPORTED if is_http else HTTPStatus.BAD_REQUEST
        if self._method == b"CONNECT":
            return HTTPStatus.METHOD_NOT_ALLOWED
        if not self.url.startswith(b"/"):
            # A form for proxies (RFC 9112, section 3.2): here nothing lives under such a name.
            return HTTPStatus.NOT_FOUND
        if b"transfer-encoding" in self._said:
            encodings = [value for name, value in self.headers if name == b"transfer-encoding"]
            status = framing.refusal(encodings)
            if status is not None:
                return status
        is_full = len(self.connections) > self._limits.max_connections
        if not (is_full or self._is_unknown) or self.url.partition(b"?")[0] in _HEALTH:
            return None
        return HTTPStatus.SERVICE_UNAVAILABLE if is_full else HTTPStatus.UNAUTHORIZED

    def on_chunk_header(self) -> None:
        """Count what is not a body: a chunk may say some of itself, not very much."""
        self._spare_bytes += _CHUNK_BYTES

    def on_body(self, body: bytes) -> None:
        """Read on, unless the request is refused."""
        self._spare_bytes += len(body)
        if self._whole is not None:
            self._whole.append(body)
        elif not self._is_refused:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """Wait for the next head."""
        self._is_awaited = True
        whole, self._whole = self._whole, None
        if self._is_refused or self._is_read_again:
            return
        if whole is not None:
            body = b"".join(whole)
            if len(body) <= self._limits.max_body:
                self._answer_whole(body)
                return
            # In chunks, whose length nobody told.
            self._wait_for_rest(whole)
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Begin the next request, or wait for it; no longer than for any head if it has begun."""
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
        elif self._is_begun:
            self._await_head()
        else:
            self._idle_since = self.loop.time()
            if self._idle_timer is None:
                # One timer for many requests: it looks since when there was nothing to do.
                self._await_use(self._idle_since)

    def pause_writing(self) -> None:
        """Give the client some time to read its answers."""
        super().pause_writing()
        if self._write_timer is None:
            wait = self._limits.write_timeout
            self._write_timer = self.loop.call_later(wait, self.transport.abort)

    def resume_writing(self) -> None:
        """See pause_writing."""
        super().resume_writing()
        if self._write_timer is not None:
            self._write_timer.cancel()
            self._write_timer = None

    def _feed(self, data: bytes | memoryview) -> None:
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as error:
            if not self._is_refused:
                self._read_again(bytes(data[error.args[0] :]))
        except httptools.HttpParserCallbackError:
            log.exception("reading a request failed")
            self._refuse(HTTPStatus.INTERNAL_SERVER_ERROR)
        except httptools.HttpParserError:
            self._refuse(HTTPStatus.BAD_REQUEST)

    def _read_again(self, rest: bytes) -> None:
        """Read a request that would change the protocol as if it did not ask for it.

        curl and Java ask for HTTP/2 so, and may be ignored (RFC 9110, section 7.8); but the parser
        takes what follows for the other protocol.
        """
        head = [self._method, b" ", self.url, b" HTTP/", self._version.encode(), b"\r\n"]
        for name, value in self.headers:
            kept = framing.without_upgrade(value) if name == b"connection" else value
            if name != b"upgrade" and kept:
                head += [name, b": ", kept, b"\r\n"]
        self.parser = httptools.HttpRequestParser(self)
        self._is_awaited = True
        data = b"".join([*head, b"\r\n", rest])
        self._at_hand, self._is_first = len(data), False
        self._feed(data)

    def _is_free(self) -> bool:
        """Whether no request is under way: what takes its time is then the head."""
        return self.cycle is None or self.cycle.response_complete

    def _await_use(self, since: float) -> None:
        self._idle_timer = self.loop.call_at(since + self._limits.keep_alive, self._on_idle)

    def _on_idle(self) -> None:
        since, self._idle_timer = self._idle_since, None
        if since is None:
            return
        if since + self._limits.keep_alive > self.loop.time():
            self._await_use(since)
        elif not self.transport.is_closing():
            self.transport.close()

    def _await_head(self) -> None:
        self._head_timer = self.loop.call_later(self._limits.header_timeout, self._on_slow_head)

    def _on_slow_head(self) -> None:
        self._head_timer = None
        if not self._has_heard:
            self.transport.abort()
        elif not self.transport.is_closing():
            self._refuse(HTTPStatus.REQUEST_TIMEOUT)

    def _stop_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _refuse(self, status: HTTPStatus) -> None:
        """Answer with a status and nothing else, and read no more."""
        if self._is_refused:
            return
        self._is_refused, self._whole = True, None
        self._stop_timer()
        self._idle_since = None
        if not self._is_free():
            if self.pipeline or not self.cycle.more_body:
                # Answers keep their order: the one that is under way is the last.
                self.cycle.keep_alive = False
                self.flow.pause_reading()
                return
            # It is the request under way that is broken.
            self.cycle.disconnected = True
            self.cycle.message_event.set()
            if self.cycle.response_started:
                self.transport.close()
                return
        line = f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode()
        last = b"content-length: 0\r\nconnection: close\r\n\r\n"
        self.transport.write(line + self._state.lines + _MORE.get(status, b"") + last)
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.loop.call_later(LINGER_SECONDS, self.transport.close)

    def _linger(self, size: int) -> None:
        self._lingered += size
        if self._lingered > LINGER_BYTES:
            self.transport.abort()


def _tls_of(transport: asyncio.Transport) -> dict[str, str | None] | None:
    """Return what ASGI's TLS extension tells of a connection; None without TLS."""
    found: object = transport.get_extra_info("ssl_object")
    if not isinstance(found, ssl.SSLObject):
        return None
    certificate = found.getpeercert()
    return {"client_cert_name": subject_of(certificate) if certificate else None}
