"""`rpcgen ping`: ask whether a server is there, and how long it takes to answer."""

import argparse
import statistics
import time
from collections.abc import Mapping, Sequence

from rpcgen.cli import endings, remote
from rpcgen.cli.output import complain, say
from rpcgen.cli.urls import shown
from rpcgen_runtime.caller import Caller
from rpcgen_runtime.errors import (
    Forbidden,
    MethodNotFound,
    RpcError,
    Unauthenticated,
    UnknownRemoteError,
)
from rpcgen_runtime.introspection import PING
from rpcgen_runtime.retries import NO_RETRY

MAX_COUNT = 10_000

EXIT_CODES: Mapping[int, str] = {
    0: "it answers",
    1: "it answered, but not every time",
    2: "wrong usage",
    3: "a bug in rpcgen",
    endings.NOT_EXECUTED: "it cannot be reached, or does not let this caller",
    endings.UNKNOWN: "no answer came",
    endings.SERVER_FAILED: "it failed",
}


def run(arguments: Sequence[str]) -> int:
    """Run the command; return the exit code."""
    given = _parser().parse_args(arguments)
    times: list[float] = []
    failed: RpcError | None = None
    note = ""
    url = shown(given.url)
    with remote.connected(given, retry=NO_RETRY) as transport:
        caller = remote.caller(given, transport)
        for _ in range(given.count):
            started = time.perf_counter()
            try:
                note = _ping(caller)
                times.append((time.perf_counter() - started) * 1_000)
            except RpcError as error:
                failed = error
    if times:
        say(f"{url} answers{note}: {_told(times, given.count)}")
    if failed is None:
        return 0
    code, sentence = _ending(failed, url)
    complain(f"rpcgen ping: {sentence}")
    return 1 if times else code


def _ping(caller: Caller) -> str:
    """Ask once; return what is to be said of the answer."""
    try:
        with remote.interruptible():
            caller.call(PING, [])
    except MethodNotFound:
        return " JSON-RPC, but is no rpcgen server"
    except UnknownRemoteError as error:
        return f" JSON-RPC, but is no rpcgen server (error {error.code})"
    return ""


def _told(times: Sequence[float], count: int) -> str:
    if count == 1:
        return f"{times[0]:.1f} ms"
    middle = f"min {min(times):.1f} ms, median {statistics.median(times):.1f} ms"
    return f"{middle}, {len(times)} of {count}"


def _ending(error: RpcError, url: str) -> tuple[int, str]:
    if isinstance(error, Unauthenticated):
        told = "is there, but wants to know who calls; see --token-file and --cert"
        return endings.NOT_EXECUTED, f"{url} {told}"
    if isinstance(error, Forbidden):
        return endings.NOT_EXECUTED, f"{url} is there, but does not let this caller"
    code, _ = endings.of_error(error)
    return code, str(error)


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MAX_COUNT:
        raise argparse.ArgumentTypeError(f"accepted: a number from 1 to {MAX_COUNT}")
    return int(text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="rpcgen ping",
        allow_abbrev=False,
        parents=[remote.options()],
        description="Ask a server whether it is there, without a retry.",
        epilog=endings.epilog(EXIT_CODES),
    )
    parser.add_argument(
        "url", metavar="URL", help="such as http://127.0.0.1:8080 or amqp://localhost"
    )
    parser.add_argument(
        "--count", type=_count, default=1, metavar="N", help="ask so often (default: 1)"
    )
    return parser
