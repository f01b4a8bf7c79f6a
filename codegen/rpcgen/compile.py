"""The whole way from paths to texts: load, resolve, check names, render. Prints nothing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from rpcgen.language import model
from rpcgen.language.diagnostics import Report
from rpcgen.language.load import Loader, files_below
from rpcgen.language.resolve import resolve
from rpcgen.python import names
from rpcgen.python.render import Renderer


@dataclass(frozen=True, slots=True)
class Compiled:
    """What came out; `files` is empty when `report` is not."""

    report: Report
    packages: list[model.Package]
    read: list[Path]
    """Every `.rpc` file that was read."""
    files: Mapping[str, str]
    """Text by path below the output root."""
    folders: Mapping[str, str]
    """The `__init__.py` of the folders above, to be written where nothing stands."""


def compile_paths(paths: Iterable[Path], root: Path) -> Compiled:
    """Compile the files and folders in `paths` with all that they import inside `root`."""
    report = Report()
    loader = Loader(root, report)
    for path in paths:
        for file in files_below(path) if path.is_dir() else [path]:
            loader.load(file)
    packages = resolve(loader.files.values(), report)
    for package in packages:
        names.check(package, report)
    read = sorted(loader.files)
    if report:
        return Compiled(report, packages, read, {}, {})
    renderer = Renderer()
    files: dict[str, str] = {}
    for package in packages:
        files |= renderer.files(package)
    return Compiled(report, packages, read, files, _folders(packages, renderer))


def _folders(packages: list[model.Package], renderer: Renderer) -> dict[str, str]:
    text = renderer.folder()
    found = {}
    for package in packages:
        segments = package.name.split(".")
        for length in range(1, len(segments) + 1):
            found["/".join([*segments[:length], "__init__.py"])] = text
    return found
