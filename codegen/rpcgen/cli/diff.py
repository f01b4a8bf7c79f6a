"""`rpcgen diff`: tell what changed between two contracts, and whom it breaks."""

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from pydantic import JsonValue

from rpcgen.cli.asked import paths_of
from rpcgen.cli.config import Config, read_config
from rpcgen.cli.findings import Finding, written
from rpcgen.cli.output import as_json, complain, say, shown
from rpcgen.cli.packages import Read, read_packages
from rpcgen.cli.reviewed import accept, read_reasons
from rpcgen.cli.revisions import merge_base, take
from rpcgen.cli.usage import UsageError
from rpcgen.contract.accepted import marked
from rpcgen.contract.changes import SEVERITIES, Change, verdict
from rpcgen.contract.compare import Comparison, compared, package_pairs
from rpcgen.contract.history import judge
from rpcgen.contract.ledger import BrokenLedgerError, folder_of, read
from rpcgen.contract.locate import locate
from rpcgen.contract.versions import Refusal, needed, refusals
from rpcgen.language import model
from rpcgen.language.load import source_root
from rpcgen.language.parse import Parser

LEDGER = "ledger"
_REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Diff:
    """What came out of a comparison."""

    against: str
    """What it was compared with, as its user would say it."""
    changes: Sequence[Change]
    refused: Sequence[Refusal]
    versions: Sequence[tuple[str, model.Version, model.Version, model.Version]]
    """Of each package: its name, what its version was, is, and has to be at least."""
    today: Sequence[model.Package]


def run(arguments: Sequence[str]) -> int:
    """Run the command; return the exit code."""
    config = read_config(Path.cwd())
    given = _parser(config.source).parse_args(arguments)
    paths = paths_of(given.paths, config)
    root = source_root(paths, config.source)
    reasons = read_reasons(root)
    diff = differ(paths, given.against, root, reasons)
    if given.accept:
        return accept(root, diff.changes, *given.accept)
    _print(diff, given.output_format)
    if given.fail_on == _REFUSED:
        return 1 if diff.refused else 0
    least = SEVERITIES.index(given.fail_on)
    severities = [it.severity for it in diff.changes if it.accepted is None]
    return 1 if any(SEVERITIES.index(it) >= least for it in severities) else 0


def _parser(source: Path) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="rpcgen diff",
        description="Tell what changed between two states of contracts, and whom it breaks.",
        epilog="Exit codes: 0 done, 1 the versions do not allow it (or --fail-on was reached), "
        "2 wrong usage, 3 a bug in rpcgen.",
    )
    parser.add_argument(
        "paths", nargs="*", metavar="PATH", help=f"files or folders (default: {source})"
    )
    parser.add_argument(
        "--against",
        metavar="REV|PATH|ledger",
        help="a revision of git, files, or every released minor "
        "(default: where this branch left the trunk)",
    )
    parser.add_argument(
        "--fail-on",
        choices=(_REFUSED, *SEVERITIES),
        default=_REFUSED,
        help="what ends with 1: what the versions do not allow (default), "
        "or any change that is so bad or worse",
    )
    parser.add_argument(
        "--output-format", choices=("text", "json", "github", "sarif"), default="text"
    )
    parser.add_argument(
        "--accept",
        nargs=2,
        metavar=("FINGERPRINT", "REASON"),
        help="let one change pass from now on, and write down why",
    )
    return parser


def differ(
    paths: Sequence[Path], other: str | None, root: Path, reasons: Mapping[str, str]
) -> Diff:
    """Compare the contracts in `paths` with another state of them. Raises UsageError."""
    if other == LEDGER:
        diff = with_ledger(read_packages(paths, root).packages, root, reasons)
        if not diff.versions and not diff.refused:
            raise UsageError("nothing is released yet; `rpcgen release` records what is there")
        return diff
    if other == "":
        raise UsageError("--against wants a path, a revision of git, or `ledger`")
    if other is not None and Path(other).exists():
        return _with_path(paths, Path(other), root, reasons)
    return _with_revision(paths, other, root, reasons)


def _with_path(paths: Sequence[Path], other: Path, root: Path, reasons: Mapping[str, str]) -> Diff:
    # Two states of one package, side by side: what lies in one folder is then no one package.
    alone = other.is_file() and all(it.is_file() for it in paths)
    parser = Parser()
    today = read_packages(paths, root, parser=parser, alone=alone)
    others = paths_of([str(other)], Config())
    before = read_packages(others, source_root(others, root), parser=parser, alone=alone)
    return _compared(str(other), before, today, reasons)


def _with_revision(
    paths: Sequence[Path], revision: str | None, root: Path, reasons: Mapping[str, str]
) -> Diff:
    parser = Parser()
    today = read_packages(paths, root, parser=parser)
    commit = revision or merge_base(root)
    with TemporaryDirectory(prefix="rpcgen-") as name:
        folder = Path(name).resolve()
        take(commit, root, folder)
        places = [folder / it.resolve().relative_to(root.resolve()) for it in paths]
        known = [it for it in places if it.exists()]
        said = revision or commit[:12]
        before = Read([], frozenset())
        if known:
            before = read_packages(known, folder, parser=parser, shown_as=said)
        return _compared(said, before, today, reasons)


def _compared(
    said: str,
    before: Read,
    today: Read,
    reasons: Mapping[str, str],
) -> Diff:
    return _judged(said, _known(before, today), _known(today, before), reasons)


def _known(read: Read, other: Read) -> list[model.Package]:
    """Return what is compared: an import that only one side needs is no change by itself."""
    names = {*read.named, *(it.name for it in other.packages)}
    return [it for it in read.packages if it.name in names]


def _judged(
    said: str,
    before: Sequence[model.Package],
    today: Sequence[model.Package],
    reasons: Mapping[str, str],
) -> Diff:
    found = compared(before, today)
    judged = Comparison(marked(found.changes, reasons), found.new)
    refused = refusals(before, today, judged)
    counted = [it for it in judged.changes if it.accepted is None]
    versions = [
        (now.name, was.version, now.version, needed(was, now, counted))
        for was, now in package_pairs(before, today)
        if was is not None and now is not None
    ]
    return Diff(said, judged.changes, refused, versions, today)


def with_ledger(today: Sequence[model.Package], root: Path, reasons: Mapping[str, str]) -> Diff:
    """Compare contracts with every released minor; packages without one are left out."""
    changes: dict[str, Change] = {}
    refused: list[Refusal] = []
    versions = []
    for package in today:
        try:
            entries = read(folder_of(package, root), package.name, package.version.major)
            found = judge(package, entries, reasons)
        except BrokenLedgerError as error:
            accepted = "what was released, from version control"
            refused.append(Refusal("broken-ledger", package.name, str(error), accepted))
            continue
        changes |= {it.fingerprint: it for it in found.changes}
        refused += found.refused
        if entries:
            least = needed(entries[-1].packages()[0], package, found.changes)
            versions.append((package.name, entries[-1].version, package.version, least))
    return Diff("the ledger", list(changes.values()), refused, versions, today)


def _print(diff: Diff, form: str) -> None:
    if form == "json":
        say(as_json(_record(diff), pretty=True))
    elif form == "text":
        _print_text(diff)
    else:
        sys.stdout.write(written(findings(diff), form))


def findings(diff: Diff) -> list[Finding]:
    """Return what a diff found as others read it, each at its place in today's files."""
    found = [
        _finding(diff, it.rule, it.severity, it.path, f"{it.path}: {it.message}", None)
        for it in diff.changes
        if it.accepted is None
    ]
    refused = [
        _finding(diff, it.rule, "error", it.path, it.message, it.accepted) for it in diff.refused
    ]
    return [*found, *refused]


def _finding(
    diff: Diff, rule: str, level: str, path: str, message: str, accepted: str | None
) -> Finding:
    span = locate(path, diff.today)
    if span is None:
        return Finding(rule, level, path, 0, 0, message, accepted)
    line, column = span.source.position(span.start)
    return Finding(rule, level, span.source.name, line, column, message, accepted)


def _record(diff: Diff) -> JsonValue:
    versions: list[JsonValue] = [
        {"package": name, "was": str(was), "is": str(now), "needs": str(least)}
        for name, was, now, least in diff.versions
    ]
    refused: list[JsonValue] = [
        {"rule": it.rule, "path": it.path, "message": it.message, "accepted": it.accepted}
        for it in diff.refused
    ]
    return {
        "against": diff.against,
        "verdict": verdict(diff.changes),
        "versions": versions,
        "refused": refused,
        "changes": list[JsonValue](it.as_json() for it in diff.changes),
    }


def _print_text(diff: Diff) -> None:
    for change in diff.changes:
        _print_change(change)
    for it in diff.refused:
        say(shown(f"refused[{it.rule}]: {it.message}\n  = accepted: {it.accepted}"))
    counts = [
        f"{count} {it}"
        for it in reversed(SEVERITIES)
        if (count := sum(one.severity == it and one.accepted is None for one in diff.changes))
    ]
    let_pass = sum(it.accepted is not None for it in diff.changes)
    counts += [f"{let_pass} accepted"] if let_pass else []
    complain(f"against {diff.against}: {', '.join(counts) or 'nothing changed'}")
    for name, was, now, least in diff.versions:
        if now < least:
            complain(f"{name} was {was} and is {now}: it needs {least}")


def _print_change(change: Change) -> None:
    sentence, *uses = change.message.split("; ")
    level = "accepted" if change.accepted is not None else change.severity
    rows = [f"{level}[{change.rule}]: {change.path}: {sentence}"]
    if change.was is not None or change.is_ is not None:
        rows.append(f"    was {change.was or 'not there'}")
        rows.append(f"    is  {change.is_ or 'not there'}")
    rows += [f"  = {it}" for it in uses]
    said = change.fingerprint if change.accepted is None else f"accepted: {change.accepted}"
    say(shown("\n".join([*rows, f"  = {said}"])))
