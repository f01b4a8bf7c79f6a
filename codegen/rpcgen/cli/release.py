"""`rpcgen release`: record the current minor of contracts in their ledgers."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rpcgen.cli.asked import paths_of
from rpcgen.cli.config import read_config
from rpcgen.cli.output import complain, say, shown
from rpcgen.cli.packages import read_packages
from rpcgen.cli.reviewed import read_reasons
from rpcgen.cli.usage import UsageError
from rpcgen.contract.history import judge
from rpcgen.contract.ledger import BrokenLedgerError, Entry, folder_of, read, write, written
from rpcgen.contract.records import Record, recorded
from rpcgen.contract.restore import restored
from rpcgen.contract.versions import Refusal
from rpcgen.contract_tests import vectors
from rpcgen.language import model
from rpcgen.language.load import source_root
from rpcgen.python.render import Renderer


@dataclass(frozen=True, slots=True)
class Planned:
    """What is to be recorded of one package."""

    package: model.Package
    folder: Path
    entries: Sequence[Entry]
    minors: Sequence[int]


def run(arguments: Sequence[str]) -> int:
    """Run the command; return the exit code."""
    config = read_config(Path.cwd())
    given = _parser(config.source).parse_args(arguments)
    paths = paths_of(given.paths, config)
    root = source_root(paths, config.source)
    packages = read_packages(paths, root).packages
    try:
        plans = [_plan(it, root, earlier=given.earlier) for it in packages]
        reasons = read_reasons(root)
        judged = [judge(it.package, it.entries, reasons) for it in plans]
        refused = [it for one in judged for it in one.refused]
        if refused:
            return _tell(refused)
        for plan in plans:
            _record(plan, is_dry=given.check)
    except BrokenLedgerError as error:
        complain(f"rpcgen release: {error}")
        return 1
    except OSError as error:
        raise UsageError(f"cannot write: {error}") from error
    return 1 if given.check and any(it.minors for it in plans) else 0


def _parser(source: Path) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="rpcgen release",
        description="Record the current minor of each package, so that it cannot be broken "
        "unknowingly. What was recorded never changes.",
        epilog="Exit codes: 0 done, 1 refused, or (--check) something is not recorded, "
        "2 wrong usage, 3 a bug in rpcgen.",
    )
    parser.add_argument(
        "paths", nargs="*", metavar="PATH", help=f"files or folders (default: {source})"
    )
    parser.add_argument(
        "--earlier",
        action="store_true",
        help="where nothing is recorded, record the minors before this one too, "
        "as `since` says they were",
    )
    parser.add_argument("--check", action="store_true", help="write nothing; fail if not recorded")
    return parser


def _plan(package: model.Package, root: Path, *, earlier: bool) -> Planned:
    folder = folder_of(package, root)
    entries = read(folder, package.name, package.version.major)
    last = entries[-1].version.minor if entries else -1
    newest = package.version.minor
    minors = (
        range(newest + 1) if earlier and not entries else range(max(newest, last + 1), newest + 1)
    )
    return Planned(package, folder, entries, minors)


def _tell(refused: Sequence[Refusal]) -> int:
    for it in refused:
        complain(shown(f"refused[{it.rule}]: {it.message}\n  = accepted: {it.accepted}"))
    complain("nothing was recorded")
    return 1


def _vectors(record: Record) -> str:
    """Return the golden vectors of a minor, made by the code that is generated from its record."""
    packages = restored(record, "the contract")
    renderer = Renderer()
    files: dict[str, str] = {}
    for package in packages:
        files |= renderer.files(package)
    return vectors.text(vectors.record(packages[0], files))


def _record(plan: Planned, *, is_dry: bool) -> None:
    package, entries = plan.package, list(plan.entries)
    if not plan.minors:
        say(f"{package.name} {package.version} is recorded")
    for minor in plan.minors:
        version = model.Version(package.version.major, minor)
        if is_dry:
            complain(f"{package.name} {version} is not recorded; run `rpcgen release`")
            continue
        record = recorded(package, minor)
        files, name = written(record, entries[-1] if entries else None, _vectors(record))
        write(plan.folder, files)
        entries = read(plan.folder, package.name, package.version.major)
        say(f"{package.name} {version}: {plan.folder / name}")
