"""The cloud that each test has for itself."""

from collections.abc import Iterator

import pytest

from tests.examples.world import World, world


@pytest.fixture(name="world")
def _world() -> Iterator[World]:
    with world() as made:
        yield made
