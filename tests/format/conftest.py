"""One parser for all tests: building one takes 0.1 s."""

import pytest

from rpcgen.language.parse import Parser


@pytest.fixture(scope="session")
def parser() -> Parser:
    return Parser()
