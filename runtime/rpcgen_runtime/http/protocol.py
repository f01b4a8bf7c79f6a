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
from uvicorn.server import ServerState

from rpcgen_runtime.http.heads import Head
from rpcgen_runtime.http.health import HEALTH_PATHS
from rpcgen_runtime.http.limits import HttpLimits
from rpcgen_runtime.http.whole import Answering, WholeCycle
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
_FIELD_BYTES = len(b": \r\n")
_LINE_BYTES = len(b"  HTTP/1.1\r\n\r\n")
_CHUNK_BYTES = 64


class Connection(HttpToolsProtocol):
    """One connection of one server."""

    def __init__(
        self,
        config: uvicorn.Config,
        state: ServerState,
        limits: HttpLimits,
        *,
        wants_certificate: bool,
        answering: Answering | None,
    ) -> None:
        """Take the application, where it can be handed requests that came whole."""
        super().__init__(config, state, {})
        self._answering = answering
        self._path = b"" if answering is None else answering.path.encode()
        self._whole: list[bytes] | None = None
        """The body, as far as it is there, of a request that may come whole."""
        self._limits = limits
        self._wants_certificate = wants_certificate
        self._has_certificate = False
        self._is_awaited = True
        """Whether the next bytes are those of a request's head."""
        self._is_begun = False
        """Whether some bytes of the next head have come."""
        self._is_refused = False
        self._has_heard = False
        self._is_read_again = False
        """Whether the request at hand wants to change the protocol, and is read without that."""
        self._encodings: list[bytes] = []
        """What the head that is being read says of how its body is sent."""
        self._head_bytes = 0
        """Of the head that is being read."""
        self._spare_bytes = 0
        """How much more than its body a request may still send."""
        self._unfinished_bytes = 0
        """Of what belongs to one unfinished head and nothing else: the parser holds it."""
        self._is_within_head = False
        """Whether nothing but the head was in the bytes at hand."""
        self._lingered = 0
        self._head_timer: asyncio.TimerHandle | None = None
        self._write_timer: asyncio.TimerHandle | None = None
        self._tls: dict[str, str | None] | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Begin to wait for the first head."""
        super().connection_made(transport)
        self._tls = _tls_of(transport)
        self._has_certificate = self._tls is not None and self._tls["client_cert_name"] is not None
        if len(self.connections) > self._limits.max_connections + SPARE_CONNECTIONS:
            transport.abort()
            return
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the timers."""
        self._stop_timer()
        if self._write_timer is not None:
            self._write_timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on, unless this connection is refused already."""
        if self._is_refused:
            self._linger(len(data))
            return
        self._has_heard = True
        self._is_within_head = self._is_awaited
        self._unset_keepalive_if_required()
        self._feed(data)
        if self._whole is not None:
            self._wait_for_rest(self._whole)
        if self.transport.is_closing() or self._is_refused:
            return
        if not self._is_awaited:
            self._spare_bytes -= len(data)
            if self._spare_bytes < 0:
                self._refuse(HTTPStatus.BAD_REQUEST)
            return
        if self._is_within_head:
            self._unfinished_bytes += len(data)
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
        """Begin to count a head."""
        self.url, self.headers, self.expect_100_continue = b"", [], False
        self._encodings = []
        self._is_begun = True
        self._head_bytes = 0
        self._spare_bytes = 2 * self._limits.max_header + READ_BYTES

    def on_url(self, url: bytes) -> None:
        """Count the request line."""
        self.url += url
        self._head_bytes += len(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Count a header, and drop one that comes behind the body (RFC 9110, section 6.5.1)."""
        self._head_bytes += len(name) + len(value) + _FIELD_BYTES
        if self._is_awaited:
            name = name.lower()
            if name == b"expect":
                self.expect_100_continue = value.lower() == b"100-continue"
            elif name == b"transfer-encoding":
                self._encodings.append(value)
            self.headers.append((name, value))
        elif self._head_bytes > self._limits.max_header:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def on_headers_complete(self) -> None:
        """Begin the request, unless it is one that is refused."""
        self._is_awaited = self._is_within_head = self._is_begun = False
        self._unfinished_bytes = 0
        self._stop_timer()
        wants_other = self.parser.should_upgrade() and self.parser.get_method() != b"CONNECT"
        self._is_read_again = wants_other
        if self._is_refused or self._is_read_again:
            return
        status = self._refusal()
        if status is not None:
            self._refuse(status)
        elif self._may_be_whole():
            self._whole = []
        else:
            self._begin_cycle()

    def _may_be_whole(self) -> bool:
        """Whether it is a request that needs nothing but its answer, once all of it is there."""
        return (
            self.url == self._path
            and self.url not in _HEALTH
            and self._is_free()
            and not self.expect_100_continue
        )

    def _begin_cycle(self) -> None:
        """Begin a request as uvicorn does: the body is asked for as it comes."""
        url, fields, expects = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.url, self.expect_100_continue = url, expects
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
        version = self.parser.get_http_version()
        certificate = None if self._tls is None else self._tls["client_cert_name"]
        head = Head(
            method=self.parser.get_method().decode("ascii"),
            path=self._answering.path,
            query=b"",
            version=version,
            fields=self.headers,
            certificate=certificate,
        )
        cycle = WholeCycle(
            self._answering,
            self.transport,
            self.flow,
            self.server_state,
            keep_alive=version != "1.0" and self.parser.should_keep_alive(),
            on_response=self.on_response_complete,
        )
        self.cycle = cycle
        task = self.loop.create_task(cycle.run(head, body))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def _refusal(self) -> HTTPStatus | None:
        """Return with which status a head is refused; None if it is not."""
        version, method = self.parser.get_http_version(), self.parser.get_method()
        if self._head_bytes + len(method) + _LINE_BYTES > self._limits.max_header:
            return HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
        if version not in {"1.1", "1.0"}:
            is_http = version != "0.9"
            return HTTPStatus.HTTP_VERSION_NOT_SUPPORTED if is_http else HTTPStatus.BAD_REQUEST
        if method == b"CONNECT":
            return HTTPStatus.METHOD_NOT_ALLOWED
        if not self.url.startswith(b"/"):
            # A form for proxies (RFC 9112, section 3.2): here nothing lives under such a name.
            return HTTPStatus.NOT_FOUND
        for value in self._encodings:
            if value != b"chunked":
                # RFC 9112, section 6.1: what is packed is not understood, what does not end in
                # chunks has no end.
                *packings, last = [it.strip().lower() for it in value.split(b",")]
                if packings or last != b"chunked":
                    is_packed = last == b"chunked" and last not in packings
                    return HTTPStatus.NOT_IMPLEMENTED if is_packed else HTTPStatus.BAD_REQUEST
        if self.url.partition(b"?")[0] in _HEALTH:
            return None
        if len(self.connections) > self._limits.max_connections:
            return HTTPStatus.SERVICE_UNAVAILABLE
        if self._wants_certificate and not self._has_certificate:
            return HTTPStatus.UNAUTHORIZED
        return None

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
        if whole is not None and sum(map(len, whole)) <= self._limits.max_body:
            self._answer_whole(b"".join(whole))
            return
        if whole is not None:
            # In chunks, whose length nobody told.
            self._wait_for_rest(whole)
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Wait for the next request, no longer than for any head if it has begun."""
        super().on_response_complete()
        if self._is_begun and self._is_free() and not self.transport.is_closing():
            self._unset_keepalive_if_required()
            self._await_head()

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

    def _feed(self, data: bytes) -> None:
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as error:
            if not self._is_refused:
                self._read_again(data[error.args[0] :])
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
        head = [self.parser.get_method(), b" ", self.url, b" HTTP/"]
        head += [self.parser.get_http_version().encode(), b"\r\n"]
        for name, value in self.headers:
            kept = _without_upgrade(value) if name == b"connection" else value
            if name != b"upgrade" and kept:
                head += [name, b": ", kept, b"\r\n"]
        self.parser = httptools.HttpRequestParser(self)
        self._is_awaited = True
        self._feed(b"".join([*head, b"\r\n", rest]))

    def _is_free(self) -> bool:
        """Whether no request is under way: what takes its time is then the head."""
        return self.cycle is None or self.cycle.response_complete

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
        self._unset_keepalive_if_required()
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
        own = b"".join(b"%b: %b\r\n" % it for it in self.server_state.default_headers)
        last = b"content-length: 0\r\nconnection: close\r\n\r\n"
        self.transport.write(line + own + _MORE.get(status, b"") + last)
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.loop.call_later(LINGER_SECONDS, self.transport.close)

    def _linger(self, size: int) -> None:
        self._lingered += size
        if self._lingered > LINGER_BYTES:
            self.transport.abort()


def _without_upgrade(connection: bytes) -> bytes:
    tokens = [it.strip() for it in connection.split(b",")]
    return b", ".join(it for it in tokens if it.lower() not in {b"upgrade", b"http2-settings"})


def _tls_of(transport: asyncio.Transport) -> dict[str, str | None] | None:
    """Return what ASGI's TLS extension tells of a connection; None without TLS."""
    found: object = transport.get_extra_info("ssl_object")
    if not isinstance(found, ssl.SSLObject):
        return None
    certificate = found.getpeercert()
    return {"client_cert_name": subject_of(certificate) if certificate else None}
