"""A handler that keeps the event loop for longer than any heartbeat costs no connection."""

import time
from collections.abc import Iterator

import pytest

from rpcgen_runtime import ClientTls, Context, Server, connect
from tests.broker.node import Node
from tests.broker.plugin import need_rabbitmq
from tests.runtime.generated.new.trial.work.v1 import WorkClient
from tests.runtime.places import in_threads
from tests.runtime.promises.endpoints import AsyncWorker

HEARTBEAT = 2
LONG = 3.5 * HEARTBEAT
"""Seconds; the broker closes what was silent for twice the heartbeat, or a little more."""


@pytest.fixture
def node() -> Iterator[Node]:
    need_rabbitmq()
    with Node(tls=True) as made:
        yield made


def test_heartbeats_go_on_while_a_handler_keeps_the_event_loop(
    node: Node, caplog: pytest.LogCaptureFixture
) -> None:
    async def run(_context: Context, name: str) -> str:
        if name == "long":
            time.sleep(LONG)  # noqa: ASYNC251  # what must not be done, and is
        return name

    for vhost in ("plain", "tls"):
        node.api.make_vhost(vhost)
    urls = [f"{it}?heartbeat={HEARTBEAT}" for it in (node.url("plain"), node.tls_url("tls"))]
    tls = ClientTls(ca=node.ca)
    answers: list[str] = []

    def call(number: int) -> None:
        url = urls[number]
        settings = tls if url.startswith("amqps") else None
        with (
            Server(url, [AsyncWorker(run)], tls=settings),
            connect(url.replace(f"={HEARTBEAT}", "=60"), tls=settings) as transport,
        ):
            client = WorkClient(transport)
            answers.extend([client.run("long"), client.run("short")])

    with in_threads(len(urls), call):
        pass
    assert sorted(answers) == ["long", "long", "short", "short"]
    assert "is lost" not in caplog.text
