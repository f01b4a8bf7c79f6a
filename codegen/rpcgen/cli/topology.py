"""`rpcgen topology`: tell what a server declares on a broker, and what is different there."""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence

from rpcgen.cli import broker, endings
from rpcgen.cli.declared import check_page, check_record, plan_page, plan_record
from rpcgen.cli.named import endpoint_named
from rpcgen.cli.output import as_json, say, shown
from rpcgen.cli.usage import UsageError
from rpcgen_runtime.amqp.inspection import State, inspect
from rpcgen_runtime.amqp.topology import Plate, Topology, served, topology
from rpcgen_runtime.endpoint import Listener
from rpcgen_runtime.options import check_server
from rpcgen_runtime.url import Url

EXIT_CODES: Mapping[int, str] = {
    0: "all is as planned",
    1: "something is missing or differs, or cannot be asked",
    2: "wrong usage",
    3: "a bug in rpcgen",
    endings.NOT_EXECUTED: "the broker cannot be reached, or does not let this user",
    endings.UNKNOWN: "the connection was lost",
}
ACTIONS: Mapping[str, str] = {
    "plan": "Tell what a server would declare, without a connection",
    "check": "Tell what of it is there, is missing or differs; nothing is changed",
}
SERVER = "SERVER"
"""Stands for the name of a server that nobody named."""


def run(arguments: Sequence[str]) -> int:
    """Run the command; return the exit code."""
    given = _given(arguments)
    url = broker.url_of(given.url)
    planned = _planned(given, url)
    if given.action == "plan":
        page = shown(plan_page(planned))
        say(as_json(plan_record(planned), pretty=True) if given.json else page)
        return 0
    return broker.run("rpcgen topology", url, _check(given, url, planned))


async def _check(given: argparse.Namespace, url: Url, planned: Topology) -> int:
    async with broker.entered(url, broker.access(given, url)) as connection:
        found = await inspect(connection, planned)
    lanes = {it.queue.name: it.lane for it in planned.stations}
    page = shown(check_page(found, lanes))
    say(as_json(check_record(found), pretty=True) if given.json else page)
    # What the broker names is never asked for.
    return int(any(it.name and it.state is not State.AS_PLANNED for it in found))


def _planned(given: argparse.Namespace, url: Url) -> Topology:
    """Return what a server of the endpoints declares. Raises UsageError."""
    try:
        check_server(given.server or SERVER)
    except ValueError as error:
        raise UsageError(f"--server: {error}") from error
    sys.path.insert(0, os.getcwd())
    endpoints = [endpoint_named(it) for it in given.endpoints]
    methods = [
        (binding.method, isinstance(it, Listener))
        for it in endpoints
        for binding in it.__rpc_bindings__()
    ]
    plate = Plate(
        server=given.server or SERVER,
        is_named=given.server is not None,
        group=given.group,
        is_cluster=len(url.hosts) > 1,
    )
    return topology(served(methods), plate, broker.options_in(url))


def _given(arguments: Sequence[str]) -> argparse.Namespace:
    about = "Tell what a server declares on a broker."
    action, parser = broker.choose("rpcgen topology", about, ACTIONS, arguments)
    parser.epilog = endings.epilog(EXIT_CODES)
    parser.set_defaults(action=action)
    parser.add_argument(
        "endpoints", nargs="+", metavar="MODULE:CLASS", help="as `rpcgen serve` takes it"
    )
    parser.add_argument("--server", metavar="NAME", help="the name that the server has")
    parser.add_argument("--group", metavar="NAME", help="the group that its listeners are in")
    parser.add_argument("--json", action="store_true", help="for programs")
    return parser.parse_intermixed_args(arguments[1:])
