"""Clocks that differ cost one more round trip; what was held up on its way is not begun."""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pika
import pytest

from rpcgen_runtime import NO_RETRY, Context, connect_async, errors
from rpcgen_runtime.amqp import clocks
from tests.amqp.scene import CALLS, Mailbox, Scene
from tests.runtime.generated.new.trial.work.v1 import AsyncWorkClient
from tests.runtime.places import PATIENCE, eventually
from tests.runtime.promises.endpoints import Run, Worker

MINUTE_MS, HOUR_MS = 60_000, 3_600_000


@pytest.mark.parametrize(
    ("ahead_ms", "answered", "unanswered"),
    [
        (0, 60_000, 60_000),
        (-20_000, 40_000, 40_000),
        (-60_500, -500, -500),
        (-90_000, -30_000, 60_000),
        (-HOUR_MS, 60_000 - HOUR_MS, 60_000),
        (500, 60_000, 60_000),
        (HOUR_MS, 60_000, 60_000),
    ],
)
def test_what_is_left_of_a_minute_by_a_clock_that_is_so_much_ahead(
    ahead_ms: int, answered: int, unanswered: int
) -> None:
    now = 1_700_000_000_000
    deadline = now + MINUTE_MS + ahead_ms
    assert clocks.left(MINUTE_MS, deadline, now, is_answered=True) == answered
    assert clocks.left(MINUTE_MS, deadline, now, is_answered=False) == unanswered


def _send(scene: Scene, mailbox: Mailbox, name: str, **headers: int) -> None:
    """Publish a call that a minute was given, as who writes messages by hand does."""
    properties = {
        "type": "call Work.run",
        "content_type": "application/json",
        "correlation_id": name,
        "reply_to": mailbox.name,
        "expiration": str(MINUTE_MS),
        "headers": headers,
    }
    body = f'{{"name":"{name}"}}'.encode()
    assert scene.api.publish(CALLS, body, vhost=scene.vhost, properties=properties)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def test_a_call_that_seems_late_is_refused_unstarted_and_one_that_names_no_moment_is_run(
    scene: Scene,
) -> None:
    begun: list[str] = []
    scene.serve(Worker(_noting(begun)))
    mailbox = scene.mailbox()
    _send(scene, mailbox, "late", **{"deadline-ms": _now_ms() - HOUR_MS})
    refused = mailbox.take()
    assert (refused.kind, refused.correlation_id) == ("error", "late")
    assert refused.value["code"] == errors.EXPIRED_UNSTARTED
    _send(scene, mailbox, "again")
    assert mailbox.take().value == "again"
    assert begun == ["again"]
    assert scene.mailbox().waiting(CALLS) == 0


def test_of_a_late_call_that_another_server_may_have_begun_that_is_said(scene: Scene) -> None:
    mailbox = scene.mailbox()
    server = scene.serve(Worker())
    server.stop()
    server.wait()
    _send(scene, mailbox, "late", **{"deadline-ms": _now_ms() - HOUR_MS})
    with pika.BlockingConnection(pika.URLParameters(scene.url)) as connection:
        found, _, _ = connection.channel().basic_get(CALLS)
        assert found is not None
    scene.serve(Worker())
    assert mailbox.take().value["code"] == errors.REDELIVERED


@contextmanager
def _other_clock(monkeypatch: pytest.MonkeyPatch, ahead_ms: int) -> Iterator[None]:
    """Let this thread alone have another time than the rest of the machine."""
    right, here = time.time_ns, threading.current_thread()

    def told() -> int:
        is_here = threading.current_thread() is here
        return right() + (ahead_ms * 1_000_000 if is_here else 0)

    with monkeypatch.context() as patched:
        patched.setattr(time, "time_ns", told)
        yield


@pytest.mark.parametrize(("ahead_ms", "warnings"), [(-HOUR_MS, 1), (HOUR_MS, 0)])
def test_a_client_whose_clock_is_off_is_served_as_any_other(
    scene: Scene,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    ahead_ms: int,
    warnings: int,
) -> None:
    begun: list[str] = []
    worker = Worker(_noting(begun))
    scene.serve(worker)

    async def call() -> list[str]:
        async with connect_async(scene.url, timeout=PATIENCE, retry=NO_RETRY) as transport:
            client = AsyncWorkClient(transport)
            await client.ring("ring")
            first = await asyncio.gather(*(client.run(str(it)) for it in range(5)))
            return [*first, await client.run("last")]

    with _other_clock(monkeypatch, ahead_ms):
        assert asyncio.run(call()) == [*"01234", "last"]
    assert sorted(begun) == [*"01234", "last"]
    assert eventually(lambda: worker.rings == ["ring"])
    assert caplog.text.count("this machine's clock is behind a server's") == warnings


def test_a_short_deadline_is_kept_although_the_clocks_differ_by_more(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.serve(Worker())

    async def call() -> str:
        async with connect_async(scene.url, timeout=PATIENCE, retry=NO_RETRY) as transport:
            client = AsyncWorkClient(transport)
            await client.run("warm")
            return await client.with_options(timeout=0.5).run("x")

    with _other_clock(monkeypatch, -900):
        assert asyncio.run(call()) == "x"


def _noting(begun: list[str]) -> Run:
    def run(_context: Context, name: str) -> str:
        begun.append(name)
        return name

    return run
