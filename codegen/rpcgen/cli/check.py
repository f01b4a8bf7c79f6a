"""`rpcgen check`: all that can be wrong with contracts, in one run: the line for CI.

`STEPS` is the table of contents; all of them run, and each finding is printed once.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from rpcgen.cli import findings
from rpcgen.cli.asked import files_of, paths_of
from rpcgen.cli.config import Config, read_config
from rpcgen.cli.findings import Finding
from rpcgen.cli.format import laid_out
from rpcgen.cli.lint import add_strict, linted, neighbours
from rpcgen.cli.promises import broken_promises
from rpcgen.cli.usage import UsageError
from rpcgen.cli.watch import watch
from rpcgen.compile import Compiled, compile_paths
from rpcgen.language.diagnostics import Report
from rpcgen.language.load import source_root
from rpcgen.python.output import OutputError, changes


@dataclass(frozen=True, slots=True)
class Checked:
    """What is looked at."""

    paths: Sequence[Path]
    files: Sequence[Path]
    root: Path
    out: Path
    others: Sequence[Path]
    """Files that may need what these declare."""
    strict: bool
    compiled: Compiled

    @property
    def has_mistakes(self) -> bool:
        """Whether it does not compile, so that nobody can say more about what it means."""
        return bool(self.compiled.report)


Step: TypeAlias = Callable[[Checked], list[Finding]]


def run(arguments: Sequence[str]) -> int:
    """Run the command; return the exit code."""
    config = read_config(Path.cwd())
    given = _parser(config).parse_args(arguments)
    out = Path(given.out) if given.out else config.out
    if given.watch:
        paths = [Path(it) for it in given.paths] or [config.source]
        watch("rpcgen check", paths, lambda: _check(given, config, out)[1])
    return _check(given, config, out)[0]


def _check(given: argparse.Namespace, config: Config, out: Path) -> tuple[int, list[Path]]:
    paths = paths_of(given.paths, config)
    files = files_of(paths)
    root = source_root(paths, config.source)
    others, compiled = neighbours(root, config), compile_paths(paths, root)
    checked = Checked(paths, files, root, out, others, given.strict, compiled)
    found = list(dict.fromkeys(it for _, step in STEPS for it in step(checked)))
    sys.stdout.write(findings.written(found, given.output_format))
    if given.output_format == "text":
        print(findings.summary(found, len(files)))
    sys.stdout.flush()
    return 1 if found else 0, checked.compiled.read


def _parser(config: Config) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="rpcgen check",
        description="Look for all that can be wrong with contracts: "
        f"{', '.join(name for name, _ in STEPS)}. Nothing is written.",
        epilog="Exit codes: 0 done, 1 findings, 2 wrong usage, 3 a bug in rpcgen. "
        "`rpcgen explain RULE` tells why a rule is there.",
    )
    parser.add_argument(
        "paths", nargs="*", metavar="PATH", help=f"files or folders (default: {config.source})"
    )
    parser.add_argument("--out", metavar="DIR", help=f"the output root (default: {config.out})")
    add_strict(parser)
    findings.add_option(parser)
    parser.add_argument("--watch", action="store_true", help="check again whenever a file changes")
    return parser


def mistakes(checked: Checked) -> list[Finding]:
    """Return what `rpcgen build` would refuse."""
    return [findings.found(it) for it in checked.compiled.report.in_order()]


def lints(checked: Checked) -> list[Finding]:
    """Return what `rpcgen lint` finds."""
    if checked.has_mistakes:
        return []
    return linted(checked.files, checked.root, checked.others, strict=checked.strict)


def layout(checked: Checked) -> list[Finding]:
    """Return the files that `rpcgen format` would change."""
    # What is wrong with the syntax of the others is a mistake, and said as one.
    return [
        Finding("not-laid-out", "error", it.name, it.first_change, 1, "not laid out", _FORMAT)
        for _, it in laid_out(checked.files, checked.root, Report())
        if not it.is_right
    ]


def generated(checked: Checked) -> list[Finding]:
    """Return the files that `rpcgen build` would write."""
    if checked.has_mistakes:
        return []
    try:
        found = changes(checked.out, checked.compiled.files, checked.compiled.folders)
    except OutputError as error:
        raise UsageError(str(error)) from error
    return [
        Finding("not-current", "error", str(it.path), 0, 0, _said(missing=it.was is None), _BUILD)
        for it in found
    ]


def _said(*, missing: bool) -> str:
    return "missing" if missing else "not what the contract says today"


def versions(checked: Checked) -> list[Finding]:
    """Return what `rpcgen diff` and the ledger refuse."""
    if checked.has_mistakes:
        return []
    return broken_promises(checked.compiled.packages, checked.paths, checked.root)


_FORMAT = "what `rpcgen format` writes"
_BUILD = "what `rpcgen build` writes"

STEPS: Sequence[tuple[str, Step]] = (
    ("mistakes", mistakes),
    ("lint", lints),
    ("layout", layout),
    ("generated code", generated),
    ("versions", versions),
)
"""What is checked, with the words for it in `--help`."""
