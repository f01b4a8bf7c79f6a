"""A URL chooses what accepts requests: the server's counterpart of `connecting`."""

from collections.abc import Sequence

from rpcgen_runtime.dispatch import Dispatcher, ServerSettings
from rpcgen_runtime.endpoint import Endpoint, Listener
from rpcgen_runtime.executors import ON_LOOP
from rpcgen_runtime.http.limits import HttpLimits
from rpcgen_runtime.http.origins import ANY, Origins
from rpcgen_runtime.tls import ClientTls, ServerTls
from rpcgen_runtime.transport import Acceptor
from rpcgen_runtime.url import LOOPBACK, UNIX, Url, is_loopback

HEALTH_CONNECTIONS = 64
"""Open at once where nothing but health is told."""


def accepting(
    url: Url,
    endpoints: Sequence[Endpoint],
    settings: ServerSettings,
    *,
    is_named: bool,
    group: str | None,
    limits: HttpLimits | None,
    tls: ServerTls | ClientTls | None,
    allowed_hosts: Sequence[str] | None,
    allowed_origins: Sequence[str],
) -> tuple[Acceptor, Dispatcher]:
    """Return what accepts requests at `url`, and what runs them.

    Parameters are those of `Server`; `is_named` says whether somebody chose the server's name.
    Raises ValueError for what does not fit together.
    """
    is_http = url.scheme != "memory" and not url.is_amqp
    if not is_http and (limits or allowed_hosts or allowed_origins):
        raise ValueError(f"limits, hosts and origins are for HTTP, and this is `{url.scheme}://`")
    if url.scheme == "memory":
        if tls:
            raise ValueError("TLS is for HTTP and AMQP, and this is memory")
        return _memory(url, endpoints, settings, group)
    if url.is_amqp:
        return _amqp(url, endpoints, settings, tls, group, is_named=is_named)
    names = _names(url) if allowed_hosts is None else allowed_hosts
    if isinstance(tls, ClientTls):
        raise TypeError("`tls` of a server at `https://` is a ServerTls")
    return _http(url, endpoints, settings, limits, tls, names, allowed_origins)


def telling_health(url: Url, acceptor: Acceptor) -> Acceptor:
    """Return what tells at `url` whether `acceptor` takes requests. Raises ValueError."""
    if url.scheme not in {"http", UNIX} or url.path != "/":
        raise ValueError("`health` is at `http://host:port` or `http+unix:///path`")
    from rpcgen_runtime.http.health import Health
    from rpcgen_runtime.http.server import HttpAcceptor

    health = Health(lambda: acceptor.not_ready, Origins(_names(url), []))
    return HttpAcceptor(url, health, HttpLimits(max_connections=HEALTH_CONNECTIONS), None)


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


def _amqp(
    url: Url,
    endpoints: Sequence[Endpoint],
    settings: ServerSettings,
    tls: ServerTls | ClientTls | None,
    group: str | None,
    *,
    is_named: bool,
) -> tuple[Acceptor, Dispatcher]:
    from rpcgen_runtime.amqp.options import options_of
    from rpcgen_runtime.amqp.server import AmqpAcceptor, Office
    from rpcgen_runtime.amqp.topology import Plate, served, topology

    if isinstance(tls, ServerTls):
        raise TypeError("`tls` of a server at `amqps://` is a ClientTls: the broker is the server")
    if tls is not None and url.scheme != "amqps":
        raise ValueError("`tls` is for `amqps://`, and this is `amqp://`")
    options = options_of(url.options)
    dispatcher = Dispatcher(endpoints, settings)
    bindings = [(it, isinstance(e, Listener)) for e in endpoints for it in e.__rpc_bindings__()]
    places = settings.executor.places
    if all(it.is_async for it, _ in bindings):
        places = max(places, ON_LOOP) if places > 1 else places
    plate = Plate(
        server=settings.name or "",
        is_named=is_named,
        group=group,
        is_cluster=len(url.hosts) > 1,
    )
    services = served((it.method, is_events) for it, is_events in bindings)
    office = Office(
        plate=plate,
        topology=topology(services, plate, options),
        places=min(places, settings.max_in_flight),
        handle=dispatcher.handle_unidentified
        if dispatcher.wants_credentials
        else dispatcher.handle,
        may_repeat=dispatcher.may_repeat,
        method_of=dispatcher.method_of,
    )
    return AmqpAcceptor(url, options, tls, office), dispatcher


def _http(
    url: Url,
    endpoints: Sequence[Endpoint],
    settings: ServerSettings,
    limits: HttpLimits | None,
    tls: ServerTls | None,
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
