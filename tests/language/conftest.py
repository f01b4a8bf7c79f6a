"""The front half of the compiler with one parser for all tests: building one takes 0.1 s."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeAlias

import pytest

from rpcgen.language.diagnostics import Report
from rpcgen.language.load import Loader, files_below
from rpcgen.language.parse import Parser
from rpcgen.language.resolve import resolve
from rpcgen.python import names

Findings: TypeAlias = Callable[[Iterable[Path], Path], Report]


@pytest.fixture(scope="session")
def parser() -> Parser:
    return Parser()


@pytest.fixture(scope="session")
def findings(parser: Parser) -> Findings:
    """Do what `compile_paths` does up to its report, for paths and a source root."""

    def found(paths: Iterable[Path], root: Path) -> Report:
        report = Report()
        loader = Loader(root, report, parser)
        for path in paths:
            for file in files_below(path) if path.is_dir() else [path]:
                loader.load(file)
        for package in resolve(loader.files.values(), report):
            names.check(package, report)
        return report

    return found
