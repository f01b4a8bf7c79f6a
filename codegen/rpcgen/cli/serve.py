"""`rpcgen serve`: run endpoints in this process until a signal."""

import argparse
import logging
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from rpcgen.cli.named import callable_named, endpoint_named
from rpcgen.cli.urls import shown, with_password
from rpcgen.cli.usage import UsageError
from rpcgen.language.diagnostics import nearest
from rpcgen_runtime import ClientTls, DrainTimeout, HttpLimits, Server, ServerTls, serve
from rpcgen_runtime.logs import FORMATTERS, REQUESTS
from rpcgen_runtime.url import Url, parse_url

_LIMITS: Mapping[str, type[float]] = {
    it.name: int if isinstance(it.default, int) else float for it in fields(HttpLimits)
}
LEVELS = ("debug", "info", "warning", "error")


def run(arguments: Sequence[str]) -> int:
    """Run the command; return the exit code."""
    given = _parser().parse_args(arguments)
    url = _url(given.on)
    sys.path.insert(0, os.getcwd())
    endpoints = [endpoint_named(it) for it in given.endpoints]
    authenticator = callable_named(given.authenticator, "--authenticator")
    access = callable_named(given.access, "--access")
    _log(given.log_format, given.log_level)
    told = ", ".join(given.endpoints)

    def on_start(server: Server) -> None:
        if server.health_url is not None:
            print(f"health at {server.health_url}", flush=True)
        print(f"serving {told} at {server.url}", flush=True)

    try:
        serve(
            with_password(given.on),
            endpoints,
            server=given.server,
            group=given.group,
            max_in_flight=given.max_in_flight,
            authenticator=authenticator,
            access=access,
            introspection=given.introspection,
            limits=_limits(given.limit) if given.limit else None,
            tls=_tls(given, url),
            allowed_hosts=given.allow_host,
            allowed_origins=given.allow_origin,
            health=given.health,
            drain_timeout=given.drain_timeout,
            on_start=on_start,
        )
    except (OSError, ValueError) as error:
        if isinstance(error, DrainTimeout):
            print(f"rpcgen serve: {error}", file=sys.stderr)
            return 1
        raise UsageError(f"cannot serve at {shown(given.on)}: {error}") from error
    print("stopped", flush=True)
    return 0


def _log(form: str, level: str | None) -> None:
    """Write the log to standard error; a line for each request only where a level was asked for."""
    writing = logging.StreamHandler()
    writing.setFormatter(FORMATTERS[form]())
    logging.basicConfig(level=(level or "info").upper(), handlers=[writing])
    if level is None:
        REQUESTS.setLevel(logging.WARNING)


def _url(text: str) -> Url:
    try:
        url = parse_url(with_password(text))
    except ValueError as error:
        raise UsageError(f"--on: {error}") from error
    if url.scheme == "memory":
        raise UsageError("--on: nobody outside this process can reach `memory://`")
    return url


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="rpcgen serve",
        description="Serve endpoints until SIGTERM or SIGINT, then finish what was begun.",
        epilog="Exit codes: 0 drained, 1 handlers still ran when the time to drain was over, "
        "2 wrong usage, 3 a bug in rpcgen.",
    )
    parser.add_argument(
        "endpoints",
        nargs="+",
        metavar="MODULE:CLASS",
        help="a subclass of a generated server or listener that is made without arguments",
    )
    parser.add_argument(
        "--on",
        required=True,
        metavar="URL",
        help="such as http://127.0.0.1:8080 (port 0: any), or of a broker, amqp://localhost",
    )
    parser.add_argument("--server", metavar="NAME", help="the name by which clients may pick it")
    parser.add_argument(
        "--group",
        metavar="NAME",
        help="listeners of one group share its events (default: each hears all of them)",
    )
    parser.add_argument(
        "--cert", metavar="FILE", help="of https:// and amqps://: its certificate, PEM"
    )
    parser.add_argument(
        "--key", metavar="FILE", help="of https:// and amqps://: its private key, PEM"
    )
    parser.add_argument(
        "--ca", metavar="FILE", help="of amqps://: authorities to trust beside the system's, PEM"
    )
    parser.add_argument(
        "--client-ca", metavar="FILE", help="clients show a certificate of these authorities, PEM"
    )
    parser.add_argument(
        "--authenticator", metavar="MODULE:NAME", help="tells who calls; see docs/deploying.md"
    )
    parser.add_argument("--access", metavar="MODULE:NAME", help="says who may call what")
    parser.add_argument(
        "--introspection",
        action=argparse.BooleanOptionalAction,
        help="whether the contract is told to who asks "
        "(default: where neither --authenticator nor --access is given)",
    )
    parser.add_argument(
        "--allow-host",
        action="append",
        metavar="NAME",
        help="a name by which it may be called, such as *.example.com; may be repeated "
        "(default: on a loopback address those of this machine, else any)",
    )
    parser.add_argument(
        "--allow-origin",
        action="append",
        default=[],
        metavar="ORIGIN",
        help="a web page's origin that may call it; may be repeated (default: none)",
    )
    parser.add_argument(
        "--health",
        metavar="URL",
        help="where /healthz and /readyz are answered too, such as http://127.0.0.1:9090",
    )
    parser.add_argument(
        "--log-format",
        choices=FORMATTERS,
        default="text",
        help="how the log is written to standard error (default: text)",
    )
    parser.add_argument(
        "--log-level",
        choices=LEVELS,
        help="from which level on; from info on also a line for each request "
        "(default: info, without those lines)",
    )
    parser.add_argument(
        "--max-in-flight",
        type=int,
        default=4_096,
        metavar="N",
        help="requests that run or wait for a place (default: 4096)",
    )
    parser.add_argument(
        "--limit",
        action="append",
        default=[],
        metavar="NAME=NUMBER",
        help=f"may be repeated: {', '.join(_LIMITS)}",
    )
    parser.add_argument(
        "--drain-timeout",
        type=_seconds,
        default=30.0,
        metavar="SECONDS",
        help="how long to wait for what was begun (default: 30)",
    )
    return parser


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 <= seconds <= 86_400:
        raise argparse.ArgumentTypeError("accepted: seconds from 0 to 86400")
    return seconds


def _limits(given: Sequence[str]) -> HttpLimits:
    """Return the limits with those that `NAME=NUMBER` changes."""
    changed: dict[str, Any] = {}
    for item in given:
        name, _, text = item.partition("=")
        if name not in _LIMITS:
            known = nearest(name, _LIMITS) or f"; known: {', '.join(_LIMITS)}"
            raise UsageError(f"--limit: there is no limit `{name}`{known}")
        try:
            changed[name] = _LIMITS[name](text)
        except ValueError as error:
            raise UsageError(f"--limit: `{text}` is no number for `{name}`") from error
    try:
        return HttpLimits(**changed)
    except ValueError as error:
        raise UsageError(f"--limit: {error}") from error


def _tls(given: argparse.Namespace, url: Url) -> ServerTls | ClientTls | None:
    """Return what is shown and who is trusted; for a broker, a server is a client."""
    if url.scheme == "amqps":
        if given.client_ca:
            raise UsageError("--client-ca is for https://; whom to trust at a broker is --ca")
        return ClientTls(ca=given.ca, certificate=given.cert, key=given.key)
    if given.ca:
        raise UsageError("--ca is for amqps://")
    if url.scheme != "https":
        if given.cert or given.key or given.client_ca:
            raise UsageError(
                "--cert and --key are for https:// and amqps://, --client-ca for https://"
            )
        return None
    if given.cert is None or given.key is None:
        raise UsageError("https:// needs both --cert and --key")
    return ServerTls(certificate=given.cert, key=given.key, client_ca=given.client_ca)
