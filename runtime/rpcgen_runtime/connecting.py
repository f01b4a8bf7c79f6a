"""`connect` and `connect_async`: a URL chooses the transport, never the stub."""

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rpcgen_runtime.interceptors import Interceptor
from rpcgen_runtime.retries import RetryPolicy
from rpcgen_runtime.serializer import Serializer
from rpcgen_runtime.telemetry import measures
from rpcgen_runtime.transport import (
    AsyncToken,
    AsyncTransport,
    ClientSettings,
    Token,
    Transport,
)
from rpcgen_runtime.url import Url, is_loopback, parse_url

if TYPE_CHECKING:
    from rpcgen_runtime.tls import ClientTls

DEFAULT_RETRY = RetryPolicy()

log = logging.getLogger("rpcgen_runtime.http")


def connect(
    url: str,
    *,
    timeout: float = 60.0,
    retry: RetryPolicy = DEFAULT_RETRY,
    interceptors: Sequence[Interceptor] = (),
    serializer: Serializer | None = None,
    token: Token | None = None,
    tls: "ClientTls | None" = None,
    max_reply: int = 64 << 20,
) -> Transport:
    """Return a transport for sync clients; `close` it, or use it in a `with`.

    `timeout` is in seconds, for calls whose contract and caller say nothing. `token` is shown to
    the server as a bearer token; a function is asked for it before each call. `max_reply` is in
    bytes. The first connection is made by the first call. Raises ValueError for a URL or
    certificates that are none.
    """
    parsed = parse_url(url)
    if token is not None:
        _warn_of_listeners(parsed)
    settings = ClientSettings(
        timeout=timeout,
        retry=retry,
        interceptors=interceptors,
        serializer=serializer,
        token=token,
        tls=_fitting(parsed, tls),
        max_reply=max_reply,
    )
    if parsed.scheme == "memory":
        from rpcgen_runtime.memory.client import MemoryTransport
        from rpcgen_runtime.memory.hub import hub

        return MemoryTransport(hub(parsed.hub), settings)
    if parsed.is_amqp:
        from rpcgen_runtime.amqp.client import AmqpTransport
        from rpcgen_runtime.amqp.options import options_of

        return AmqpTransport(parsed, options_of(parsed.options), settings)
    from rpcgen_runtime.http.client import HttpTransport

    return HttpTransport(parsed, settings)


def connect_async(
    url: str,
    *,
    timeout: float = 60.0,
    retry: RetryPolicy = DEFAULT_RETRY,
    interceptors: Sequence[Interceptor] = (),
    serializer: Serializer | None = None,
    token: AsyncToken | None = None,
    tls: "ClientTls | None" = None,
    max_reply: int = 64 << 20,
) -> AsyncTransport:
    """Return a transport for async clients; `close` it, or use it in an `async with`.

    As `connect`; the function for `token` may be `async`. The transport belongs to the event loop
    that it is first used on.
    """
    parsed = parse_url(url)
    if token is not None:
        _warn_of_listeners(parsed)
    settings = ClientSettings(
        timeout=timeout,
        retry=retry,
        interceptors=interceptors,
        serializer=serializer,
        token=token,
        tls=_fitting(parsed, tls),
        max_reply=max_reply,
    )
    if parsed.scheme == "memory":
        from rpcgen_runtime.memory.client import AsyncMemoryTransport
        from rpcgen_runtime.memory.hub import hub

        return AsyncMemoryTransport(hub(parsed.hub), settings)
    if parsed.is_amqp:
        from rpcgen_runtime.amqp.client import AsyncAmqpTransport
        from rpcgen_runtime.amqp.options import options_of

        return AsyncAmqpTransport(parsed, options_of(parsed.options), settings)
    from rpcgen_runtime.http.client import AsyncHttpTransport

    return AsyncHttpTransport(parsed, settings)


def _warn_of_listeners(url: Url) -> None:
    far = [it.name for it in url.hosts if not is_loopback(it.name)]
    if url.scheme in {"http", "amqp"} and far:
        log.warning("the token for `%s` can be read by who listens in between: no TLS", far[0])
        measures().insecure("plaintext")


def _fitting(url: Url, tls: "ClientTls | None") -> "ClientTls | None":
    if tls is not None and url.scheme not in {"https", "amqps"}:
        accepted = "`https://` and `amqps://`"
        raise ValueError(f"`tls` is for {accepted}, and this is `{url.scheme}://`")
    return tls
