"""Each fault of the cluster once, in a process with namespaces of its own: `python -m` this file."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pika
import pytest

from tests.broker.plugin import refuse
from tests.faults.cluster import (
    CLIENTS,
    NUMBERS,
    Cluster,
    address,
    inside_own_namespaces,
    missing,
)
from tests.runtime.places import eventually

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "tests.faults.test_cluster"]


def reaches(number: int) -> bool:
    """Whether a node sends its first bytes."""
    try:
        with socket.create_connection((address(number), 5672), 0.5) as talk:
            talk.sendall(b"AMQP\x00\x00\x09\x01")
            return talk.recv(1) == b"\x01"
    except OSError:
        return False


def processes_killed_and_frozen(cluster: Cluster) -> None:
    cluster.api.make_queue("work", x_queue_type="quorum")
    first = cluster.leader_of("work")
    cluster.kill(first)
    second = cluster.leader_of("work")
    assert second != first
    assert cluster.api.publish("work", b"kept")
    assert not reaches(first)
    cluster.start_node(first)
    cluster.freeze(first)
    assert not reaches(first)
    cluster.thaw(first)
    assert eventually(lambda: reaches(first))


def networks_cut(cluster: Cluster) -> None:
    cluster.link_down(1)
    assert not reaches(1)
    cluster.link_up(1)
    assert eventually(lambda: reaches(1))
    cluster.drop(2, CLIENTS)
    assert not reaches(2)
    assert reaches(3)
    cluster.loss(100, (CLIENTS, 3))
    assert not reaches(3)
    cluster.heal()
    assert all(reaches(it) for it in NUMBERS)


def nodes_parted(cluster: Cluster) -> None:
    alone = cluster.leader_of("work")
    others = set(NUMBERS) - {alone}
    cluster.partition({alone}, others)
    assert eventually(lambda: not reaches(alone)), "the minority goes on"
    assert cluster.leader_of("work") in others
    cluster.heal()
    assert all(reaches(it) for it in NUMBERS)


def memory_short(cluster: Cluster) -> None:
    cluster.alarm("memory", 2)
    told = cluster.nodes[1].ctl("alarms", program="rabbitmq-diagnostics")
    assert "Memory alarm on node r@10.77.0.2" in told
    cluster.heal()


def nodes_restarted(cluster: Cluster) -> None:
    came: list[int] = []
    cluster.rolling_restart(came.append, [3])
    assert came == [3]
    [message] = cluster.api.get("work")
    assert message.body == b"kept"


def hosts_listed(cluster: Cluster) -> None:
    assert cluster.url("a/b", (3, 1)) == ("amqp://guest:guest@10.77.0.3:5672,10.77.0.1:5672/a%2Fb")
    for number in NUMBERS:
        pika.BlockingConnection(pika.URLParameters(cluster.url(numbers=[number]))).close()


def main() -> None:
    inside_own_namespaces()
    began = time.monotonic()
    with Cluster() as cluster:
        print(f"{time.monotonic() - began:5.1f} s: started", flush=True)
        for step in (
            hosts_listed,
            processes_killed_and_frozen,
            networks_cut,
            nodes_parted,
            memory_short,
            nodes_restarted,
        ):
            step(cluster)
            print(f"{time.monotonic() - began:5.1f} s: {step.__name__}", flush=True)


@pytest.fixture(scope="module")
def possible() -> None:
    reason = missing()
    if reason is not None:
        refuse(reason)


@pytest.mark.xdist_group("cluster")
def test_what_can_happen_to_a_cluster_happens(possible: None) -> None:
    ran = subprocess.run(COMMAND, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, f"{ran.stdout}{ran.stderr}"


@pytest.mark.xdist_group("cluster")
def test_a_cluster_ends_with_its_process(possible: None) -> None:
    text = (
        "from tests.faults.cluster import Cluster, inside_own_namespaces\n"
        "inside_own_namespaces()\n"
        "cluster = Cluster()\n"
        "cluster.nodes[1].launch()\n"
        "print('launched', flush=True)\n"
        "cluster.nodes[1].wait()\n"
        "import time; time.sleep(1000)"
    )
    before = set(Path("/run").iterdir())
    with subprocess.Popen(
        [sys.executable, "-c", text], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "launched\n"
        inside = below(process.pid)
        assert len(inside) > 3
        os.kill(process.pid, signal.SIGKILL)
    assert eventually(lambda: not any(Path(f"/proc/{it}").exists() for it in inside))
    assert set(Path("/run").iterdir()) == before


def below(process: int) -> list[int]:
    """Return the ids of all that a process and its children have started."""
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    found = [int(it) for it in children]
    return found + [grandchild for it in found for grandchild in below(it)]


if __name__ == "__main__":
    main()
