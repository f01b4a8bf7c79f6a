"""The command line in this process, and servers for it to talk to."""

from collections.abc import Iterator

import pytest

from examples.calculator import Calculator
from rpcgen_runtime import Server
from tests.cli.shell import Ran, Shell
from tests.runtime.promises.endpoints import Echo, Places


@pytest.fixture
def shell() -> Shell:
    """Runs `rpcgen …` and returns what it said."""

    def run(*words: str, stdin: bytes = b"") -> Ran:
        return Ran.of(words, stdin)

    return run


@pytest.fixture(scope="session")
def echo() -> Echo:
    return Echo()


@pytest.fixture(scope="session")
def url(echo: Echo) -> Iterator[str]:
    """Where a server tells its contracts and answers with what it is given."""
    endpoints = [Calculator(), echo, Places()]
    with Server("http://127.0.0.1:0", endpoints, server="node-7") as server:
        yield server.url
