"""`rpcgen topology`: what a server declares, and what of it is there."""

import json
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import uuid4

import pytest

from rpcgen.cli import topology
from rpcgen_runtime import Server
from tests.broker.api import Api
from tests.cli.shell import Ran, Shell
from tests.docs.test_reference import page
from tests.runtime.promises.endpoints import Ears, Worker

WORKER = "tests.runtime.promises.endpoints:Worker"
EARS = "tests.runtime.promises.endpoints:Ears"
CALLS = "rpcgen:trial.work.Work:Work:v1"
CASTS = f"{CALLS}:casts"


def vhost_of(url: str) -> str:
    return unquote(urlsplit(url).path.removeprefix("/"))


def states(ran: Ran) -> dict[str, str]:
    """Return how each exchange and queue with a name was found."""
    return {it["name"]: it["state"] for it in json.loads(ran.out)["found"] if it["name"]}


def differences(ran: Ran, name: str) -> dict[str, Any]:
    [found] = [it for it in json.loads(ran.out)["found"] if it["name"] == name]
    return {
        it["name"]: (it["planned"], it["found"]) if it["told"] else (it["planned"], ...)
        for it in found["differences"]
    }


@pytest.fixture
def check(shell: Shell, vhost_url: str) -> Any:
    """Checks a worker; nothing may be changed by that."""

    def run(*words: str, options: str = "") -> Ran:
        return shell("topology", "check", f"{vhost_url}{options}", WORKER, *words)

    return run


@pytest.mark.parametrize("named", [(), ("--server", "node-7", "--group", "g")])
def test_the_plan_is_what_a_server_declares(
    shell: Shell, vhost_url: str, api: Api, named: tuple[str, ...]
) -> None:
    words = ("amqp://nobody.invalid", WORKER, EARS, *named, "--json")
    planned = json.loads(shell("topology", "plan", *words).printed)
    name, group = ("node-7", "g") if named else (None, None)
    with Server(vhost_url, [Worker(), Ears()], server=name, group=group) as server:
        vhost = vhost_of(vhost_url)
        queues = {it.name: it for it in api.queues(vhost)}
        bindings = {(it.exchange, it.key) for it in api.bindings(vhost)}
        exchanges = {it.name: (it.type, it.arguments) for it in api.exchanges(vhost)}
    assert exchanges == {it["name"]: (it["type"], it["arguments"]) for it in planned["exchanges"]}
    known = {it["name"]: it for it in planned["queues"] if it["name"]}
    assert {it for it in queues if not it.startswith("amq.gen-")} == set(known)
    for each, facts in known.items():
        assert queues[each].arguments == facts["arguments"]
        assert (queues[each].durable, queues[each].exclusive) == (True, False)
    own = [it for it in planned["queues"] if not it["name"]]
    assert sum(it.startswith("amq.gen-") for it in queues) == len(own)
    assert {
        (it["exchange"], it["key"].replace("SERVER", server.name.replace(".", "%2E")))
        for queue in planned["queues"]
        for it in queue["bindings"]
    } == bindings


def test_where_nobody_served_all_is_missing_and_nothing_is_made(
    check: Any, vhost_url: str, api: Api
) -> None:
    ran = check("--json")
    assert (ran.code, ran.err) == (1, "")
    assert set(states(ran).values()) == {"missing"}
    assert (api.queues(vhost_of(vhost_url)), api.exchanges(vhost_of(vhost_url))) == ([], [])
    assert "What is missing is declared by the server that starts next." in check().out


def test_while_and_after_a_server_runs_all_is_as_planned(check: Any, vhost_url: str) -> None:
    with Server(vhost_url, [Worker()], server="node-7"):
        ran = check("--server", "node-7", "--json")
        assert (ran.code, set(states(ran).values())) == (0, {"as planned"})
    assert json.loads(ran.out)["bindings"] == "not asked"
    printed = check("--server", "node-7").printed
    assert f"queue     {CASTS}           as planned\n" in printed
    assert "\nbindings  not asked: " in printed


def test_all_that_differs_is_told_with_both_values_and_the_way_out(
    check: Any, vhost_url: str, api: Api
) -> None:
    with Server(f"{vhost_url}?max_waiting=7&delivery_limit=3", [Worker()]):
        pass
    before = api.queues(vhost_of(vhost_url))
    ran = check("--json", options="?calls=quorum")
    assert ran.code == 1
    assert differences(ran, CASTS) == {"x-max-length": (100_000, 7), "x-delivery-limit": (5, 3)}
    # How many of the arguments that go with the type are compared differs from broker to broker.
    assert (
        differences(ran, CALLS).items()
        >= {
            "x-queue-type": ("quorum", "classic"),
            "x-max-length": (100_000, 7),
        }.items()
    )
    told = check(options="?calls=quorum").out
    assert "`x-max-length` is `7`, planned `100000`\n" in told
    way_out = told[told.index("them again; or let all servers want what is there, with") :]
    for option in ("`max_waiting=7`", "`calls=classic`", "`delivery_limit=3`"):
        assert option in way_out
    assert [(it.name, it.arguments) for it in api.queues(vhost_of(vhost_url))] == [
        (it.name, it.arguments) for it in before
    ]


def test_a_queue_of_the_other_type_is_as_good_where_nobody_chose(
    check: Any, vhost_url: str
) -> None:
    with Server(f"{vhost_url}?calls=quorum", [Worker()]):
        pass
    ran = check()
    assert ran.code == 0
    assert f"{CALLS}                 as planned: a quorum queue, which is as good\n" in ran.out


def test_what_others_made_is_told(check: Any, vhost_url: str, api: Api) -> None:
    vhost = vhost_of(vhost_url)
    with Server(vhost_url, [Worker()]):
        pass
    api.delete_queue(CALLS, vhost)
    api.make_queue(CALLS, vhost, durable=False, x_queue_type="classic")
    api.delete_queue(CASTS, vhost)
    api.make_queue(CASTS, vhost, x_message_ttl=5, x_max_priority=3)
    api.delete_exchange("rpcgen", vhost)
    ran = check("--json")
    assert differences(ran, CALLS) == {"durable": ("true", "false")}
    found = differences(ran, CASTS)
    assert found["x-message-ttl"] == (None, 5)
    assert found["x-max-priority"] == (None, 3)
    assert states(ran)["rpcgen"] == "missing"
    assert states(ran)["rpcgen.unserved"] == "as planned"


def test_an_exchange_of_another_kind_or_way_is_told(check: Any, vhost_url: str, api: Api) -> None:
    vhost = vhost_of(vhost_url)
    told = {"durable": True, "arguments": {"alternate-exchange": "elsewhere"}}
    api._do("PUT", "exchanges", vhost, "rpcgen", body={"type": "direct", **told})
    api._do("PUT", "exchanges", vhost, "rpcgen.calls", body={"type": "topic", **told})
    api._do("PUT", "exchanges", vhost, "rpcgen.unserved", body={"type": "topic", "durable": False})
    ran = check("--json")
    assert differences(ran, "rpcgen") == {
        "type": ("topic", "direct"),
        "alternate-exchange": ("rpcgen.unserved", "elsewhere"),
    }
    assert differences(ran, "rpcgen.calls") == {
        "type": ("direct", "topic"),
        "alternate-exchange": ("rpcgen.unserved", "elsewhere"),
    }
    assert differences(ran, "rpcgen.unserved") == {"durable": ("true", "false")}


def test_names_that_leave_no_room_for_values_hide_no_difference(
    check: Any, vhost_url: str, api: Api
) -> None:
    name = "n" * 110
    queue = f"rpcgen:trial.work.Work@{name}:casts"
    keys: dict[str, Any] = {"x_dead_letter_exchange": "", "x_dead_letter_routing_key": "k" * 80}
    api.make_queue(queue, vhost_of(vhost_url), x_queue_type="quorum", x_max_length=5, **keys)
    found = differences(check("--server", name, "--json"), queue)
    assert found["x-dead-letter-routing-key"] == ("rpcgen:trial.work.Work.dead", ...)
    assert "another value" in check("--server", name).out


def test_who_may_not_configure_is_told_so(
    check: Any, vhost_url: str, shell: Shell, api: Api
) -> None:
    with Server(vhost_url, [Worker()]):
        pass
    user = f"ann-{uuid4().hex}"
    api.make_user(user, "pw")
    try:
        api.permit(user, vhost_of(vhost_url), read=".*")
        url = vhost_url.replace("guest:guest", f"{user}:pw")
        ran = shell("topology", "check", url, WORKER)
    finally:
        api.delete_user(user)
    assert ran.code == 1
    assert f"{CALLS}                 not asked: the user has no permission `configure`" in ran.out


def test_wrong_usage_is_one_sentence(shell: Shell) -> None:
    for words, told in {
        ("plan", "http://localhost", WORKER): "a broker is at `amqp://` or `amqps://`, and this is",
        ("plan", "amqp://localhost?heartbeet=1", WORKER): "did you mean `heartbeat`?",
        ("plan", "amqp://localhost", "nowhere:Nothing"): "cannot import `nowhere`",
        ("plan", "amqp://localhost", WORKER, "--server", "ü"): "`server` is not a name",
        ("check", "amqp://localhost", WORKER, "--ca", "x"): "are for `https://` and `amqps://`",
    }.items():
        ran = shell("topology", *words)
        assert (ran.code, ran.out) == (2, "")
        assert told in ran.err
        assert ran.err.count("\n") == 1


def test_the_page_tells_the_exit_codes() -> None:
    text = page("cli.md").text
    assert all(it in text for it in topology.EXIT_CODES.values())
