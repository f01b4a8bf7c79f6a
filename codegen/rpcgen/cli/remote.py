"""What `call`, `list` and `ping` share: options that say how a server is reached."""

import argparse
import math
import os
import re
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rpcgen.cli.usage import UsageError
from rpcgen_runtime import RetryPolicy, connect
from rpcgen_runtime.caller import Caller
from rpcgen_runtime.context import MAX_TIMEOUT
from rpcgen_runtime.options import CallOptions, check_token
from rpcgen_runtime.tls import ClientTls
from rpcgen_runtime.transport import Transport
from rpcgen_runtime.url import parse_url

TOKEN_VARIABLE = "RPCGEN_TOKEN"  # noqa: S105  # a name
TIMEOUT = 60.0
"""Seconds, where neither the command line nor the contract says."""


def options() -> argparse.ArgumentParser:
    """Return the options of all commands that talk to a server, as a parent of their parsers."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    group = parser.add_argument_group("the server")
    group.add_argument(
        "--timeout",
        type=_seconds,
        metavar="SECONDS",
        help=f"for each request (default: as the contract says, else {TIMEOUT:.0f})",
    )
    group.add_argument("--server", metavar="NAME", help="the one server that is meant")
    group.add_argument(
        "--token-file",
        metavar="FILE",
        help=f"a bearer token; - is standard input (default: what is in {TOKEN_VARIABLE})",
    )
    group.add_argument("--token", nargs="?", action=_RefuseToken, help=argparse.SUPPRESS)
    group.add_argument("--ca", metavar="FILE", help="authorities to trust beside the system's")
    group.add_argument("--cert", metavar="FILE", help="this client's certificate")
    group.add_argument("--key", metavar="FILE", help="its private key")
    group.add_argument(
        "--insecure-skip-verify",
        action="store_true",
        help="take any certificate: whoever sits in between reads and changes all",
    )
    return parser


def connected(given: argparse.Namespace, retry: RetryPolicy | None = None) -> Transport:
    """Return a transport to `given.url`. Raises UsageError."""
    token = _token(given.token_file)
    try:
        scheme = parse_url(given.url).scheme
        if scheme == "memory":
            raise UsageError("nobody outside of a process can reach its `memory://`")
        tls = _tls(given)
        if tls is not None and scheme != "https":
            raise UsageError("--ca, --cert, --key and --insecure-skip-verify are for `https://`")
        policy = retry or RetryPolicy()
        return connect(given.url, timeout=TIMEOUT, retry=policy, token=token, tls=tls)
    except ValueError as error:
        raise UsageError(str(error)) from error


def caller(given: argparse.Namespace, transport: Transport) -> Caller:
    """Return what calls through `transport`. Raises UsageError."""
    try:
        return Caller(transport, CallOptions(timeout=given.timeout, server=given.server))
    except ValueError as error:
        raise UsageError(str(error)) from error


@contextmanager
def interruptible() -> Iterator[None]:
    """Let Ctrl-C end the process at once: while a request is under way, Python does not hear it."""
    is_ours = threading.current_thread() is threading.main_thread()
    usual = signal.getsignal(signal.SIGINT)
    if not is_ours or usual is not signal.default_int_handler:
        yield
        return
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, usual)


def read_file(name: str) -> bytes:
    """Return what is in a file, or in standard input for `-`. Raises UsageError."""
    try:
        return sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise UsageError(f"cannot read `{name}`: {reason}") from error


class _RefuseToken(argparse.Action):
    """What stands on a command line is seen by everybody on the machine."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        _namespace: argparse.Namespace,
        _values: str | Sequence[object] | None,
        _option: str | None = None,
    ) -> None:
        parser.error(
            "others on this machine see a command line; put the token in a file and use "
            f"--token-file, or set {TOKEN_VARIABLE}"
        )


def _seconds(text: str) -> float:
    seconds = float(text) if re.fullmatch(r"[0-9]*\.?[0-9]+", text) else math.nan
    if not 0 < seconds <= MAX_TIMEOUT:
        raise argparse.ArgumentTypeError("accepted: seconds above 0, up to a year")
    return seconds


def _token(file: str | None) -> str | None:
    if file is None:
        where, token = f"`{TOKEN_VARIABLE}`", os.environ.get(TOKEN_VARIABLE) or None
    else:
        where, token = f"`{file}`", read_file(file).decode("ascii", "replace").strip()
    try:
        return None if token is None else check_token(token)
    except ValueError as error:
        raise UsageError(f"{where}: {error}") from error


def _tls(given: argparse.Namespace) -> ClientTls | None:
    if not (given.ca or given.cert or given.key or given.insecure_skip_verify):
        return None
    return ClientTls(
        ca=given.ca,
        certificate=given.cert,
        key=given.key,
        insecure_skip_verify=given.insecure_skip_verify,
    )
