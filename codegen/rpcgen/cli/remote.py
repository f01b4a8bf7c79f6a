"""What `call`, `list` and `ping` share: options that say how a server is reached."""

import argparse
import logging
import math
import os
import re
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from rpcgen.cli.urls import with_password
from rpcgen.cli.usage import UsageError
from rpcgen_runtime import RetryPolicy, connect
from rpcgen_runtime.caller import Caller
from rpcgen_runtime.context import MAX_TIMEOUT
from rpcgen_runtime.introspection import PING
from rpcgen_runtime.methods import Call
from rpcgen_runtime.options import CallOptions, check_token
from rpcgen_runtime.targets import Target
from rpcgen_runtime.tls import ClientTls
from rpcgen_runtime.transport import Transport
from rpcgen_runtime.url import parse_url

R = TypeVar("R")

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
    add_topic(group)
    group.add_argument(
        "--token-file",
        metavar="FILE",
        help=f"a bearer token; - is standard input (default: what is in {TOKEN_VARIABLE})",
    )
    group.add_argument("--token", nargs="?", action=_RefuseToken, help=argparse.SUPPRESS)
    add_tls(group)
    return parser


def add_topic(group: argparse._ActionsContainer) -> None:
    """Add the options that say where on a broker servers are."""
    group.add_argument("--topic", metavar="NAME", help="of amqp://: the topic of the servers")
    group.add_argument(
        "--exchange",
        metavar="NAME",
        help=f"of amqp://: the exchange of that topic (default: {Target(topic='').exchange})",
    )


def add_tls(group: argparse._ActionsContainer) -> None:
    """Add the options that say whom to trust, and what to show."""
    group.add_argument("--ca", metavar="FILE", help="authorities to trust beside the system's")
    group.add_argument("--cert", metavar="FILE", help="this client's certificate")
    group.add_argument("--key", metavar="FILE", help="its private key")
    group.add_argument(
        "--insecure-skip-verify",
        action="store_true",
        help="take any certificate: whoever sits in between reads and changes all",
    )


def connected(given: argparse.Namespace, retry: RetryPolicy | None = None) -> Transport:
    """Return a transport to `given.url`. Raises UsageError."""
    token = _token(given.token_file)
    text = with_password(given.url)
    try:
        url = parse_url(text)
        if url.scheme == "memory":
            raise UsageError("nobody outside of a process can reach its `memory://`")
        if url.is_amqp:
            quieten()
        elif given.topic is not None or given.exchange is not None:
            raise UsageError("--topic and --exchange are for `amqp://` and `amqps://`")
        policy = retry or RetryPolicy()
        return connect(text, timeout=TIMEOUT, retry=policy, token=token, tls=tls(given, url.scheme))
    except ValueError as error:
        raise UsageError(str(error)) from error


def caller(given: argparse.Namespace, transport: Transport) -> Caller:
    """Return what calls through `transport`. Raises UsageError."""
    try:
        options = CallOptions(timeout=given.timeout, server=given.server)
    except ValueError as error:
        raise UsageError(str(error)) from error
    if parse_url(given.url).is_amqp:
        return _BrokerCaller(transport, options, given.topic, given.exchange)
    return Caller(transport, options)


class _BrokerCaller(Caller):
    """Asks the servers of one topic what any server can be asked."""

    def __init__(
        self, transport: Transport, options: CallOptions, topic: str | None, exchange: str | None
    ) -> None:
        super().__init__(transport, options)
        self._topic, self._exchange = topic, exchange

    def call(self, method: Call[R], values: Sequence[object]) -> R:
        """Call what has no Target of its own at the topic's. Raises UsageError without one."""
        service = method.service
        if service is PING.service:
            if self._topic is None:
                raise UsageError("on a broker, servers are found by their topic; add --topic NAME")
            exchange = self._exchange or service.target.exchange
            target = replace(service.target, topic=self._topic, exchange=exchange)
            method = replace(method, service=replace(service, target=target))
        return super().call(method, values)


def quieten() -> None:
    """Let nobody print what the runtime logs of lost connections: how it ends is told anyway."""
    log = logging.getLogger("rpcgen_runtime.amqp")
    if not log.hasHandlers():
        log.addHandler(logging.NullHandler())


def tls(given: argparse.Namespace, scheme: str) -> ClientTls | None:
    """Return whom to trust and what to show. Raises UsageError and ValueError."""
    if not (given.ca or given.cert or given.key or given.insecure_skip_verify):
        return None
    if scheme not in {"https", "amqps"}:
        options = "--ca, --cert, --key and --insecure-skip-verify"
        raise UsageError(f"{options} are for `https://` and `amqps://`")
    return ClientTls(
        ca=given.ca,
        certificate=given.cert,
        key=given.key,
        insecure_skip_verify=given.insecure_skip_verify,
    )


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
