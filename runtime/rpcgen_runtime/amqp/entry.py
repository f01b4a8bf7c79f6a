"""How a broker is entered, from a URL and TLS settings; reads certificates."""

import logging
import secrets
import ssl

from rpcgen_runtime.amqp.connection import Access
from rpcgen_runtime.amqp.options import AmqpOptions
from rpcgen_runtime.telemetry import measures
from rpcgen_runtime.tls import ClientTls
from rpcgen_runtime.url import Url, is_loopback

log = logging.getLogger("rpcgen_runtime.amqp")


def access_of(url: Url, options: AmqpOptions, tls: ClientTls | None, role: str) -> Access:
    """Return how `url` is entered. Raises ValueError for certificates that cannot be used."""
    context: ssl.SSLContext | None = None
    far = [it.name for it in url.hosts if not is_loopback(it.name)]
    if url.scheme == "amqps":
        settings = tls or ClientTls()
        context = settings.context()
        if settings.insecure_skip_verify:
            measures().insecure("unverified")
    elif far:
        measures().insecure("plaintext")
    if far and url.user == "guest":
        log.warning("`guest` is refused by brokers on other machines by default: %s", far[0])
    return Access(
        vhost=url.vhost,
        user=url.user,
        password=url.password,
        heartbeat=options.heartbeat,
        timeout=float(options.connect_timeout),
        tls=context,
        name=f"rpcgen {role} {secrets.token_hex(4)}",
    )
