"""What is run again when its server is lost, what never is, and what ends among the dead letters."""

import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from rpcgen_runtime import NO_RETRY, ConnectionLost, Context
from tests.amqp.crashing import POISON
from tests.amqp.scene import CAST_SUSPECTS, CASTS, DEAD, Scene, within
from tests.runtime.generated.new.trial.work.v1 import WorkClient, WorkEvents, WorkListener
from tests.runtime.places import PATIENCE, eventually, in_threads
from tests.runtime.promises.endpoints import Ears, Worker

ROOT = Path(__file__).parents[2]
SOON = 3.0
"""Seconds in which a lost server is noticed: far below any deadline here."""
LIMIT = 5
"""The default of `delivery_limit`."""


class Held:
    """A handler whose first run for each name waits for the end of the test."""

    def __init__(self) -> None:
        self.free = threading.Event()
        self.began = threading.Semaphore(0)
        self.runs: list[str] = []

    def __call__(self, _context: Context, name: str) -> str:
        self.runs.append(name)
        self.began.release()
        if self.runs.count(name) == 1:
            assert self.free.wait(PATIENCE)
        return name

    def wait_until_begun(self) -> None:
        assert self.began.acquire(timeout=PATIENCE)


@pytest.fixture
def held() -> Iterator[Held]:
    made = Held()
    yield made
    made.free.set()


@pytest.fixture
def callers() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(16) as made:
        yield made


def _lose_server(scene: Scene, held: Held) -> None:
    """Close what a server named `lost` has with the broker, once it has begun something."""
    held.wait_until_begun()
    assert within(PATIENCE, lambda: len(scene.connections("server lost")) == 2)
    for name in scene.connections("server lost"):
        scene.api.close_connection(name)


def test_a_call_that_may_have_run_is_not_run_again_and_its_caller_knows_at_once(
    scene: Scene, held: Held, callers: ThreadPoolExecutor
) -> None:
    scene.serve(Worker(held), server="lost")
    future = callers.submit(scene.client(WorkClient, timeout=PATIENCE).run, "x")
    _lose_server(scene, held)
    begun = time.monotonic()
    with pytest.raises(ConnectionLost, match="it may have been executed"):
        future.result(PATIENCE)
    assert time.monotonic() - begun < SOON
    assert held.runs == ["x"]


@pytest.mark.parametrize("calls", ["classic", "quorum"])
def test_an_idempotent_call_is_run_again_and_its_caller_notices_nothing(
    scene: Scene, held: Held, callers: ThreadPoolExecutor, calls: str
) -> None:
    scene.serve(Worker(held), server="lost", options=f"calls={calls}")
    future = callers.submit(scene.client(WorkClient, timeout=PATIENCE).repeat, "x")
    _lose_server(scene, held)
    assert future.result(SOON) == "x"
    assert held.runs == ["x", "x"]


def test_a_cast_is_run_again(scene: Scene, held: Held) -> None:
    worker = Worker(held)
    scene.serve(worker, server="lost")
    scene.client(WorkClient).note("x")
    _lose_server(scene, held)
    assert worker.told.acquire(timeout=SOON)
    assert held.runs == ["x", "x"]


def test_an_event_is_heard_again(scene: Scene, held: Held) -> None:
    listening = Listening(held)
    scene.serve(listening, server="lost", group="g")
    scene.client(WorkEvents).rang("x")
    _lose_server(scene, held)
    assert listening.done.acquire(timeout=SOON)
    assert held.runs == ["x", "x"]


def test_a_group_that_is_away_hears_its_events_later_and_who_is_in_none_does_not(
    scene: Scene,
) -> None:
    for group in ("g", "h", None):
        server = scene.serve(Ears(), group=group)
        server.stop()
        server.wait()
    events = scene.client(WorkEvents)
    for text in ("1", "2"):
        events.rang(text)
    ears = [Ears() for _ in range(3)]
    for heard, group in zip(ears, ("g", "h", None), strict=True):
        scene.serve(heard, group=group)
    events.rang("3")
    assert eventually(lambda: [len(it.heard) for it in ears] == [3, 3, 1])
    assert [sorted(it.heard) for it in ears] == [["1", "2", "3"], ["1", "2", "3"], ["3"]]


@pytest.mark.parametrize("group", ["g", None])
def test_what_a_listener_always_fails_is_dead_after_its_limit(
    scene: Scene, group: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    tried: list[str] = []

    def fail(_context: Context, text: str) -> str:
        tried.append(text)
        if text == POISON:
            raise RuntimeError("a secret reason")
        return text

    scene.serve(Listening(fail), group=group, options="delivery_limit=3")
    events = scene.client(WorkEvents)
    for text in ("before", POISON, "after"):
        events.rang(text)
    [letter] = scene.take_dead(1)
    reason, _, error_id = letter.headers["dead-reason"].partition("; error_id=")
    assert reason == "internal error"
    assert error_id in caplog.text
    assert letter.headers["attempt"] == 3
    assert letter.body == b'{"text":"poison"}'
    assert Counter(tried) == {"before": 1, "after": 1, POISON: 4}


def test_what_is_to_be_dead_waits_until_the_dead_letter_queue_takes_it_and_is_not_run_again(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    tried: list[str] = []

    def fail(_context: Context, text: str) -> str:
        tried.append(text)
        raise RuntimeError(text)

    scene.serve(Worker(fail), options="delivery_limit=2")
    full = {"max-length": 0, "overflow": "reject-publish"}
    scene.api.set_policy("full", r"\.dead$", full, vhost=scene.vhost)
    client = scene.client(WorkClient)
    texts = ["a", "b", "c"]
    for number, text in enumerate(texts, 1):
        client.note(text)

        def is_put_aside(runs: int = 3 * number) -> bool:
            return len(tried) >= runs

        assert within(PATIENCE, is_put_aside)
    offered = "takes no message: what is to go there is kept"
    # A quorum queue still takes the message that makes it too long.
    assert within(PATIENCE, lambda: caplog.text.count(offered) >= len(texts) - 1)
    # Given back as often as it is offered now, a letter would reach the broker's own limit.
    time.sleep(4.0)
    scene.api.delete_policy("full", vhost=scene.vhost)
    letters = scene.take_dead(len(texts))
    assert sorted(it.body for it in letters) == [b'{"text":"%s"}' % it.encode() for it in texts]
    assert all("dead-reason" in it.headers for it in letters)
    assert Counter(tried) == dict.fromkeys(texts, 3)


def test_a_cast_that_failed_once_is_done_the_next_time(scene: Scene) -> None:
    tried: list[str] = []

    def fail_once(_context: Context, text: str) -> str:
        tried.append(text)
        if len(tried) == 1:
            raise RuntimeError("not yet")
        return text

    worker = Worker(fail_once)
    server = scene.serve(worker)
    scene.client(WorkClient).note("x")
    assert worker.told.acquire(timeout=PATIENCE)
    assert tried == ["x", "x"]
    server.stop()
    server.wait()
    assert scene.mailbox().waiting(CASTS) == 0


def test_a_server_that_drains_gives_back_what_it_has_not_begun_as_if_it_never_had_it(
    scene: Scene, held: Held, callers: ThreadPoolExecutor
) -> None:
    """Calls that may run once: had they looked redelivered, their callers would hear so."""
    first = scene.serve(Worker(held), max_in_flight=1, options="prefetch=10")
    client = scene.client(WorkClient, timeout=PATIENCE, retry=NO_RETRY)
    begun = callers.submit(client.run, "begun")
    held.wait_until_begun()
    waiting = [callers.submit(client.run, f"waiting-{it}") for it in range(6)]
    for number in range(3):
        client.note(f"note-{number}")
    second_worker = Worker()
    first.stop()
    scene.serve(second_worker)
    assert [it.result(PATIENCE) for it in waiting] == [f"waiting-{it}" for it in range(6)]
    assert eventually(lambda: len(second_worker.notes) == 3)
    held.free.set()
    assert begun.result(PATIENCE) == "begun"
    assert held.runs == ["begun"]
    first.wait()


def test_a_cast_that_ends_its_server_each_time_is_dead_after_its_limit_and_takes_none_along(
    scene: Scene, tmp_path: Path
) -> None:
    _make_queues(scene)
    client = scene.client(WorkClient)
    good = [f"good-{it}" for it in range(20)]
    for text in [*good[:10], POISON, *good[10:]]:
        client.note(text)
    runs = tmp_path / "runs"

    with _restarting(scene, runs, "kill", "prefetch=21"):
        [letter] = scene.take_dead(1)
        assert within(PATIENCE, lambda: set(good) <= set(_lines(runs)))
    assert letter.body == b'{"text":"poison"}'
    assert Counter(_lines(runs))[POISON] == LIMIT + 1
    # What had no time to be acknowledged at the end is run once more, and nothing else is dead.
    worker = Worker()
    server = scene.serve(worker, server="crashing")
    mailbox = scene.mailbox()
    assert within(PATIENCE, lambda: not any(map(mailbox.waiting, (CASTS, CAST_SUSPECTS))))
    server.stop()
    server.wait()
    assert set(worker.notes) <= set(good)
    assert scene.api.get(DEAD, vhost=scene.vhost) == []


@pytest.mark.parametrize(("calls", "how"), [("classic", "fault"), ("quorum", "kill")])
def test_an_idempotent_call_that_ends_its_server_each_time_is_dead_after_its_limit(
    scene: Scene, tmp_path: Path, callers: ThreadPoolExecutor, calls: str, how: str
) -> None:
    _make_queues(scene, f"calls={calls}")
    client = scene.client(WorkClient, timeout=60, retry=NO_RETRY)
    poisoned = callers.submit(client.repeat, POISON)
    good = [callers.submit(client.repeat, f"good-{it}") for it in range(10)]
    runs = tmp_path / "runs"
    with _restarting(scene, runs, how, f"calls={calls}"):
        [letter] = scene.take_dead(1)
        assert [it.result(60) for it in good] == [f"good-{it}" for it in range(10)]
    assert letter.body == b'{"name":"poison"}'
    assert Counter(_lines(runs))[POISON] == LIMIT + 1
    assert not poisoned.done()
    scene.close()
    with pytest.raises(ConnectionLost, match="transport was closed"):
        poisoned.result(PATIENCE)


class Listening(WorkListener):
    """Listens with a handler that a test gives."""

    def __init__(self, run: Callable[[Context, str], str]) -> None:
        self._run = run
        self.done = threading.Semaphore(0)

    def rang(self, ctx: Context, text: str) -> None:
        self._run(ctx, text)
        self.done.release()


def _make_queues(scene: Scene, options: str = "") -> None:
    """Let there be what the server under test declares, without it."""
    with_queues = scene.serve(Worker(), server="crashing", options=options)
    with_queues.stop()
    with_queues.wait()


def _lines(file: Path) -> list[str]:
    return file.read_text().splitlines() if file.exists() else []


@contextmanager
def _restarting(scene: Scene, runs: Path, how: str, options: str) -> Iterator[None]:
    """Keep a server process running, whatever ends it."""
    command = [sys.executable, "-m", "tests.amqp.crashing", scene.at(options), how]
    stopping = threading.Event()

    def keep(_number: int) -> None:
        while not stopping.is_set():
            with runs.open("ab") as output, runs.with_suffix(".said").open("ab") as said:
                process = subprocess.Popen(
                    command,
                    cwd=ROOT,
                    env={**os.environ, "PYTHONPATH": str(ROOT)},
                    stdout=output,
                    stderr=said,
                )
            while process.poll() is None and not stopping.wait(0.01):
                pass
            process.kill()
            process.wait()

    with in_threads(1, keep):
        try:
            yield
        finally:
            stopping.set()
