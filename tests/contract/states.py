"""Two states of one contract that lie in one folder, as `was.rpc` and `is.rpc`."""

from pathlib import Path
from typing import Protocol

from rpcgen.language import model
from rpcgen.language.diagnostics import Report, render
from rpcgen.language.load import Loader
from rpcgen.language.parse import Parser
from rpcgen.language.resolve import resolve


class Read(Protocol):
    """Reads the packages of a file."""

    def __call__(self, path: Path, /) -> list[model.Package]: ...


def packages_in(path: Path, parser: Parser) -> list[model.Package]:
    """Return the packages of a file and of its imports; the file must be right."""
    report = Report()
    loader = Loader(path.parent, report, parser, alone=True)
    loader.load(path)
    packages = resolve(loader.files.values(), report)
    assert not report, render(report)
    return packages


def written(folder: Path, was: str, now: str) -> tuple[Path, Path]:
    """Write two states of a contract to a folder; return their files."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = folder / "was.rpc", folder / "is.rpc"
    for path, text in zip(paths, (was, now), strict=True):
        path.write_text(text, encoding="utf-8")
    return paths
