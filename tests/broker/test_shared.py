"""What tests are given: a broker of the run, a vhost of their own."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pika
import pytest

from tests.broker.api import Api
from tests.broker.plugin import need_rabbitmq
from tests.broker.ports import answers
from tests.broker.reached import Broker
from tests.runtime.places import eventually

ROOT = Path(__file__).parents[2]


def test_a_test_has_a_vhost_of_its_own(broker: Broker, api: Api, vhost_url: str) -> None:
    assert broker.left(vhost_url) == []
    connection = pika.BlockingConnection(pika.URLParameters(vhost_url))
    channel = connection.channel()
    channel.queue_declare("work", durable=True)
    assert broker.left(vhost_url)[-1] == "queue work"
    connection.close()


def test_vhosts_end_with_their_tests(broker: Broker, api: Api) -> None:
    with broker.fresh() as url:
        vhost = url.rpartition("/")[2]
        assert vhost in api.vhosts()
    assert vhost not in api.vhosts()


WAITING = """
import os, time
from pathlib import Path

def test_that_waits(broker):
    told, worker = Path(os.environ["TOLD"]), os.environ["PYTEST_XDIST_WORKER"]
    (told / f"new-{worker}").write_text(broker.amqp)
    (told / f"new-{worker}").rename(told / worker)
    time.sleep(100)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_run_has_one_node_and_leaves_none_behind(tmp_path: Path, number: int) -> None:
    need_rabbitmq()
    (tmp_path / "test_waiting.py").write_text(WAITING)
    told = tmp_path / "told"
    told.mkdir()
    variables = {**os.environ, "TOLD": str(told), "PYTHONPATH": str(ROOT)}
    # The inner run must not take itself for a part of this one.
    variables = {k: v for k, v in variables.items() if not k.startswith("PYTEST")}
    # Each process runs the test: how tests are handed out to processes is left to chance else.
    spread = ["-n", "2", "--dist", "each"]
    arguments = [*spread, "-p", "tests.broker.plugin", "--basetemp", str(tmp_path / "base")]
    command = [sys.executable, "-m", "pytest", *arguments, str(tmp_path)]
    with subprocess.Popen(
        command,
        cwd=tmp_path,
        env=variables,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as run:
        try:
            assert eventually(lambda: {it.name for it in told.iterdir()} >= {"gw0", "gw1"})
            [url] = {(told / it).read_text() for it in ("gw0", "gw1")}
            if number == signal.SIGINT:
                os.killpg(run.pid, number)  # as a terminal does
            else:
                os.kill(run.pid, number)
        except BaseException:
            os.killpg(run.pid, signal.SIGKILL)
            raise
    port = urlsplit(url).port
    assert port is not None
    assert eventually(lambda: not answers("127.0.0.1", port))
    assert eventually(lambda: not (tmp_path / "base" / "broker" / "places.json").exists())
