"""Where an address leads, how a request to it begins, and what failures mean. No I/O.

No connection: not executed. Anything later: unknown. One connection has one request under way;
redirects are not followed, proxies of the environment are not asked, nothing is unpacked.
"""

import ipaddress
import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

from rpcgen_runtime.errors import (
    BadReply,
    ConnectionLost,
    DeadlineExceeded,
    ExpiredUnstarted,
    RpcError,
    Unauthenticated,
    Unreachable,
)
from rpcgen_runtime.http.exchange import Post, too_large
from rpcgen_runtime.http.reading import TooLarge, Unreadable
from rpcgen_runtime.telemetry import measures
from rpcgen_runtime.transport import ClientSettings
from rpcgen_runtime.url import PORTS, UNIX, Url

if TYPE_CHECKING:
    import ssl

MAX_REQUESTS = 1_024
"""Requests of one transport under way at once; one more waits, as long as its deadline allows."""
MAX_IDLE = 256
"""Idle connections of one address kept for the next request."""
IDLE_SECONDS = 30.0
"""How long an idle connection is kept."""
CONNECT_SECONDS = 10.0
"""How long a connection may take to come about, TLS included: until then nothing is executed."""
CONNECT_SECONDS_OF_MANY = 3.0
"""The same where another host could be asked instead."""
READ_BYTES = 64 << 10
"""What is read at once: room for more takes the system longer to find than the bytes to come."""
MAX_JOINED = 64 << 10
"""Bytes of a body that is copied behind its headers, so that both are one packet."""


class Address(NamedTuple):
    """One place where requests are answered."""

    shown: str
    """As in messages."""
    host: str
    """A name or an address; empty for a Unix socket."""
    port: int
    socket: str
    """A Unix socket's file, or empty."""
    tls: "ssl.SSLContext | None"
    patience: float
    """Seconds in which a connection comes about."""
    start: str
    """How every request begins."""

    @property
    def is_literal(self) -> bool:
        """Whether the host needs no resolver."""
        try:
            ipaddress.ip_address(self.host)
        except ValueError:
            return False
        return True

    def head(self, post: Post) -> bytes:
        """Return the head of a request, with what is left of its deadline now.

        Raises ExpiredUnstarted.
        """
        post.seconds()
        fields = [f"{name}: {value}\r\n" for name, value in post.fields().items()]
        text = f"{self.start}{''.join(fields)}content-length: {len(post.body)}\r\n\r\n"
        return text.encode("ascii")


def addresses(url: Url, settings: ClientSettings) -> Mapping[str, Address]:
    """Return the addresses of a URL by what they are called. Raises ValueError for TLS's files."""
    if url.scheme == UNIX:
        shown = f"{UNIX}://{url.socket}"
        start = "POST / HTTP/1.1\r\nhost: localhost\r\n"
        return {shown: Address(shown, "", 0, url.socket, None, CONNECT_SECONDS, start)}
    tls = _tls(settings) if url.scheme == "https" else None
    patience = CONNECT_SECONDS_OF_MANY if len(url.hosts) > 1 else CONNECT_SECONDS
    found: dict[str, Address] = {}
    for host in url.hosts:
        place = str(host) if host.port != PORTS[url.scheme] else str(host).rpartition(":")[0]
        start = f"POST {quote(url.path)} HTTP/1.1\r\nhost: {place}\r\n"
        shown = url.at(host)
        found[shown] = Address(shown, host.name, host.port, "", tls, patience, start)
    return found


def pieces(head: bytes, body: bytes) -> Sequence[bytes]:
    """Return what is written, one after the other."""
    return [head + body] if len(body) <= MAX_JOINED else [head, body]


def failed(kind: type[RpcError], what: str, post: Post, address: Address) -> RpcError:
    """Return how a request ended, told with its method and its address."""
    return kind(f"{what}: `{post.request.name}` at {address.shown}")


def not_connected(why: Exception, post: Post, address: Address) -> RpcError:
    """Return what it means that no connection came about."""
    if post.request.deadline.passed():
        return failed(ExpiredUnstarted, "no connection before the deadline", post, address)
    if isinstance(why, TimeoutError) and not why.errno:
        told = f"none within {address.patience:g} s"
    else:
        told = _told(why, address)
    return failed(Unreachable, f"no connection ({told})", post, address)


def not_answered(why: Exception, post: Post, address: Address) -> RpcError:
    """Return what it means that something went wrong once the connection was there."""
    if isinstance(why, TooLarge):
        return too_large(why.args[0], address.shown)
    if isinstance(why, Unreadable):
        return failed(BadReply, f"the answer is no HTTP ({why})", post, address)
    if isinstance(why, TimeoutError) and not why.errno:
        return failed(DeadlineExceeded, "no reply before the deadline", post, address)
    if address.tls is not None and _is_alert(why):
        # With TLS 1.3 a server says so after our side believes that the connection stands.
        told = _told(why, address)
        return failed(Unauthenticated, f"the server refuses TLS ({told})", post, address)
    return failed(ConnectionLost, f"the connection was lost ({_told(why, address)})", post, address)


def _tls(settings: ClientSettings) -> "ssl.SSLContext":
    # Imported here: a client without TLS starts without the library.
    from rpcgen_runtime.tls import ClientTls

    tls = settings.tls or ClientTls()
    if tls.insecure_skip_verify:
        measures().insecure("unverified")
    return tls.context()


def _told(error: Exception, address: Address) -> str:
    told = _told_of_tls(error) if address.tls is not None else None
    if told is not None:
        return told
    if isinstance(error, OSError):
        number = error.errno or 0
        return os.strerror(number) if number > 0 else error.strerror or str(error)
    return str(error)


def _told_of_tls(error: Exception) -> str | None:
    from rpcgen_runtime.tls import told_of_tls

    return told_of_tls(error)


def _is_alert(error: Exception) -> bool:
    from rpcgen_runtime.tls import is_alert

    return is_alert(error)
