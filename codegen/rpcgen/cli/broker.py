"""What `topology` and `dead` share: how a broker is entered, and how they end where it says no."""

import argparse
import asyncio
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager

from rpcgen.cli import endings, remote
from rpcgen.cli.output import complain
from rpcgen.cli.urls import with_password
from rpcgen.cli.usage import UsageError
from rpcgen_runtime.amqp.connection import Access, Connection, open_connection
from rpcgen_runtime.amqp.entry import access_of
from rpcgen_runtime.amqp.messages import AmqpError
from rpcgen_runtime.amqp.options import AmqpOptions, options_of
from rpcgen_runtime.errors import NoServer, RpcError, Unreachable
from rpcgen_runtime.url import Url, parse_url

REFUSALS = range(403, 407)
"""What a broker says to one request; all other codes end a connection (AMQP 0-9-1 section 1.2)."""


def choose(
    command: str, about: str, actions: Mapping[str, str], arguments: Sequence[str]
) -> tuple[str, argparse.ArgumentParser]:
    """Return which of a command's actions is meant, and a parser for what stands behind it.

    That parser has the URL and the options that all of them share.
    """
    parser = argparse.ArgumentParser(prog=command, description=about)
    choices = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    for name, summary in actions.items():
        choices.add_parser(name, help=summary, add_help=False)
    chosen, _ = parser.parse_known_args(arguments[:1])
    action: str = chosen.action
    behind = argparse.ArgumentParser(
        prog=f"{command} {action}", allow_abbrev=False, description=f"{actions[action]}."
    )
    behind.add_argument("url", metavar="URL", help="such as amqp://localhost")
    remote.add_tls(behind.add_argument_group("the broker"))
    return action, behind


def url_of(text: str) -> Url:
    """Return a broker's URL, with its password. Raises UsageError."""
    try:
        url = parse_url(with_password(text))
    except ValueError as error:
        raise UsageError(str(error)) from error
    if not url.is_amqp:
        raise UsageError(f"a broker is at `amqp://` or `amqps://`, and this is `{url.scheme}://`")
    options_in(url)
    return url


def options_in(url: Url) -> AmqpOptions:
    """Return what stands behind a URL's `?`. Raises UsageError."""
    try:
        return options_of(url.options)
    except ValueError as error:
        raise UsageError(str(error)) from error


def access(given: argparse.Namespace, url: Url) -> Access:
    """Return how the broker is entered. Raises UsageError."""
    try:
        return access_of(url, options_in(url), remote.tls(given, url.scheme), "command")
    except ValueError as error:
        raise UsageError(str(error)) from error


@asynccontextmanager
async def entered(url: Url, how: Access) -> AsyncIterator[Connection]:
    """Give a connection to the first host that lets us in. Raises Unreachable."""
    failure: AmqpError | None = None
    for host in url.hosts:
        try:
            connection = await open_connection(host, how)
        except AmqpError as error:
            failure = error
            continue
        try:
            yield connection
        finally:
            await connection.close()
        return
    raise Unreachable(f"no connection to {url.shown}: {failure}")


def run(command: str, url: Url, work: Coroutine[object, object, int]) -> int:
    """Run a command's work; return the exit code, after it told why it could not be done."""
    remote.quieten()
    try:
        return asyncio.run(work)
    except NoServer as error:
        complain(f"{command}: {error}")
        return endings.NOT_EXECUTED
    except RpcError as error:
        code, sentence = endings.of_error(error)
        complain(f"{command}: {sentence}")
        return code
    except AmqpError as error:
        if error.code in REFUSALS:
            complain(f"{command}: not executed: {error}")
            return endings.NOT_EXECUTED
        told = f"the connection to {url.shown} was lost: {error}"
        complain(f"{command}: nobody knows whether it was executed: {told}")
        return endings.UNKNOWN
