"""A URL chooses what accepts requests: the server's counterpart of `connecting`."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rpcgen_runtime.dispatch import Dispatcher, ServerSettings
from rpcgen_runtime.endpoint import Endpoint
from rpcgen_runtime.http.limits import HttpLimits
from rpcgen_runtime.http.origins import ANY, LOOPBACK, is_loopback
from rpcgen_runtime.transport import Acceptor
from rpcgen_runtime.url import UNIX, Url

if TYPE_CHECKING:
    from rpcgen_runtime.tls import ServerTls


def accepting(
    url: Url,
    endpoints: Sequence[Endpoint],
    settings: ServerSettings,
    *,
    group: str | None,
    limits: HttpLimits | None,
    tls: "ServerTls | None",
    allowed_hosts: Sequence[str] | None,
    allowed_origins: Sequence[str],
) -> tuple[Acceptor, Dispatcher]:
    """Return what accepts requests at `url`, and what runs them.

    Parameters are those of `Server`. Raises ValueError for what does not fit together.
    """
    if url.scheme == "memory":
        if limits or tls or allowed_hosts or allowed_origins:
            raise ValueError("limits, TLS, hosts and origins are for HTTP, and this is memory")
        return _memory(url, endpoints, settings, group)
    names = _names(url) if allowed_hosts is None else allowed_hosts
    return _http(url, endpoints, settings, limits, tls, names, allowed_origins)


def _memory(
    url: Url, endpoints: Sequence[Endpoint], settings: ServerSettings, group: str | None
) -> tuple[Acceptor, Dispatcher]:
    from rpcgen_runtime.memory.hub import hub
    from rpcgen_runtime.memory.server import MemoryAcceptor

    dispatcher = Dispatcher(endpoints, settings)
    handle = dispatcher.handle
    if dispatcher.wants_credentials:
        handle = dispatcher.handle_unidentified
    name = settings.name or ""
    services = dispatcher.table.services
    return MemoryAcceptor(hub(url.hub), services, handle, name, group or name), dispatcher


def _http(
    url: Url,
    endpoints: Sequence[Endpoint],
    settings: ServerSettings,
    limits: HttpLimits | None,
    tls: "ServerTls | None",
    hosts: Sequence[str],
    origins: Sequence[str],
) -> tuple[Acceptor, Dispatcher]:
    from rpcgen_runtime.http.application import Application
    from rpcgen_runtime.http.server import HttpAcceptor

    application = Application(
        endpoints,
        settings=settings,
        limits=limits,
        path=url.path,
        allowed_hosts=hosts,
        allowed_origins=origins,
    )
    return HttpAcceptor(url, application, limits or HttpLimits(), tls), application.dispatcher


def _names(url: Url) -> Sequence[str]:
    """Return by which names a server may be called: on a loopback address not by any."""
    if url.scheme == UNIX or not all(is_loopback(it.name) for it in url.hosts):
        return [ANY]
    return [LOOPBACK, *(it.name for it in url.hosts)]
