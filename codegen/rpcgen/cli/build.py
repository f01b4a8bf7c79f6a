"""`rpcgen build`: compile `.rpc` files to Python."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from rpcgen.cli.asked import paths_of
from rpcgen.cli.config import Config, read_config
from rpcgen.cli.usage import UsageError
from rpcgen.cli.watch import watch
from rpcgen.compile import Compiled, compile_paths
from rpcgen.language.diagnostics import render
from rpcgen.language.load import SUFFIX, source_root
from rpcgen.python.output import Change, OutputError, changes, write


def run(arguments: Sequence[str]) -> int:
    """Run the command; return the exit code."""
    config = read_config(Path.cwd())
    given = _parser(config).parse_args(arguments)
    out = Path(given.out) if given.out else config.out
    if given.watch:
        paths = [Path(it) for it in given.paths] or [config.source]
        watch("rpcgen build", paths, lambda: _build(given.paths, out, config)[1])
    return _build(given.paths, out, config, check=given.check, diff=given.diff)[0]


def _parser(config: Config) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="rpcgen build",
        description="Compile .rpc files to Python packages; only files that change are written.",
        epilog="Exit codes: 0 done, 1 mistakes found or (--check, --diff) not up to date, "
        "2 wrong usage, 3 a bug in rpcgen.",
    )
    parser.add_argument(
        "paths", nargs="*", metavar="PATH", help=f"files or folders (default: {config.source})"
    )
    parser.add_argument("--out", metavar="DIR", help=f"the output root (default: {config.out})")
    parser.add_argument("--check", action="store_true", help="write nothing; fail if not current")
    parser.add_argument("--diff", action="store_true", help="write nothing; show what would change")
    parser.add_argument("--watch", action="store_true", help="build again whenever a file changes")
    return parser


def _build(
    given: Sequence[str], out: Path, config: Config, *, check: bool = False, diff: bool = False
) -> tuple[int, list[Path]]:
    paths = paths_of(given, config)
    compiled = compile_paths(paths, source_root(paths, config.source))
    if compiled.report:
        _print_report(compiled)
        return 1, compiled.read
    if not compiled.packages:
        raise UsageError(f"there is no `{SUFFIX}` file in {', '.join(f'`{it}`' for it in paths)}")
    try:
        found = changes(out, compiled.files, compiled.folders)
        if not check and not diff:
            write(found)
    except OutputError as error:
        raise UsageError(str(error)) from error
    if check or diff:
        return _show(found, compiled, diff=diff), compiled.read
    total = len(compiled.files) + len(compiled.folders)
    _say(f"{_counted(compiled)}: {len(found)} of {total} files written to {out}")
    return 0, compiled.read


def _print_report(compiled: Compiled) -> None:
    count = len(compiled.report.diagnostics)
    sys.stderr.write(render(compiled.report))
    noun = "mistake" if count == 1 else "mistakes"
    _complain(f"{count} {noun} found; nothing was written")


def _show(found: list[Change], compiled: Compiled, *, diff: bool) -> int:
    for change in found:
        if diff:
            sys.stdout.write(change.diff())
        else:
            _say(f"{change.path}: {'missing' if change.was is None else 'not current'}")
    if found:
        _complain("not up to date; run `rpcgen build`")
        return 1
    _say(f"{_counted(compiled)}: {len(compiled.files)} files are up to date")
    return 0


def _counted(compiled: Compiled) -> str:
    count = len(compiled.packages)
    return f"{count} package" if count == 1 else f"{count} packages"


def _say(text: str) -> None:
    print(text, flush=True)


def _complain(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
