"""Files to services: those that a server tells, and those of a folder.

What a server tells is read where nothing else is, and is gone afterwards.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from rpcgen.cli.live.told import BrokenContractError, Told, ToldPackage
from rpcgen.language import model
from rpcgen.language.diagnostics import Report, shortened
from rpcgen.language.load import Loader, files_below
from rpcgen.language.parse import Parser
from rpcgen.language.resolve import resolve


def services_told(told: Told) -> list[model.Service]:
    """Return the services that a server serves. Raises BrokenContractError."""
    parser = Parser()
    found: list[model.Service] = []
    with TemporaryDirectory(prefix="rpcgen-") as folder:
        for number, package in enumerate(told.packages):
            try:
                # Each on its own: two packages may come from different source roots.
                found += _services(package, Path(folder, str(number)).resolve(), parser)
            except RecursionError:
                raise BrokenContractError("nests too deep") from None
    return found


def services_below(path: Path, root: Path) -> tuple[list[model.Service], Report]:
    """Return the services in a file or folder and in all that it imports inside `root`."""
    report = Report()
    loader = Loader(root, report)
    for file in files_below(path) if path.is_dir() else [path]:
        loader.load(file)
    packages = resolve(loader.files.values(), report)
    return [it for package in packages for it in package.of_kind(model.Service)], report


def write_files(files: Mapping[str, str], folder: Path) -> None:
    """Write files whose paths were checked. Raises OSError."""
    for path, text in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8", newline="\n")


def _services(told: ToldPackage, folder: Path, parser: Parser) -> list[model.Service]:
    try:
        write_files(told.files, folder)
    except OSError as error:
        raise BrokenContractError(f"has files that cannot be written: {error.strerror}") from error
    report = Report()
    loader = Loader(folder, report, parser)
    for path in told.files:
        loader.load(folder / path)
    packages = resolve(loader.files.values(), report)
    if report:
        raise BrokenContractError(f"does not compile: {_first(report, folder)}")
    named = [it for it in packages if (it.name, str(it.version)) == (told.name, told.version)]
    services = named[0].of_kind(model.Service) if named else []
    missing = set(told.services) - {it.name for it in services}
    if not named or missing:
        what = f"{told.name} {told.version}" if not named else min(missing)
        raise BrokenContractError(f"has no `{shortened(what)}` in its files")
    return [it for it in services if it.name in told.services]


def _first(report: Report, folder: Path) -> str:
    first = report.in_order()[0]
    line, column = first.span.source.position(first.span.start)
    sentence = f"{first.span.source.name}:{line}:{column}: {first.message}"
    for ours in (str(folder), os.path.relpath(folder)):
        sentence = sentence.replace(f"{ours}/", "").replace(ours, ".")
    return sentence
