"""`connect` and `connect_async`: a URL chooses the transport, never the stub."""

from collections.abc import Sequence

from rpcgen_runtime.interceptors import Interceptor
from rpcgen_runtime.retries import RetryPolicy
from rpcgen_runtime.serializer import Serializer
from rpcgen_runtime.transport import AsyncTransport, ClientSettings, Transport
from rpcgen_runtime.url import parse_url

DEFAULT_RETRY = RetryPolicy()


def connect(
    url: str,
    *,
    timeout: float = 60.0,
    retry: RetryPolicy = DEFAULT_RETRY,
    interceptors: Sequence[Interceptor] = (),
    serializer: Serializer | None = None,
) -> Transport:
    """Return a transport for sync clients; `close` it, or use it in a `with`.

    `timeout` is in seconds, for calls whose contract and caller say nothing. The first connection
    is made by the first call. Raises ValueError for a URL that is none.
    """
    parsed = parse_url(url)
    settings = ClientSettings(
        timeout=timeout, retry=retry, interceptors=interceptors, serializer=serializer
    )
    if parsed.scheme == "memory":
        from rpcgen_runtime.memory.client import MemoryTransport
        from rpcgen_runtime.memory.hub import hub

        return MemoryTransport(hub(parsed.host), settings)
    from rpcgen_runtime.http.client import HttpTransport

    return HttpTransport(url.strip(), settings)


def connect_async(
    url: str,
    *,
    timeout: float = 60.0,
    retry: RetryPolicy = DEFAULT_RETRY,
    interceptors: Sequence[Interceptor] = (),
    serializer: Serializer | None = None,
) -> AsyncTransport:
    """Return a transport for async clients; `close` it, or use it in an `async with`.

    As `connect`; it belongs to the event loop that it is first used on.
    """
    parsed = parse_url(url)
    settings = ClientSettings(
        timeout=timeout, retry=retry, interceptors=interceptors, serializer=serializer
    )
    if parsed.scheme == "memory":
        from rpcgen_runtime.memory.client import AsyncMemoryTransport
        from rpcgen_runtime.memory.hub import hub

        return AsyncMemoryTransport(hub(parsed.host), settings)
    from rpcgen_runtime.http.client import AsyncHttpTransport

    return AsyncHttpTransport(url.strip(), settings)
