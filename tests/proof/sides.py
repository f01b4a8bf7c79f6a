"""One contract, compiled and imported under a name of its own, so that two of them live at once.

The generated code is real; it is kept in memory, and nothing of it is left after `close`.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from itertools import count
from pathlib import Path
from types import ModuleType

from rpcgen.language import model
from rpcgen.language.diagnostics import Report
from rpcgen.language.load import Loader as FileLoader
from rpcgen.language.parse import Parser
from rpcgen.language.resolve import resolve
from rpcgen.python import names
from rpcgen.python.render import Renderer

_NUMBERS = count()


@dataclass(frozen=True, slots=True)
class Compiled:
    """What the compiler made of a contract."""

    packages: Sequence[model.Package]
    files: Mapping[str, str]


class Refused(Exception):  # what the compiler does to an edit, not a mistake of ours
    """The language does not allow this contract."""


class Compiler:
    """`rpcgen.compile` for many small contracts: the grammar and the templates are read once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._parser = Parser()
        self._renderer = Renderer()

    def packages(self, texts: Mapping[str, str]) -> list[model.Package]:
        """Return what the texts mean. Raises Refused."""
        for file in self._folder.iterdir():
            file.unlink()
        for name, text in texts.items():
            (self._folder / name).write_text(text, encoding="utf-8")
        report = Report()
        loader = FileLoader(self._folder, report, self._parser)
        for name in texts:
            loader.load(self._folder / name)
        packages = resolve(loader.files.values(), report)
        for package in packages:
            names.check(package, report)
        if report:
            found = report.diagnostics[0]
            raise Refused(f"{found.rule}: {found.message}")
        return packages

    def compile(self, texts: Mapping[str, str]) -> Compiled:
        """Return what the texts mean, and the code. Raises Refused."""
        packages = self.packages(texts)
        files: dict[str, str] = {}
        for package in packages:
            files |= self._renderer.files(package)
        return Compiled(packages, files)


@dataclass(frozen=True, slots=True)
class Side:
    """One contract that can talk."""

    packages: Sequence[model.Package]
    root: str
    """The Python package above the generated ones."""

    def services(self) -> list[model.Service]:
        """Return the services of all packages."""
        return [it for package in self.packages for it in package.of_kind(model.Service)]

    def minors(self) -> dict[str, int]:
        """Return the minor of each package, by its name."""
        return {it.name: it.version.minor for it in self.packages}

    def module(self, package: model.Package, name: str) -> ModuleType:
        """Return a generated module of a package."""
        return import_module(f"{self.root}.{names.module_path(package).replace('/', '.')}.{name}")


@contextmanager
def imported(compiled: Compiled) -> Iterator[Side]:
    """Give the contract's side; it is forgotten with the block."""
    root = f"proof_side_{next(_NUMBERS)}"
    finder = _Finder(root, compiled.files)
    sys.meta_path.insert(0, finder)
    try:
        yield Side(compiled.packages, root)
    finally:
        sys.meta_path.remove(finder)
        for name in [it for it in sys.modules if it.partition(".")[0] == root]:
            del sys.modules[name]


class _Finder(MetaPathFinder, Loader):
    """Finds the modules of generated texts below one package."""

    def __init__(self, root: str, files: Mapping[str, str]) -> None:
        self._root = root
        self._files = files

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return where a module is, if it is one of these."""
        root, _, below = fullname.partition(".")
        if root != self._root:
            return None
        is_package = f"{below.replace('.', '/')}.py" not in self._files
        return ModuleSpec(fullname, self, is_package=is_package)

    def create_module(self, spec: ModuleSpec) -> None:
        """Leave it to Python."""

    def exec_module(self, module: ModuleType) -> None:
        """Run the generated text."""
        below = module.__name__.partition(".")[2].replace(".", "/")
        name = f"{below}.py" if f"{below}.py" in self._files else f"{below}/__init__.py"
        exec(compile(self._files.get(name, ""), name, "exec", dont_inherit=True), vars(module))
