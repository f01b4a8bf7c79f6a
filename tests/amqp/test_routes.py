"""Which way requests take through a broker: calls by a direct exchange, all else by a topic one."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rpcgen_runtime import NoServer, errors
from rpcgen_runtime.amqp import guard, topology
from rpcgen_runtime.amqp.names import MAX_NAME, calls, routing_key, unserved
from tests.amqp.scene import TARGET, Scene, route_of
from tests.runtime.generated.new.trial.work.v1 import WorkClient
from tests.runtime.generated.new.trial.work.v1.methods import WORK_NOTE, WORK_RUN
from tests.runtime.promises.endpoints import Worker

KINDS = {"rpcgen": "topic", "rpcgen.calls": "direct", "rpcgen.unserved": "topic"}
ADDRESSES = st.from_regex(r"[A-Za-z0-9_.:/-]{1,200}", fullmatch=True)
"""Exchanges that a contract can name."""


@given(ADDRESSES | st.text(min_size=1, max_size=300))
@example("e" * 255)
@example("é" * 127)
def test_what_an_exchange_goes_on_to_is_declared_before_it(name: str) -> None:
    made = topology.exchanges(name)
    there: set[object] = set()
    for it in made:
        assert it.arguments.get("alternate-exchange", unserved(name)) in {*there, unserved(name)}
        assert there or not it.arguments
        there.add(it.name)
    assert there == {name, calls(name), unserved(name)}
    assert [it for it in there - {name} if len(str(it).encode()) > MAX_NAME] == []


@pytest.mark.parametrize("server", [None, "node-7"], ids=["unnamed", "named"])
def test_queues_take_calls_from_the_direct_exchange_alone(scene: Scene, server: str | None) -> None:
    scene.serve(Worker(), server=server)
    assert {it.name: it.type for it in scene.api.exchanges(scene.vhost)} == KINDS
    verbs: dict[str, set[str]] = {}
    for it in scene.api.bindings(scene.vhost):
        verbs.setdefault(it.exchange, set()).add(it.key.partition(".")[0])
        assert "*" not in it.key or it.exchange == "rpcgen.unserved"
    assert verbs == {
        "rpcgen": {"cast", "fanout"},
        "rpcgen.calls": {"call"},
        "rpcgen.unserved": {"call"},
    }


def test_a_call_needs_no_topic_exchange(scene: Scene) -> None:
    assert (route_of(WORK_RUN).exchange, route_of(WORK_NOTE).exchange) == (
        "rpcgen.calls",
        "rpcgen",
    )
    server = scene.serve(Worker())
    client = scene.client(WorkClient)
    assert client.run("x") == "x"
    scene.api.delete_exchange("rpcgen", scene.vhost)
    assert client.run("y") == "y"
    assert client.with_options(server=server.name).run("z") == "z"


def test_a_call_that_no_queue_takes_goes_on_to_any_whose_server_says_why(scene: Scene) -> None:
    scene.serve(Worker())
    mailbox = scene.mailbox()
    for name, major, code in (
        ("Other", 1, errors.METHOD_NOT_FOUND),
        ("Work", 9, errors.UNSUPPORTED_VERSION),
    ):
        properties = {
            "type": f"call {name}.run {major}.0",
            "content_type": "application/json",
            "correlation_id": name,
            "reply_to": mailbox.name,
        }
        assert scene.api.publish(
            routing_key("call", TARGET.topic, name, f"v{major}"),
            b'{"name":"x"}',
            exchange=calls(TARGET.exchange),
            vhost=scene.vhost,
            properties=properties,
        )
        mail = mailbox.take()
        assert (mail.kind, mail.correlation_id) == ("error", name)
        assert mail.value["code"] == code


def test_what_nobody_serves_comes_back_at_once(scene: Scene) -> None:
    """The client is the first one there: what it sends to is declared by itself."""
    client = scene.client(WorkClient)
    for send in (client.run, client.note, client.with_options(server="gone").run, client.repeat):
        with pytest.raises(NoServer):
            send("x")
    found = scene.api.exchanges(scene.vhost)
    assert {it.name: it.type for it in found} == KINDS
    assert {it.name: it.arguments for it in found} == {
        it.name: it.arguments for it in topology.exchanges("rpcgen")
    }
    scene.serve(Worker())
    assert client.run("x") == "x"


def test_what_a_first_call_asks_the_broker_is_read_at_once_though_confirms_may_lie(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.serve(Worker())
    monkeypatch.setattr(guard, "UNREAD", 10.0)
    client = scene.client(WorkClient, timeout=5.0)
    assert client.run("x") == "x"
