"""`rpcgen serve`: run endpoints in this process until a signal."""

import argparse
import inspect
import logging
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from rpcgen.cli.usage import UsageError
from rpcgen.language.diagnostics import nearest
from rpcgen_runtime import DrainTimeout, Endpoint, Server, serve
from rpcgen_runtime.url import parse_url

LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def run(arguments: Sequence[str]) -> int:
    """Run the command; return the exit code."""
    given = _parser().parse_args(arguments)
    _check_url(given.on)
    sys.path.insert(0, os.getcwd())
    endpoints = [_endpoint(it) for it in given.endpoints]
    logging.basicConfig(level=logging.INFO, format=LOG_FORMAT)
    told = ", ".join(given.endpoints)

    def on_start(server: Server) -> None:
        print(f"serving {told} at {server.url}", flush=True)

    try:
        serve(
            given.on,
            endpoints,
            server=given.server,
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


def _check_url(text: str) -> None:
    try:
        url = parse_url(text)
    except ValueError as error:
        raise UsageError(f"--on: {error}") from error
    if url.scheme == "memory":
        raise UsageError("--on: nobody outside this process can reach `memory://`")


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


def _endpoint(name: str) -> Endpoint:
    """Return an instance of the class that `MODULE:CLASS` names."""
    module_name, colon, class_name = name.partition(":")
    if not colon or not module_name or not class_name.isidentifier():
        raise UsageError(f"`{name}` is not MODULE:CLASS, such as `examples.calculator:Calculator`")
    try:
        module = import_module(module_name)
    except ImportError as error:
        raise UsageError(f"cannot import `{module_name}`: {error}") from error
    # Named by the person who runs the command, who may run any code anyway.
    found = vars(module).get(class_name)
    if found is None:
        close = nearest(class_name, vars(module))
        raise UsageError(f"there is no `{class_name}` in `{module_name}`{close}")
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
