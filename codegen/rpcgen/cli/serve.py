"""`rpcgen serve`: run endpoints in this process until a signal."""

import argparse
import inspect
import logging
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from importlib import import_module
from typing import Any

from rpcgen.cli.usage import UsageError
from rpcgen.language.diagnostics import nearest
from rpcgen_runtime import DrainTimeout, Endpoint, HttpLimits, Server, ServerTls, serve
from rpcgen_runtime.url import Url, parse_url

_LIMITS: Mapping[str, type[float]] = {
    it.name: int if isinstance(it.default, int) else float for it in fields(HttpLimits)
}
LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def run(arguments: Sequence[str]) -> int:
    """Run the command; return the exit code."""
    given = _parser().parse_args(arguments)
    url = _url(given.on)
    sys.path.insert(0, os.getcwd())
    endpoints = [_endpoint(it) for it in given.endpoints]
    authenticator = _callable(given.authenticator, "--authenticator")
    access = _callable(given.access, "--access")
    logging.basicConfig(level=logging.INFO, format=LOG_FORMAT)
    told = ", ".join(given.endpoints)

    def on_start(server: Server) -> None:
        print(f"serving {told} at {server.url}", flush=True)

    try:
        serve(
            given.on,
            endpoints,
            server=given.server,
            max_in_flight=given.max_in_flight,
            authenticator=authenticator,
            access=access,
            introspection=given.introspection,
            limits=_limits(given.limit),
            tls=_tls(given.cert, given.key, given.client_ca, is_secure=url.scheme == "https"),
            allowed_hosts=given.allow_host,
            allowed_origins=given.allow_origin,
            drain_timeout=given.drain_timeout,
            on_start=on_start,
        )
    except (OSError, ValueError) as error:
        if isinstance(error, DrainTimeout):
            print(f"rpcgen serve: {error}", file=sys.stderr)
            return 1
        raise UsageError(f"cannot serve at {given.on}: {error}") from error
    print("stopped", flush=True)
    return 0


def _url(text: str) -> Url:
    try:
        url = parse_url(text)
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
        "--on", required=True, metavar="URL", help="such as http://127.0.0.1:8080 (port 0: any)"
    )
    parser.add_argument("--server", metavar="NAME", help="the name by which clients may pick it")
    parser.add_argument("--cert", metavar="FILE", help="of https://: its certificate, PEM")
    parser.add_argument("--key", metavar="FILE", help="of https://: its private key, PEM")
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


def _tls(
    cert: str | None, key: str | None, client_ca: str | None, *, is_secure: bool
) -> ServerTls | None:
    if not is_secure:
        if cert or key or client_ca:
            raise UsageError("--cert, --key and --client-ca are for https://")
        return None
    if cert is None or key is None:
        raise UsageError("https:// needs both --cert and --key")
    return ServerTls(certificate=cert, key=key, client_ca=client_ca)


def _found(name: str, wanted: str, example: str) -> object:
    """Return what `MODULE:NAME` names."""
    module_name, colon, inside = name.partition(":")
    if not colon or not module_name or not inside.isidentifier():
        raise UsageError(f"`{name}` is not {wanted}, such as `{example}`")
    try:
        module = import_module(module_name)
    except ImportError as error:
        raise UsageError(f"cannot import `{module_name}`: {error}") from error
    # Named by the person who runs the command, who may run any code anyway.
    found: object = vars(module).get(inside)
    if found is None:
        close = nearest(inside, vars(module))
        raise UsageError(f"there is no `{inside}` in `{module_name}`{close}")
    return found


def _callable(name: str | None, option: str) -> Callable[..., Any] | None:
    """Return what `MODULE:NAME` names, which is called for each request."""
    if name is None:
        return None
    found = _found(name, "MODULE:NAME", "acme.auth:tokens")
    if not callable(found) or inspect.isclass(found):
        raise UsageError(f"{option}: `{name}` is not a function or an object that can be called")
    return found


def _endpoint(name: str) -> Endpoint:
    """Return an instance of the class that `MODULE:CLASS` names."""
    found = _found(name, "MODULE:CLASS", "examples.calculator:Calculator")
    module_name, _, class_name = name.partition(":")
    if not inspect.isclass(found) or not issubclass(found, Endpoint):
        problem = "is not a subclass of a generated server or listener"
        raise UsageError(f"`{class_name}` in `{module_name}` {problem}")
    if inspect.isabstract(found):
        missing = ", ".join(f"`{it}`" for it in sorted(found.__abstractmethods__))
        raise UsageError(f"`{name}` does not implement {missing}")
    try:
        made: Endpoint = found()
    except TypeError as error:
        raise UsageError(f"`{name}` cannot be made without arguments: {error}") from error
    return made
