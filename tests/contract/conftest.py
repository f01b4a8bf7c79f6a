"""Contracts as tests write them, with one parser for all of them: building one takes 0.1 s."""

from pathlib import Path

import pytest

from rpcgen.language import model
from rpcgen.language.parse import Parser
from tests.cli.shell import Ran, Shell
from tests.contract.repository import CLEAN, Repository
from tests.contract.states import Read, packages_in


@pytest.fixture(scope="session")
def parser() -> Parser:
    return Parser()


@pytest.fixture(scope="session")
def read(parser: Parser) -> Read:
    """Return the packages of a file, that one first, then those that it imports."""

    def found(path: Path) -> list[model.Package]:
        return packages_in(path, parser)

    return found


@pytest.fixture
def shell() -> Shell:
    """Runs `rpcgen …` in this process and returns what it said."""

    def run(*words: str, stdin: bytes = b"") -> Ran:
        return Ran.of(words, stdin)

    return run


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """Return an empty repository whose folder is the current one."""
    for name, value in CLEAN.items():
        monkeypatch.setenv(name, value)
    made = Repository(tmp_path / "repository")
    made.folder.mkdir()
    monkeypatch.chdir(made.folder)
    made.git("init", "--quiet", "--initial-branch", "main")
    return made
