"""The tour, as `make demo` takes it: in a process of its own, to the end."""

import http.client
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.broker.reached import Broker

ROOT = Path(__file__).parents[2]
STEPS = (
    "1/9  A contract",
    "2/9  The compiler",
    "3/9  The type checker",
    "4/9  A server and its client",
    "5/9  From the shell",
    "6/9  Many servers and their events",
    "7/9  200 calls at once",
    "8/9  The same through RabbitMQ",
    "9/9  What to read next",
)


@pytest.fixture(scope="module", autouse=True)
def _up_to_date() -> None:
    """The tour builds idl/; a test must not be what brings generated/ up to date."""
    check = [sys.executable, "-m", "rpcgen", "build", "--check"]
    assert subprocess.run(check, cwd=ROOT, check=False).returncode == 0


@pytest.fixture(scope="module")
def tour(broker: Broker) -> Iterator["subprocess.CompletedProcess[str]"]:
    with broker.fresh() as url:
        yield _toured(url)


def _toured(url: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "examples.demo"],
        cwd=ROOT,
        env={**os.environ, "RPCGEN_DEMO_AMQP_URL": url},
        capture_output=True,
        text=True,
        timeout=55,
        check=False,
    )


def test_the_tour_comes_to_its_end_without_a_complaint(
    tour: "subprocess.CompletedProcess[str]",
) -> None:
    assert (tour.returncode, tour.stderr) == (0, "")


@pytest.mark.parametrize("step", STEPS)
def test_the_tour_takes_each_step(tour: "subprocess.CompletedProcess[str]", step: str) -> None:
    assert step in tour.stdout


@pytest.mark.parametrize(
    "told",
    [
        'error: Argument "a" to "add" of "CalculatorClient" has incompatible type "str"',
        "raises DivisionByZero(dividend=1.0)",
        '"code":1001',
        "MigrationRefused: cleo lacks avx2",
        "too little vcpus: 32 wanted",
        "server-3  3      1",
        "200 answers in",
        "200 of 200 calls answered, although one server was stopped midway",
        "12 lines of the same table",
    ],
)
def test_the_tour_shows_what_came_out(tour: "subprocess.CompletedProcess[str]", told: str) -> None:
    assert told in tour.stdout


def test_without_a_broker_the_tour_says_how_to_get_one() -> None:
    tour = _toured("amqp://127.0.0.1:1/")
    assert (tour.returncode, tour.stderr) == (0, "")
    assert "No broker answers at amqp://127.0.0.1:1/" in tour.stdout


def test_nothing_blinks_where_nobody_looks(tour: "subprocess.CompletedProcess[str]") -> None:
    assert "\x1b" not in tour.stdout
    assert "\r" not in tour.stdout


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_tour_that_is_stopped_ends_at_once_and_takes_its_server_along(
    number: signal.Signals,
) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "examples.demo"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        url = ""
        for line in process.stdout:
            if "another process serves it at " in line:
                url = line.split()[-1]
                break
        process.send_signal(number)
        _, complaint = process.communicate(timeout=20)
    assert process.returncode == 130
    assert complaint == "\nstopped; nothing is left running\n"
    assert not _is_served(url)


def test_a_step_that_fails_ends_the_tour_with_one_sentence(tmp_path: Path) -> None:
    # A Python without mypy: a module of that name comes first and gives up.
    (tmp_path / "mypy.py").write_text("raise SystemExit('there is no mypy here')\n")
    path = os.pathsep.join([str(tmp_path), str(ROOT)])
    ended = subprocess.run(
        [sys.executable, "-m", "examples.demo"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": path, "PYTHONSAFEPATH": "1"},
        capture_output=True,
        text=True,
        timeout=55,
        check=False,
    )
    assert ended.returncode == 1
    assert ended.stderr == "\nthe tour cannot go on: mypy did not run: there is no mypy here\n"


def _is_served(url: str) -> bool:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=5)
    try:
        connection.connect()
    except ConnectionRefusedError:
        return False
    finally:
        connection.close()
    return True
