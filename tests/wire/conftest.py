"""The contract of the vectors, its servers, and a recorder before one of them."""

from collections.abc import Iterator

import pytest

from tests.wire.observed import Ours
from tests.wire.raw import Recorder, Saying, answering, recording
from tests.wire.world import Contract, World, compiled, served


@pytest.fixture(scope="session")
def contract(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Contract]:
    with compiled(tmp_path_factory.mktemp("generated")) as made:
        yield made


@pytest.fixture(scope="session")
def ours(contract: Contract) -> Iterator[Ours]:
    made = Ours(contract)
    yield made
    made.close()


@pytest.fixture(scope="session")
def world(contract: Contract) -> Iterator[World]:
    with served(contract) as running:
        yield running


@pytest.fixture(scope="session")
def recorder_of_all(world: World) -> Iterator[Recorder]:
    with recording(world.urls["watched"]) as running:
        yield running


@pytest.fixture
def recorder(world: World, recorder_of_all: Recorder) -> Recorder:
    world.spy.forget()
    recorder_of_all.exchanges.clear()
    return recorder_of_all


@pytest.fixture(scope="session")
def saying() -> Iterator[Saying]:
    with answering() as running:
        yield running
