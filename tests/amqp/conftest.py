"""A scene for one test."""

from collections.abc import Iterator

import pytest

from tests.amqp.scene import Scene
from tests.broker.api import Api


@pytest.fixture
def scene(vhost_url: str, api: Api) -> Iterator[Scene]:
    """A vhost of its own."""
    with Scene(vhost_url, api) as made:
        yield made
