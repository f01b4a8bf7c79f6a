"""A place for each transport and each kind of client."""

from collections.abc import Iterator
from itertools import product

import pytest

from tests.broker.reached import Broker
from tests.runtime.places import Aside, Place


@pytest.fixture(scope="session")
def aside() -> Iterator[Aside]:
    made = Aside()
    yield made
    made.close()


@pytest.fixture(
    params=list(product(["memory", "http", "http+unix", "amqp"], ["sync", "async"])), ids="-".join
)
def place(request: pytest.FixtureRequest, aside: Aside) -> Iterator[Place]:
    scheme, style = request.param
    made = Place(scheme, style, aside, _broker(request) if scheme == "amqp" else None)
    yield made
    made.close()


@pytest.fixture(params=["sync", "async"])
def amqp_place(request: pytest.FixtureRequest, aside: Aside, broker: Broker) -> Iterator[Place]:
    made = Place("amqp", request.param, aside, broker)
    yield made
    made.close()


@pytest.fixture(params=list(product(["memory", "amqp"], ["sync", "async"])), ids="-".join)
def topic_place(request: pytest.FixtureRequest, aside: Aside) -> Iterator[Place]:
    """Where several servers share a topic."""
    scheme, style = request.param
    made = Place(scheme, style, aside, _broker(request) if scheme == "amqp" else None)
    yield made
    made.close()


def _broker(request: pytest.FixtureRequest) -> Broker:
    # Asked for only where it is needed: it takes seconds to start.
    found = request.getfixturevalue("broker")
    assert isinstance(found, Broker)
    return found


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
