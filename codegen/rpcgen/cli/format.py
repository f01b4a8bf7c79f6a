"""`rpcgen format`: lay out `.rpc` files; there is one look, and nothing to choose."""

import argparse
import difflib
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from rpcgen.cli.asked import files_of, paths_of
from rpcgen.cli.config import Config, read_config
from rpcgen.cli.rewrite import rewrite
from rpcgen.cli.usage import UsageError
from rpcgen.language.diagnostics import Report, render
from rpcgen.language.format import formatted
from rpcgen.language.load import MAX_FILE_BYTES, Loader, source_of, source_root
from rpcgen.language.parse import Parser
from rpcgen.language.source import Source

STDIN = "-"


@dataclass(frozen=True, slots=True)
class LaidOut:
    """One file without mistakes, as it is and as it should be."""

    name: str
    before: bytes
    text: str

    @property
    def after(self) -> bytes:
        """The file that the text makes."""
        return self.text.encode()

    @property
    def is_right(self) -> bool:
        """Whether nothing is to be changed."""
        return self.before == self.after

    @property
    def first_change(self) -> int:
        """The first line that would change; 1 where only line ends or a byte order mark would."""
        lines = self.before.decode(errors="replace").splitlines()
        pairs = enumerate(zip_longest(lines, self.text.splitlines()), start=1)
        return next((number for number, (was, wanted) in pairs if was != wanted), 1)

    def diff(self) -> str:
        """Return what would change."""
        before = self.before.decode(errors="replace").splitlines(keepends=True)
        after = self.text.splitlines(keepends=True)
        return "".join(_closed(difflib.unified_diff(before, after, self.name, self.name)))


def run(arguments: Sequence[str]) -> int:
    """Run the command; return the exit code."""
    config = read_config(Path.cwd())
    given = _parser(config).parse_args(arguments)
    if STDIN in given.paths:
        if len(given.paths) > 1:
            raise UsageError(f"`{STDIN}` is standard input; accepted: it alone, or paths")
        return _pass_on(check=given.check, diff=given.diff)
    paths = paths_of(given.paths, config)
    files = files_of(paths)
    report = Report()
    found = list(laid_out(files, source_root(paths, config.source), report))
    if given.check or given.diff:
        _show([it for _, it in found if not it.is_right], diff=given.diff)
    else:
        for path, it in found:
            if not it.is_right:
                rewrite(path, it.after)
    changed = sum(not it.is_right for _, it in found)
    return _end(changed, len(files), report, writes=not (given.check or given.diff))


def laid_out(files: Iterable[Path], root: Path, report: Report) -> Iterator[tuple[Path, LaidOut]]:
    """Return the files that can be read and parsed; what is wrong with the others is reported."""
    parser = Parser()
    for path in files:
        mistakes = Report()
        source = Loader(root, mistakes, parser).read(path)
        text = _text_of(source, parser, mistakes)
        report.diagnostics += mistakes.diagnostics
        if source is not None and text is not None:
            yield path, LaidOut(source.name, path.read_bytes(), text)


def _text_of(source: Source | None, parser: Parser, mistakes: Report) -> str | None:
    """Return a text laid out, or None where it has mistakes; they may be known already."""
    if source is None or mistakes:
        return None
    file = parser.parse(source, mistakes)
    return None if mistakes else formatted(file)


def _parser(config: Config) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="rpcgen format",
        description="Lay out .rpc files: comments stay, and what the files mean stays.",
        epilog="Exit codes: 0 done, 1 mistakes found or (--check, --diff) files not laid out, "
        "2 wrong usage, 3 a bug in rpcgen.",
    )
    parser.add_argument(
        "paths",
        nargs="*",
        metavar="PATH",
        help=f"files or folders, or - for standard input (default: {config.source})",
    )
    parser.add_argument("--check", action="store_true", help="write nothing; fail if not laid out")
    parser.add_argument("--diff", action="store_true", help="write nothing; show what would change")
    return parser


def _pass_on(*, check: bool, diff: bool) -> int:
    """Lay out standard input; nothing comes out where it has mistakes."""
    data = sys.stdin.buffer.read(MAX_FILE_BYTES + 1)
    if len(data) > MAX_FILE_BYTES:
        raise UsageError(f"standard input is larger than {MAX_FILE_BYTES:,} bytes")
    mistakes = Report()
    text = _text_of(source_of("<stdin>", data, mistakes), Parser(), mistakes)
    if text is None:
        sys.stderr.write(render(mistakes))
        return 1
    found = LaidOut("<stdin>", data, text)
    if diff:
        sys.stdout.write(found.diff())
    elif not check:
        sys.stdout.buffer.write(found.after)
        sys.stdout.buffer.flush()
    return int((check or diff) and not found.is_right)


def _show(found: Sequence[LaidOut], *, diff: bool) -> None:
    for it in found:
        sys.stdout.write(it.diff() if diff else f"{it.name}: not laid out\n")


def _end(changed: int, total: int, report: Report, *, writes: bool) -> int:
    sys.stdout.flush()
    sys.stderr.write(render(report))
    if writes:
        print(f"{changed} of {total} files laid out")
    elif changed:
        print("not laid out; run `rpcgen format`", file=sys.stderr)
    else:
        print("the file is laid out" if total == 1 else f"{total} files are laid out")
    return int(bool(report) or (changed > 0 and not writes))


def _closed(lines: Iterable[str]) -> Iterator[str]:
    """Return the lines of a diff; one that has no end gets one, as `diff` has it."""
    for line in lines:
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
