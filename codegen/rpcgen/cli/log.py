"""`rpcgen log`: tell what each version of a contract brought."""

import argparse
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from pydantic import JsonValue

from rpcgen.cli.asked import paths_of
from rpcgen.cli.config import read_config
from rpcgen.cli.output import as_json, complain, say, shown
from rpcgen.cli.packages import read_packages
from rpcgen.contract.changes import Change
from rpcgen.contract.compare import compare
from rpcgen.contract.history import as_of
from rpcgen.contract.ledger import BrokenLedgerError, Entry, folder_of, read
from rpcgen.language import model
from rpcgen.language.load import source_root

State = tuple[model.Version, Sequence[model.Package], bool]
"""A version, the contract in it, and whether it is released."""


def run(arguments: Sequence[str]) -> int:
    """Run the command; return the exit code."""
    config = read_config(Path.cwd())
    given = _parser(config.source).parse_args(arguments)
    paths = paths_of(given.paths, config)
    root = source_root(paths, config.source)
    records: list[JsonValue] = []
    try:
        for number, package in enumerate(read_packages(paths, root).packages):
            entries = read(folder_of(package, root), package.name, package.version.major)
            states = _states(package, entries)
            if given.output_format == "json":
                records += _records(package, states)
            else:
                _tell(package, states, is_first=not number)
    except BrokenLedgerError as error:
        complain(f"rpcgen log: {error}")
        return 1
    if given.output_format == "json":
        say(as_json(records, pretty=True))
    return 0


def _parser(source: Path) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="rpcgen log",
        description="Tell what each version of a contract brought, the newest first: from the "
        "ledger where a version is released, else from its marks.",
        epilog="Exit codes: 0 done, 1 the ledger is broken, 2 wrong usage, 3 a bug in rpcgen.",
    )
    parser.add_argument(
        "paths", nargs="*", metavar="PATH", help=f"files or folders (default: {source})"
    )
    parser.add_argument("--output-format", choices=("text", "json"), default="text")
    return parser


def _states(package: model.Package, entries: Sequence[Entry]) -> list[State]:
    """Return every minor of the major, oldest first."""
    released = {it.version: it for it in entries}
    newest = max([package.version.minor, *(it.minor for it in released)])
    versions = [model.Version(package.version.major, it) for it in range(newest + 1)]
    return [
        (it, released[it].packages(), True)
        if it in released
        else (it, as_of(package, it.minor), False)
        for it in versions
    ]


def _tell(package: model.Package, states: Sequence[State], *, is_first: bool) -> None:
    say(package.name if is_first else f"\n{package.name}")
    for before, (version, now, is_released) in _newest_first(states):
        say(f"\n{version}{'' if is_released else ' (not released)'}")
        rows = [_counted(now[0])] if before is None else list(_rows(compare(before[1], now)))
        for row in rows or ["nothing that peers see"]:
            say(shown(f"  {row}"))


def _newest_first(states: Sequence[State]) -> Iterator[tuple[State | None, State]]:
    yield from reversed([(None, states[0]), *pairwise(states)])


def _rows(changes: Sequence[Change]) -> Iterator[str]:
    for change in sorted(changes, key=lambda it: (it.path, it.rule)):
        sign = _sign(change)
        arrow = "" if sign != "~" else f": {change.message.partition(';')[0]}"
        yield f"{sign} {change.path}{arrow}"


def _sign(change: Change) -> str:
    if "-added" in change.rule and change.was is None:
        return "+"
    return "-" if "-removed" in change.rule and change.is_ is None else "~"


def _counted(package: model.Package) -> str:
    services = package.of_kind(model.Service)
    types = [it for it in package.declarations.values() if not isinstance(it, model.Service)]
    methods = sum(len(it.methods) for it in services)
    counts = ((len(services), "service"), (methods, "method"), (len(types), "declaration"))
    return ", ".join(f"{count} {noun}{'s' * (count != 1)}" for count, noun in counts)


def _records(package: model.Package, states: Sequence[State]) -> list[JsonValue]:
    found: list[JsonValue] = []
    for before, (version, now, is_released) in _newest_first(states):
        changes = [] if before is None else compare(before[1], now)
        found.append(
            {
                "package": package.name,
                "version": str(version),
                "released": is_released,
                "changes": list[JsonValue](it.as_json() for it in changes),
            }
        )
    return found
