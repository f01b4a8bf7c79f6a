"""`rpcgen export`: write contracts as OpenRPC, AsyncAPI or JSON Schema."""

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from rpcgen.cli.asked import files_of, paths_of
from rpcgen.cli.config import read_config
from rpcgen.cli.output import complain, say
from rpcgen.cli.usage import UsageError
from rpcgen.export import asyncapi, document, jsonschema, openrpc
from rpcgen.export.document import Members
from rpcgen.language import model
from rpcgen.language.diagnostics import Report, render
from rpcgen.language.load import Loader, source_root
from rpcgen.language.resolve import resolve
from rpcgen.python.output import Change, OutputError, write

FORMATS: Mapping[str, Callable[[model.Package], Members]] = {
    "openrpc": openrpc.document,
    "asyncapi": asyncapi.document,
    "jsonschema": jsonschema.document,
}
_MARKS = {"openrpc": "openrpc", "asyncapi": "asyncapi", "jsonschema": "$schema"}
"""The member by which a document of a format is known."""


def run(arguments: Sequence[str]) -> int:
    """Run the command; return the exit code."""
    config = read_config(Path.cwd())
    given = _parser(config.source).parse_args(arguments)
    if given.check and given.out is None:
        raise UsageError("--check compares with files: it wants --out")
    packages = _read(paths_of(given.paths, config), config.source)
    if packages is None:
        return 1
    texts = {it: document.text(FORMATS[given.format](it)) for it in packages}
    if given.out is not None:
        return _to_files(_places(texts, given), given)
    if len(texts) > 1:
        names = ", ".join(f"`{it.name}`" for it in packages)
        raise UsageError(f"there are several packages, {names}; accepted: --out DIR, or one PATH")
    sys.stdout.write("".join(texts.values()))
    return 0


def _parser(source: Path) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="rpcgen export",
        allow_abbrev=False,
        description="Write contracts in other people's forms: one document for each package.",
        epilog="Exit codes: 0 done, 1 mistakes found or (--check) not up to date, "
        "2 wrong usage, 3 a bug in rpcgen.",
    )
    parser.add_argument("format", choices=FORMATS, help="what to write")
    parser.add_argument(
        "paths", nargs="*", metavar="PATH", help=f"files or folders (default: {source})"
    )
    parser.add_argument(
        "--out",
        metavar="FILE|DIR",
        help="where to write; a folder where it is one, ends with / or several packages are "
        "written (default: the standard output)",
    )
    parser.add_argument("--check", action="store_true", help="write nothing; fail if not current")
    return parser


def _read(paths: Sequence[Path], source: Path) -> list[model.Package] | None:
    """Return the packages in files and folders, not those that they import; None: mistakes."""
    root, files = source_root(list(paths), source), files_of(paths)
    report = Report()
    loader = Loader(root, report)
    for file in files:
        loader.load(file)
    packages = resolve(loader.files.values(), report)
    if report:
        count = len(report.diagnostics)
        sys.stderr.write(render(report))
        complain(f"{count} {'mistake' if count == 1 else 'mistakes'} found; nothing was written")
        return None
    asked = {loader.files[file.resolve()].below_root for file in files}
    return [it for it in packages if asked & it.sources.keys()]


def _places(texts: Mapping[model.Package, str], given: argparse.Namespace) -> dict[Path, str]:
    """Return the texts by the files that they go to."""
    out = Path(given.out)
    is_folder = out.is_dir() or given.out.endswith("/")
    if len(texts) == 1 and not is_folder:
        return {out: next(iter(texts.values()))}
    if out.exists() and not out.is_dir():
        raise UsageError(f"`{out}` is a file, and there are several packages; accepted: a folder")
    return {out / _file_name(it, given.format): text for it, text in texts.items()}


def _file_name(package: model.Package, form: str) -> str:
    return f"{package.name}.v{package.version.major}.{form}.json"


def _to_files(places: Mapping[Path, str], given: argparse.Namespace) -> int:
    try:
        found = _changes(places, _MARKS[given.format])
        if not given.check:
            write(found)
    except OutputError as error:
        raise UsageError(str(error)) from error
    if not given.check:
        say(f"{len(found)} of {len(places)} files written to {given.out}")
        return 0
    for change in found:
        say(f"{change.path}: {'missing' if change.was is None else 'not current'}")
    if found:
        complain("not up to date; run `rpcgen export`")
        return 1
    say("1 file is up to date" if len(places) == 1 else f"{len(places)} files are up to date")
    return 0


def _changes(places: Mapping[Path, str], mark: str) -> list[Change]:
    found = []
    for path, wanted in places.items():
        was = _current(path)
        if was is not None and was != wanted and not _has(was, mark):
            raise OutputError(
                f"`{path}` is not ours: it is no JSON object with `{mark}`; "
                "move it away, or choose another `--out`"
            )
        if was != wanted:
            found.append(Change(path, was, wanted))
    return found


def _current(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise OutputError(f"cannot read `{path}`: {error.strerror}") from error


def _has(text: str, mark: str) -> bool:
    """Whether a text is a document of the format that has `mark`."""
    try:
        value: object = json.loads(text)
    except ValueError:
        return False
    return isinstance(value, dict) and mark in value
