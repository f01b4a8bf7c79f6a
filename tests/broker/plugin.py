"""Fixtures: `broker`, one RabbitMQ for a whole run, and `vhost_url`, a vhost for one test.

The node starts when a test first asks, and is one for all processes of the run. Other places to
be tried are named by the environment: `RPCGEN_TEST_AMQP_URL` for a broker that runs already, and
`RPCGEN_TEST_API_URL` for its management plugin.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.broker.api import Api
from tests.broker.programs import find
from tests.broker.reached import Broker
from tests.broker.shared import Hold

AMQP, API = "RPCGEN_TEST_AMQP_URL", "RPCGEN_TEST_API_URL"
_HOLD = pytest.StashKey[Hold]()


@pytest.fixture(scope="session")
def broker(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Broker:
    """A broker for all tests of a run."""
    given = os.environ.get(AMQP)
    if given:
        api = os.environ.get(API)
        return Broker(given, Api(api) if api else None)
    need_rabbitmq()
    base = tmp_path_factory.getbasetemp()
    # Of all processes of the run.
    folder = (base.parent if hasattr(pytestconfig, "workerinput") else base) / "broker"
    amqp, api = _held(pytestconfig, folder).places()
    return Broker(amqp, Api(api))


@pytest.fixture
def vhost_url(broker: Broker) -> Iterator[str]:
    """The URL of a vhost that this test has for itself."""
    with broker.fresh() as url:
        yield url


@pytest.fixture
def api(broker: Broker) -> Api:
    """The broker's HTTP API."""
    if broker.api is None:
        pytest.skip(f"{AMQP} names a broker, and {API} not where its HTTP API is")
    return broker.api


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: object) -> None:
    """Hold the node from the process that sees the others end; xdist calls it there for each."""
    config: pytest.Config = node.config  # type: ignore[attr-defined]  # xdist has no types
    factory = config._tmp_path_factory  # type: ignore[attr-defined]  # where xdist has it from
    _held(config, factory.getbasetemp() / "broker")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Let go of the node."""
    hold = config.stash.get(_HOLD, None)
    if hold is not None:
        hold.close()


def need_rabbitmq() -> None:
    """Skip a test that starts a node where it cannot."""
    if find() is None:
        refuse("there is no RabbitMQ on this machine: python -m tests.broker.install")


def refuse(reason: str) -> None:
    """Skip a test for want of something; fail it where everything has to be there."""
    if os.environ.get("CI") == "true" and AMQP not in os.environ:
        pytest.fail(reason)
    pytest.skip(reason)


def _held(config: pytest.Config, folder: Path) -> Hold:
    if _HOLD not in config.stash:
        config.stash[_HOLD] = Hold(folder)
    return config.stash[_HOLD]
