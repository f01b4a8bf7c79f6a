"""What a process does on signals, and at its end."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from rpcgen_runtime import NO_RETRY, NotExecuted, OutcomeUnknown, connect
from tests.runtime.generated.new.trial.work.v1 import WorkClient
from tests.runtime.places import PATIENCE

ROOT = Path(__file__).parents[3]

SERVER = """
    import sys, time, threading
    from rpcgen_runtime import serve
    from tests.runtime.promises.endpoints import Worker

    def run(context, name):
        if name == "stuck":
            print("stuck", flush=True)
            threading.Event().wait(60)
        if name != "quick":
            time.sleep(0.02)
        return name

    serve(
        "http://127.0.0.1:0",
        [Worker(run)],
        drain_timeout=float(sys.argv[1]),
        on_start=lambda server: print(server.url, flush=True),
        on_reset=lambda: print("reset", flush=True),
    )
"""


def _python(code: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(code), *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@contextmanager
def _serving(drain_timeout: float) -> Iterator[tuple[subprocess.Popen[str], str]]:
    process = _python(SERVER, str(drain_timeout))
    try:
        assert process.stdout is not None
        yield process, process.stdout.readline().strip()
    finally:
        process.kill()
        process.communicate()


def test_sigterm_under_load_ends_every_call_as_a_result_or_not_executed() -> None:
    with _serving(20) as (process, url), connect(url, retry=NO_RETRY) as transport:
        client = WorkClient(transport)
        results, refused, unknown, other = 0, 0, [], []
        lock = threading.Lock()
        busy = threading.Semaphore(0)

        def work() -> None:
            nonlocal results, refused
            while True:
                try:
                    client.run("x")
                except NotExecuted:
                    with lock:
                        refused += 1
                    return
                except OutcomeUnknown as error:
                    unknown.append(error)
                    return
                except BaseException as error:
                    other.append(error)
                    return
                with lock:
                    results += 1
                busy.release()

        threads = [threading.Thread(target=work) for _ in range(24)]
        for thread in threads:
            thread.start()
        for _ in range(200):
            assert busy.acquire(timeout=PATIENCE)
        begun = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
        assert time.monotonic() - begun < 20
        for thread in threads:
            thread.join(PATIENCE)
        assert (unknown, other) == ([], [])
        assert results >= 200
        assert refused == 24
        assert process.stderr is not None
        assert process.stderr.read() == ""


def test_a_second_sigterm_ends_at_once() -> None:
    with _serving(60) as (process, url), connect(url, retry=NO_RETRY) as transport:
        caught: list[BaseException] = []

        def call() -> None:
            try:
                WorkClient(transport).run("stuck")
            except BaseException as error:
                caught.append(error)

        caller = threading.Thread(target=call)
        caller.start()
        assert process.stdout is not None
        assert process.stdout.readline() == "stuck\n"
        process.send_signal(signal.SIGTERM)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.3)
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 128 + signal.SIGTERM
        caller.join(PATIENCE)
        assert isinstance(caught[0], OutcomeUnknown)


def test_a_stuck_handler_does_not_keep_the_process_longer_than_the_drain() -> None:
    with _serving(0.2) as (process, url), connect(url, retry=NO_RETRY) as transport:
        caught: list[BaseException] = []

        def call() -> None:
            try:
                WorkClient(transport).run("stuck")
            except BaseException as error:
                caught.append(error)

        caller = threading.Thread(target=call)
        caller.start()
        assert process.stdout is not None
        assert process.stdout.readline() == "stuck\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 1
        caller.join(PATIENCE)
        assert isinstance(caught[0], OutcomeUnknown)
        assert process.stderr is not None
        assert "handlers still ran" in process.stderr.read()


def test_sighup_resets_and_sigint_drains() -> None:
    with _serving(5) as (process, url):
        assert url.startswith("http://127.0.0.1:")
        process.send_signal(signal.SIGHUP)
        assert process.stdout is not None
        assert process.stdout.readline() == "reset\n"
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 0


SYNC_CLIENT = """
    import sys, warnings
    from rpcgen_runtime import connect
    from tests.runtime.generated.new.trial.work.v1 import WorkClient

    if sys.argv[2] == "open":
        # By default Python does not tell of what was left open.
        warnings.simplefilter("ignore", ResourceWarning)
    transport = connect(sys.argv[1])
    assert WorkClient(transport).run("quick") == "quick"
    WorkClient(transport).note("quick")
    if sys.argv[2] == "closed":
        transport.close()
"""

ASYNC_CLIENT = """
    import asyncio, sys, warnings
    from rpcgen_runtime import connect_async
    from tests.runtime.generated.new.trial.work.v1 import AsyncWorkClient

    async def main():
        transport = connect_async(sys.argv[1])
        assert await AsyncWorkClient(transport).run("quick") == "quick"
        await AsyncWorkClient(transport).note("quick")
        if sys.argv[2] == "closed":
            await transport.close()
        return transport

    if sys.argv[2] == "open":
        # By default Python does not tell of what was left open.
        warnings.simplefilter("ignore", ResourceWarning)
    kept = asyncio.run(main())
"""


@pytest.mark.parametrize("code", [SYNC_CLIENT, ASYNC_CLIENT], ids=["sync", "async"])
def test_a_process_ends_well_whether_its_client_is_closed_or_not(code: str) -> None:
    with _serving(5) as (_, url):
        for _ in range(5):
            running = [_python(code, url, how) for how in ("closed", "open") for _ in range(2)]
            for process in running:
                _, complaints = process.communicate(timeout=60)
                assert (process.returncode, complaints) == (0, "")
