"""`rpcgen call`: call one method of a server, typed by the contract that the server tells."""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import JsonValue

from rpcgen.cli import contracts, endings, remote
from rpcgen.cli.live.arguments import checked
from rpcgen.cli.live.choose import Chosen, choose_method
from rpcgen.cli.live.contract import services_told
from rpcgen.cli.live.facts import runtime_method
from rpcgen.cli.live.told import BrokenContractError
from rpcgen.cli.live.values import json_of
from rpcgen.cli.live.words import sort_out
from rpcgen.cli.output import complain, print_result
from rpcgen.cli.urls import shown
from rpcgen.cli.usage import UsageError
from rpcgen.language import model
from rpcgen_runtime.caller import Caller
from rpcgen_runtime.errors import InvalidArguments, RpcError
from rpcgen_runtime.messages import Reach, Verb
from rpcgen_runtime.methods import Call, Cast, Event, Fanout, Method

EXIT_CODES: Mapping[int, str] = {
    code: endings.EXIT_CODES[code]
    for code in (
        0, 2, 3, endings.DECLARED, endings.NOT_EXECUTED, endings.UNKNOWN, endings.SERVER_FAILED
    )
}  # fmt: skip


def run(arguments: Sequence[str]) -> int:
    """Run the command; return the exit code."""
    given = _parser().parse_intermixed_args(arguments)
    told = None if given.contract is None else contracts.read_files(Path(given.contract))
    url = shown(given.url)
    with remote.connected(given) as transport:
        caller = remote.caller(given, transport)
        try:
            services = told if told is not None else _ask(caller, url)
        except BrokenContractError as error:
            complain(f"rpcgen call: the contract that {url} tells {error}")
            return endings.SERVER_FAILED
        except RpcError as error:
            code, sentence = endings.of_error(error)
            complain(f"rpcgen call: {sentence}")
            return code
        chosen = choose_method(services, given.method)
        method = runtime_method(chosen.service, chosen.method)
        values = _values(chosen, method, given.words)
        try:
            with remote.interruptible():
                result = _send(caller, chosen, method, values)
        except RpcError as error:
            code, sentence = endings.of_call(error, chosen)
            complain(sentence)
            return code
    if chosen.method.result is not None:
        print_result(result, chosen.method.result, given.output_format)
    elif method.verb is not Verb.CALL and sys.stderr.isatty():
        complain(f"{chosen.label}: sent; nobody says what became of it")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="rpcgen call",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
        parents=[remote.options()],
        description="Call a method. Arguments are read and checked by the server's contract\n"
        "before anything is sent; the result is printed as JSON.",
        epilog=_EXAMPLES + endings.epilog(EXIT_CODES),
    )
    parser.add_argument(
        "url", metavar="URL", help="such as http://127.0.0.1:8080 or amqp://localhost"
    )
    parser.add_argument(
        "method",
        metavar="METHOD",
        help="Service.method, namespace.method, or method where one service has it",
    )
    parser.add_argument(
        "words",
        nargs="*",
        default=(),
        metavar="ARGUMENT",
        help="VALUE, name=VALUE, name.field=VALUE, name:=JSON; @FILE reads a file",
    )
    parser.add_argument(
        "--contract",
        metavar="PATH",
        help="an .rpc file or a folder of them, instead of asking the server",
    )
    parser.add_argument(
        "--output-format",
        choices=("json", "pretty", "raw"),
        help="raw prints texts without quotes, and bytes as they are (default: pretty for a "
        "terminal, else json)",
    )
    return parser


_EXAMPLES = """\
arguments:
  3 ssd                 values, in the order of the parameters
  size_gb=3             text, read by the parameter's type: numbers, true and false, the values
                        of an enum, 2026-05-01T12:00:00Z, 30s or PT30S, uuids, bytes as text
  flavor.name=small     a field of a struct, an entry of a map
  tags=a tags=b         the items of a list
  flavor:='{"a": 1}'    JSON
  user_data=@FILE       what is in a file; @- is standard input

"""


def _ask(caller: Caller, url: str) -> list[model.Service]:
    return services_told(contracts.ask(caller, url, "name its files with --contract PATH"))


def _values(chosen: Chosen, method: Method, words: Sequence[str]) -> list[object]:
    """Return the arguments in order, what is not given as absent. Raises UsageError."""
    parameters = chosen.method.parameters
    found = sort_out(words, parameters, chosen.label, _read)
    types = {it.wire: it for it in parameters}
    given = {wire: json_of(types[wire].type, it, types[wire].name) for wire, it in found.items()}
    values = checked(chosen.method, chosen.service.package, given)
    ordered = [values.get(it.wire_name, it.absent) for it in method.params]
    try:
        method.request.check(ordered)
    except InvalidArguments as error:
        raise UsageError(str(error)) from error
    return ordered


def _read(name: str) -> bytes:
    try:
        return remote.read_file(name)
    except UsageError as error:
        hint = 'a text that begins with `@` is given as JSON: `name:="@…"`'
        raise UsageError(f"{error}; {hint}") from error


def _send(caller: Caller, chosen: Chosen, method: Method, values: Sequence[object]) -> JsonValue:
    """Call or send; return the result of what is answered."""
    match method:
        case Call():
            result: JsonValue = caller.call(method, values)
            return result
        case Cast():
            caller.cast(method, values)
        case Fanout():
            _tell(caller.fanout(method, values), chosen)
        case Event():
            caller.event(method, values)
        case _:
            raise TypeError(f"{method.verb} is no verb")
    return None


def _tell(reach: Reach, chosen: Chosen) -> None:
    for address, error in reach.missed.items():
        complain(f"{chosen.label}: {address} was not reached: {error}")
