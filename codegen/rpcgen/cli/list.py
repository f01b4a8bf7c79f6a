"""`rpcgen list`: tell what a server serves, as the language writes it."""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import JsonValue

from rpcgen.cli import contracts, endings, remote, urls
from rpcgen.cli.live.choose import Chosen, choose
from rpcgen.cli.live.contract import services_told, write_files
from rpcgen.cli.live.pages import method_page, service_page
from rpcgen.cli.live.records import method_record, service_record
from rpcgen.cli.live.told import BrokenContractError, Told
from rpcgen.cli.output import as_json, complain, say, shown
from rpcgen.cli.usage import UsageError
from rpcgen.language import model
from rpcgen_runtime.errors import RpcError

EXIT_CODES: Mapping[int, str] = {
    0: "done",
    2: "wrong usage, or the server does not tell",
    3: "a bug in rpcgen",
    **{
        code: endings.EXIT_CODES[code]
        for code in (endings.NOT_EXECUTED, endings.UNKNOWN, endings.SERVER_FAILED)
    },
}


def run(arguments: Sequence[str]) -> int:
    """Run the command; return the exit code."""
    given = _parser().parse_intermixed_args(arguments)
    if "://" not in given.url:
        if given.source is not None:
            raise UsageError("--source copies what a server tells, and this is no URL")
        _print(contracts.read_files(Path(given.url)), given)
        return 0
    url = urls.shown(given.url)
    folder = None if given.source is None else _free(Path(given.source))
    try:
        with remote.connected(given) as transport:
            caller = remote.caller(given, transport)
            told = contracts.ask(caller, url, "`rpcgen list` takes an .rpc file too")
        services = services_told(told)
    except BrokenContractError as error:
        complain(f"rpcgen list: the contract that {url} tells {error}")
        return endings.SERVER_FAILED
    except RpcError as error:
        code, sentence = endings.of_error(error)
        complain(f"rpcgen list: {sentence}")
        return code
    if not services:
        raise UsageError(f"{url} serves nothing that it tells the contract of")
    if folder is None:
        _print(services, given)
    else:
        _copy(told, services, given.name, folder)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="rpcgen list",
        allow_abbrev=False,
        parents=[remote.options()],
        description="Tell what a server serves: its services, a service, or all of a method.",
        epilog=endings.epilog(EXIT_CODES),
    )
    parser.add_argument(
        "url",
        metavar="URL",
        help="such as http://127.0.0.1:8080 or amqp://localhost; or a path of .rpc files",
    )
    parser.add_argument(
        "name", nargs="?", metavar="SERVICE[.METHOD]", help="tell this one alone, and more of it"
    )
    parser.add_argument(
        "--source",
        metavar="DIR",
        help="write the contract's files into a new folder, for `rpcgen build DIR`",
    )
    parser.add_argument(
        "--output-format", choices=("text", "json"), default="text", help="(default: text)"
    )
    return parser


def _print(services: Sequence[model.Service], given: argparse.Namespace) -> None:
    chosen = None if given.name is None else choose(services, given.name)
    wanted = services if chosen is None else [chosen]
    if given.output_format == "json":
        records: list[JsonValue] = [_record(it) for it in wanted]
        say(as_json(records[0] if isinstance(chosen, Chosen) else records, pretty=True))
        return
    pages = ["\n".join(_page(it)) for it in wanted]
    say(shown("\n\n\n".join(pages)))


def _page(item: model.Service | Chosen) -> list[str]:
    return method_page(item) if isinstance(item, Chosen) else service_page(item)


def _record(item: model.Service | Chosen) -> JsonValue:
    return method_record(item) if isinstance(item, Chosen) else service_record(item)


def _free(folder: Path) -> Path:
    try:
        is_free = not folder.exists() or (folder.is_dir() and not any(folder.iterdir()))
    except OSError as error:
        raise UsageError(f"cannot read `{folder}`: {error.strerror}") from error
    if not is_free:
        raise UsageError(f"`{folder}` is not empty; accepted: a new folder, or an empty one")
    return folder


def _copy(told: Told, services: Sequence[model.Service], name: str | None, folder: Path) -> None:
    """Write the files of all packages, or of the one that `name` belongs to."""
    chosen = None if name is None else choose(services, name)
    service = chosen.service if isinstance(chosen, Chosen) else chosen
    files: dict[str, str] = {}
    for package in told.packages:
        if service is not None and package.name != service.package.name:
            continue
        for path, text in package.files.items():
            if files.setdefault(path, text) != text:
                hint = "name a service, and only the files of its package are written"
                raise UsageError(f"two packages have different files `{path}`; {hint}")
    try:
        write_files(files, folder)
    except OSError as error:
        raise UsageError(f"cannot write into `{folder}`: {error.strerror}") from error
    say(f"{len(files)} file{'s' * (len(files) != 1)} written to {folder}")
