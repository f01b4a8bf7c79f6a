"""A place for each transport and each kind of client."""

from collections.abc import Iterator
from itertools import product

import pytest

from tests.runtime.places import Aside, Place


@pytest.fixture(scope="session")
def aside() -> Iterator[Aside]:
    made = Aside()
    yield made
    made.close()


@pytest.fixture(
    params=list(product(["memory", "http", "http+unix"], ["sync", "async"])), ids="-".join
)
def place(request: pytest.FixtureRequest, aside: Aside) -> Iterator[Place]:
    scheme, style = request.param
    made = Place(scheme, style, aside)
    yield made
    made.close()


@pytest.fixture(params=["sync", "async"])
def http_place(request: pytest.FixtureRequest, aside: Aside) -> Iterator[Place]:
    made = Place("http", request.param, aside)
    yield made
    made.close()


@pytest.fixture(params=["sync", "async"])
def memory_place(request: pytest.FixtureRequest, aside: Aside) -> Iterator[Place]:
    made = Place("memory", request.param, aside)
    yield made
    made.close()
