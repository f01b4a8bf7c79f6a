"""Servers that nobody here wrote, and clients of both kinds for them."""

from collections.abc import Iterator

import pytest

from tests.examples.foreign.zabbix_server import Zabbix
from tests.runtime.places import Aside, Place


@pytest.fixture(scope="module")
def aside() -> Iterator[Aside]:
    made = Aside()
    yield made
    made.close()


@pytest.fixture(params=["sync", "async"])
def http_place(request: pytest.FixtureRequest, aside: Aside) -> Iterator[Place]:
    made = Place("http", request.param, aside)
    yield made
    made.close()


@pytest.fixture
def zabbix() -> Zabbix:
    return Zabbix()
