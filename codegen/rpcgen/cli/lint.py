"""`rpcgen lint`: tell what a careful contract would not say."""

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from rpcgen.cli import findings
from rpcgen.cli.asked import files_of, paths_of
from rpcgen.cli.config import Config, read_config
from rpcgen.cli.findings import Finding
from rpcgen.language.diagnostics import Report
from rpcgen.language.load import LoadedFile, Loader, files_below, source_root
from rpcgen.language.resolve import resolve
from rpcgen.lint.contract import Contract
from rpcgen.lint.lint import lint


def run(arguments: Sequence[str]) -> int:
    """Run the command; return the exit code."""
    config = read_config(Path.cwd())
    given = _parser(config).parse_args(arguments)
    paths = paths_of(given.paths, config)
    files = files_of(paths)
    root = source_root(paths, config.source)
    found = linted(files, root, neighbours(root, config), strict=given.strict)
    sys.stdout.write(findings.written(found, given.output_format))
    if given.output_format == "text":
        print(findings.summary(found, len(files)))
    return 1 if found else 0


def neighbours(root: Path, config: Config) -> list[Path]:
    """Return the files that may need what others declare: all of them, in the source root."""
    return files_below(root) if root == config.source else []


def linted(
    files: Sequence[Path], root: Path, others: Iterable[Path] = (), *, strict: bool
) -> list[Finding]:
    """Return what is to be said of the files, not of others or of what they import.

    Where there are mistakes there is nothing else.
    """
    contract, report = _read(files, root)
    if report:
        return [findings.found(it) for it in report.in_order()]
    names = {it.syntax.source_span.source.name for it in _among(files, contract)}
    read = {it.path for it in contract.files}
    if any(it.resolve() not in read for it in others):
        larger, mistakes = _read([*files, *others], root)
        contract = contract if mistakes else larger
    said = lint(contract, strict=strict)
    return [findings.found(it, "warning") for it in said if it.span.source.name in names]


def _read(files: Iterable[Path], root: Path) -> tuple[Contract, Report]:
    report = Report()
    loader = Loader(root, report)
    for file in files:
        loader.load(file)
    packages = resolve(loader.files.values(), report)
    return Contract(list(loader.files.values()), packages), report


def _among(paths: Iterable[Path], contract: Contract) -> list[LoadedFile]:
    resolved = {it.resolve() for it in paths}
    return [it for it in contract.files if it.path in resolved]


def _parser(config: Config) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="rpcgen lint",
        description="Tell what a careful contract would not say, though it compiles. "
        "A comment `# rpcgen: ignore[RULE]` lets one place pass.",
        epilog="Exit codes: 0 done, 1 findings, 2 wrong usage, 3 a bug in rpcgen. "
        "`rpcgen explain RULE` tells why a rule is there.",
    )
    parser.add_argument(
        "paths", nargs="*", metavar="PATH", help=f"files or folders (default: {config.source})"
    )
    add_strict(parser)
    findings.add_option(parser)
    return parser


def add_strict(parser: argparse.ArgumentParser) -> None:
    """Let `parser` take `--strict`."""
    parser.add_argument(
        "--strict",
        action="store_true",
        help="also the rules for habits: documentation, bounded requests, no json, nothing closed",
    )
