"""What a node of our own can be put through, and that nothing of it is left."""

import os
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pika
import pika.exceptions
import pytest

from tests.broker.api import Api, ApiError
from tests.broker.node import Node
from tests.broker.plugin import need_rabbitmq
from tests.broker.settings import Settings, configuration
from tests.runtime.places import PATIENCE, eventually

# One node, and so one process, for all of them.
pytestmark = pytest.mark.xdist_group("node")

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def node() -> Iterator[Node]:
    """One for all tests here; each leaves it running."""
    need_rabbitmq()
    with Node(tls=True) as made:
        yield made


def test_a_node_that_is_not_small_has_rabbitmqs_own_limits() -> None:
    told = {it: configuration(Settings(Path(), "", "", is_small=it)) for it in (True, False)}
    for limit in ("vm_memory_high_watermark", "disk_free_limit", "raft.", "collect_statistics"):
        assert limit in told[True]
        assert limit not in told[False]


def connected(url: str, name: str = "") -> pika.BlockingConnection:
    parameters = pika.URLParameters(url)
    parameters.client_properties = {"connection_name": name}
    return pika.BlockingConnection(parameters)


def found(api: Api, name: str) -> str | None:
    """Return the broker's own name of a connection.

    By the name that it was given: its statistics may still tell of one that is closed.
    """
    told = {it.client.get("connection_name"): it.name for it in api.connections("/")}
    return told.get(name)


def keep(node: Node, name: str) -> None:
    """Put a message into a durable queue."""
    node.api.make_queue(name)
    assert node.api.publish(name, b"kept", properties={"delivery_mode": 2})


def kept(node: Node, name: str) -> bool:
    [message] = node.api.get(name)
    node.api.delete_queue(name)
    return message.body == b"kept"


def test_what_is_durable_is_there_after_a_restart(node: Node) -> None:
    keep(node, "restarted")
    node.restart()
    assert kept(node, "restarted")


def test_a_killed_node_is_gone_for_its_clients_and_starts_again(node: Node) -> None:
    keep(node, "killed")
    connection = connected(node.url())
    node.kill()
    with pytest.raises(pika.exceptions.AMQPConnectionError):
        connection.channel()
    node.start()
    assert kept(node, "killed")


def test_a_frozen_node_answers_when_it_is_thawed(node: Node) -> None:
    with socket.create_connection(("127.0.0.1", node.settings.ports.amqp), PATIENCE) as talk:
        node.freeze()
        talk.sendall(b"AMQP\x00\x00\x09\x01")
        talk.settimeout(0.2)
        with pytest.raises(TimeoutError):
            talk.recv(1)
        node.thaw()
        talk.settimeout(PATIENCE)
        assert talk.recv(1) == b"\x01"


def test_an_application_that_is_stopped_refuses_until_it_is_started(node: Node) -> None:
    node.stop_app()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", node.settings.ports.amqp), PATIENCE)
    node.start_app()
    connected(node.url()).close()


def test_an_alarm_blocks_publishers_until_it_is_cleared(node: Node) -> None:
    connection = connected(node.url())
    told: list[str] = []
    connection.add_on_connection_blocked_callback(lambda *_: told.append("blocked"))
    connection.add_on_connection_unblocked_callback(lambda *_: told.append("unblocked"))
    channel = connection.channel()
    channel.queue_declare("alarmed", exclusive=True)

    def heard(word: str) -> bool:
        connection.process_data_events(0)
        return told[-1:] == [word]

    node.alarm("memory")
    channel.basic_publish("", "alarmed", b"")
    assert eventually(lambda: heard("blocked"))
    node.clear("memory")
    assert eventually(lambda: heard("unblocked"))
    node.alarm("disk")
    channel.basic_publish("", "alarmed", b"")
    assert eventually(lambda: heard("blocked"))
    node.clear("disk")
    assert eventually(lambda: heard("unblocked"))
    connection.close()


def test_a_client_that_knows_the_authority_trusts_the_node(node: Node) -> None:
    there = pika.URLParameters(node.tls_url())
    trusting = ssl.create_default_context(cafile=str(node.ca))
    there.ssl_options = pika.SSLOptions(trusting, "localhost")
    pika.BlockingConnection(there).close()
    there.ssl_options = pika.SSLOptions(ssl.create_default_context(), "localhost")
    with pytest.raises(ssl.SSLCertVerificationError):
        pika.BlockingConnection(there)


def test_two_nodes_stand_beside_each_other(node: Node) -> None:
    with Node() as other:
        keep(other, "mine")
        assert [it.name for it in node.api.queues()] == []


def test_a_user_may_do_what_it_was_permitted(node: Node) -> None:
    api = node.api
    api.make_vhost("closed")
    api.make_user("ann", "secret/1")
    url = node.url("closed").replace("guest:guest", "ann:secret%2F1")
    with pytest.raises(pika.exceptions.ProbableAccessDeniedError):
        connected(url)
    api.permit("ann", "closed", configure="^ann-")
    channel = connected(url).channel()
    channel.queue_declare("ann-1")
    with pytest.raises(pika.exceptions.ChannelClosedByBroker, match="ACCESS_REFUSED"):
        channel.queue_declare("bob-1")
    channel.connection.close()
    api.forbid("ann", "closed")
    api.delete_user("ann")
    api.delete_vhost("closed")


def test_the_api_tells_what_there_is(node: Node) -> None:
    api = node.api
    connection = connected(node.url(), "told")
    channel = connection.channel()
    channel.exchange_declare("calls", "topic", durable=True)
    channel.queue_declare("own", exclusive=True)
    channel.queue_bind("own", "calls", "a.*")
    api.make_queue("work", x_queue_type="quorum")
    api.set_policy("short", "^work$", {"max-length": 1})
    assert api.publish("a.b", b"\xff", exchange="calls", properties={"headers": {"a": 1}})
    assert not api.publish("b", b"", exchange="calls")

    own, work = sorted(api.queues(), key=lambda it: it.name)
    assert (own.type, own.exclusive, own.durable) == ("classic", True, False)
    assert (work.type, work.exclusive, work.durable) == ("quorum", False, True)
    assert work.leader == node.settings.name
    assert [it.name for it in api.exchanges()] == ["calls"]
    [binding] = api.bindings()
    assert (binding.exchange, binding.destination, binding.key) == ("calls", "own", "a.*")
    assert eventually(lambda: api.queue("own").messages == 1)
    # The queue is exclusive: none but its connection may take from it.
    _, properties, body = channel.basic_get("own", auto_ack=True)
    assert properties is not None
    assert (body, properties.headers) == (b"\xff", {"a": 1})

    api.publish("work", b"first")
    api.publish("work", b"second")
    assert [it.body for it in api.get("work", 2)] == [b"second"]
    assert eventually(lambda: found(api, "told") is not None), api.connections()
    api.close_connection(found(api, "told") or "")
    with pytest.raises(pika.exceptions.ConnectionClosedByBroker):
        connection.process_data_events(int(PATIENCE))
    api.delete_policy("short")
    api.delete_queue("work")
    api.delete_exchange("calls")
    with pytest.raises(ApiError, match="404"):
        api.queue("work")


def test_a_node_ends_with_the_process_that_started_it(node: Node) -> None:
    text = (
        "import os, time; from tests.broker.node import Node; node = Node(); node.launch();"
        "print(os.getpid(), node._vm, node._epmd, node.settings.folder, flush=True);"
        "time.sleep(1000)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", text], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        *numbers, folder = process.stdout.readline().split()
        os.kill(process.pid, signal.SIGKILL)
    assert eventually(lambda: not any(Path(f"/proc/{it}").exists() for it in numbers))
    assert eventually(lambda: not Path(folder).exists())
