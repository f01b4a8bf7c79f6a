"""Generated code that is imported from a folder of its own and leaves no trace. The only I/O here.

Strategy: generated packages name each other relatively, so that they may stand below a package of
another name. Nothing that is imported already is touched, and `sys.path` is not either.
"""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module, invalidate_caches
from pathlib import Path
from secrets import token_hex
from tempfile import TemporaryDirectory
from types import ModuleType

from rpcgen.language import model
from rpcgen_runtime.methods import Method


class Imported:
    """The modules of generated code, within the `with` that imported it."""

    def __init__(self, top: str) -> None:
        self._top = top

    def module(self, package: model.Package, name: str) -> ModuleType:
        """Return one module of a package, such as `server`."""
        folder = f"{self._top}.{package.name}.v{package.version.major}"
        return import_module(f"{folder}.{name}")

    def methods(self, package: model.Package) -> dict[tuple[str, str], Method]:
        """Return a package's methods by the names of their service and their own."""
        found = vars(self.module(package, "methods")).values()
        methods = [it for it in found if isinstance(it, Method)]
        return {(it.service.name, _contract_name(it, package)): it for it in methods}


def _contract_name(method: Method, package: model.Package) -> str:
    """Return a method's name in the contract, which in Python may have an underscore more."""
    service = package.declarations[method.service.name]
    assert isinstance(service, model.Service), "it is named after one"
    same = [it for it in service.methods if it.wire == method.wire_name]
    return next(it.name for it in same if it.verb == method.verb.value)


@contextmanager
def imported(files: Mapping[str, str]) -> Iterator[Imported]:
    """Import generated code, given by path below the output root; gone when the `with` ends.

    Models are built when first used, so that they must be used within.
    """
    with TemporaryDirectory(prefix="rpcgen-") as root:
        _write(files, Path(root))
        top = f"_rpcgen_{token_hex(8)}"
        package = ModuleType(top)
        package.__path__ = [root]
        sys.modules[top] = package
        wrote, sys.dont_write_bytecode = sys.dont_write_bytecode, True
        invalidate_caches()
        try:
            yield Imported(top)
        finally:
            sys.dont_write_bytecode = wrote
            for name in [it for it in sys.modules if it == top or it.startswith(f"{top}.")]:
                del sys.modules[name]
            for path in [it for it in sys.path_importer_cache if it.startswith(root)]:
                del sys.path_importer_cache[path]


def _write(files: Mapping[str, str], root: Path) -> None:
    for path, text in files.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8", newline="\n")
