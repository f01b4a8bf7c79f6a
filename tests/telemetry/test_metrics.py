"""Metrics: one count for each call on each side, by outcomes of a closed set."""

import inspect
import json
import threading
from collections.abc import Callable

import pytest

from rpcgen_runtime import (
    ClientTls,
    Context,
    NotExecuted,
    RpcError,
    Server,
    connect,
    errors,
    telemetry,
)
from rpcgen_runtime.telemetry import Measures, outcomes
from rpcgen_runtime.telemetry.instruments import Instruments
from tests.runtime.generated.new.trial.work.v1 import Busy, Refused, WorkClient
from tests.runtime.places import PATIENCE, Place, ask, eventually, in_threads, post
from tests.runtime.promises.endpoints import Worker
from tests.telemetry.conftest import Collected

RUN = {"service": "Work", "method": "run", "verb": "call"}
SECRET = "sesame-4711"


def test_a_call_is_counted_on_both_sides(place: Place, collected: Collected) -> None:
    client = place.client(WorkClient, place.serve(Worker()))
    for _ in range(3):
        client.run("a")
    for side in ("client", "server"):
        assert collected.points(f"rpc_{side}_calls_total") == [({**RUN, "outcome": "ok"}, 3)]
        assert collected.points(f"rpc_{side}_duration_seconds") == [({**RUN, "outcome": "ok"}, 3)]
    assert collected.points("rpc_client_pending") == [(RUN, 0)]
    assert collected.points("rpc_server_inflight") == [(RUN, 0)]


def test_what_is_not_answered_is_counted(place: Place, collected: Collected) -> None:
    client = place.client(WorkClient, place.serve(Worker()))
    client.note("a")
    client.ring("b")
    for verb, method in (("cast", "note"), ("fanout", "ring")):
        wanted = {"service": "Work", "method": method, "verb": verb, "outcome": "ok"}
        for side in ("client", "server"):
            name = f"rpc_{side}_calls_total"
            assert eventually(lambda n=name, w=wanted: collected.value(n, **w) == 1)  # type: ignore[misc]


def test_what_runs_is_pending_and_in_flight(place: Place, collected: Collected) -> None:
    free = threading.Event()

    def run(_ctx: Context, name: str) -> str:
        free.wait(PATIENCE)
        return name

    client = place.client(WorkClient, place.serve(Worker(run)))
    with in_threads(2, lambda _number: client.run("a")):
        assert eventually(lambda: collected.value("rpc_server_inflight", **RUN) == 2)
        assert collected.value("rpc_client_pending", **RUN) == 2
        free.set()
    assert collected.value("rpc_client_pending", **RUN) == 0
    assert eventually(lambda: collected.value("rpc_server_inflight", **RUN) == 0)


def _late(ctx: Context, _name: str) -> str:
    while not ctx.deadline.passed():
        threading.Event().wait(0.01)
    # A result that comes back before the loop has looked at the clock would be one in time.
    raise TimeoutError


def _refuse(_ctx: Context, _name: str) -> str:
    raise Refused(reason=SECRET)


def _fail(_ctx: Context, _name: str) -> str:
    raise RuntimeError(SECRET)


@pytest.mark.parametrize(
    ("run", "seen"),
    [
        (_refuse, "declared_error"),
        (_fail, "internal_error"),
        (_late, "deadline_exceeded"),
    ],
)
def test_an_outcome_is_a_label(
    place: Place, collected: Collected, run: Callable[[Context, str], str], seen: str
) -> None:
    client = place.client(WorkClient, place.serve(Worker(run)))
    with pytest.raises(RpcError):
        client.with_options(timeout=0.3).run("a")
    for side in ("client", "server"):
        name = f"rpc_{side}_calls_total"
        assert eventually(lambda n=name: bool(collected.points(n)))  # type: ignore[misc]
        assert collected.points(name) == [({**RUN, "outcome": seen}, 1)]


def test_a_call_that_is_tried_again_is_one_call(place: Place, collected: Collected) -> None:
    tries: list[str] = []

    def run(_ctx: Context, name: str) -> str:
        tries.append(name)
        if len(tries) == 1:
            raise Busy(tried=1)
        return name

    place.client(WorkClient, place.serve(Worker(run))).run("a")
    assert collected.points("rpc_client_calls_total") == [({**RUN, "outcome": "ok"}, 1)]
    assert collected.value("rpc_server_calls_total", outcome="declared_error") == 1
    assert collected.value("rpc_server_calls_total", outcome="ok") == 1


def test_a_call_that_is_not_sent_is_counted(place: Place, collected: Collected) -> None:
    client = place.client(WorkClient, place.fresh_url().replace(":0", ":1"))
    with pytest.raises(NotExecuted) as caught:
        client.run("a")
    seen = outcomes.of_error(caught.value)
    assert seen in {"no_server", "unreachable"}
    assert collected.points("rpc_client_calls_total") == [({**RUN, "outcome": seen}, 1)]


def test_what_is_refused_is_counted_and_was_not_in_flight(collected: Collected) -> None:
    """Names from the wire become no labels."""
    with Server("http://127.0.0.1:0", [Worker()], access=lambda _who, it: it.name != "run") as it:
        ask(it.url, "Work.run", ["a"])
        ask(it.url, "Work.other", [1])
        ask(it.url, "Work.made_up")
        ask(it.url, "Work.other", ["a"], {"rpcgen-version": "9.0"})
        ask(it.url, "Work.other", ["a"], {"rpcgen-timeout-ms": "0"})
    other = dict.fromkeys(("service", "method", "verb"), "_OTHER")
    seen = {it["outcome"]: it for it, _ in collected.points("rpc_server_calls_total")}
    assert seen == {
        "forbidden": {**RUN, "outcome": "forbidden"},
        "invalid_arguments": {**RUN, "method": "other", "outcome": "invalid_arguments"},
        "method_not_found": {**other, "outcome": "method_not_found"},
        "unsupported_version": {**other, "outcome": "unsupported_version"},
        "expired_unstarted": {**RUN, "method": "other", "outcome": "expired_unstarted"},
    }
    assert collected.points("rpc_server_inflight") == [({**RUN, "method": "other"}, 0)]
    assert collected.value("rpc_expired_unexecuted_total", method="other") == 1


def test_what_is_put_aside_is_counted_by_its_method(vhost_url: str, collected: Collected) -> None:
    wanted = {"service": "Work", "method": "note", "verb": "cast", "reason": "failed"}
    server = Server(f"{vhost_url}?delivery_limit=2", [Worker(_fail)])
    with server, connect(vhost_url) as transport:
        WorkClient(transport).note("a")
        assert eventually(lambda: collected.value("rpc_dead_lettered_total", **wanted) == 1)


def test_ids_that_stand_twice_in_a_batch_are_counted(collected: Collected) -> None:
    """4.1 row 29: each is answered."""
    batch = [
        {"jsonrpc": "2.0", "id": number, "method": "run", "params": ["a"]}
        for number in (1, 2, 1, 1)
    ]
    with Server("http://127.0.0.1:0", [Worker()]) as server:
        answer = post(server.url, json.dumps([*batch, {"jsonrpc": "2.0", "method": "run"}]))
        post(server.url, json.dumps(batch[:2]))
    assert len(answer.json) == 4
    assert collected.points("rpc_duplicate_ids_total") == [({}, 2)]


def test_no_label_holds_what_was_sent(collected: Collected) -> None:
    with (
        Server("http://127.0.0.1:0", [Worker(_refuse)]) as server,
        connect(server.url, token=SECRET) as transport,
    ):
        with pytest.raises(Refused):
            WorkClient(transport).run(SECRET)
        ask(server.url, SECRET, [SECRET], {"rpcgen-id": SECRET})
    data = collected.reader.get_metrics_data()
    assert data is not None
    assert SECRET not in data.to_json()


def test_every_error_has_an_outcome_of_its_own() -> None:
    kinds = {
        it
        for it in vars(errors).values()
        if isinstance(it, type) and issubclass(it, RpcError) and it is not RpcError
    }
    assert set(outcomes.OUTCOMES) == kinds
    assert len(set(outcomes.OUTCOMES.values())) == len(kinds)
    assert set(outcomes.OUTCOMES.values()) >= outcomes.SERVER_FAULTS - {"cancelled", "failed"}


def test_what_is_no_outcome_of_a_call_is_one_of_two_words() -> None:
    class Leaf(errors.Overloaded):
        """One that somebody adds."""

    assert outcomes.of_error(Leaf("a")) == "overloaded"
    assert outcomes.of_error(Refused(reason="a")) == "declared_error"
    assert outcomes.of_error(KeyError("a")) == "failed"
    assert outcomes.of_error(KeyboardInterrupt()) == "cancelled"


def test_transports_count_what_befalls_them(collected: Collected) -> None:
    told = telemetry.measures()
    assert telemetry.measures() is told
    told.redelivered()
    told.dead_lettered("limit")
    told.expired_unexecuted()
    told.unroutable()
    told.late_reply()
    told.undecodable()
    told.connection_state("publishing", "open")
    told.connection_state("publishing", "blocked")
    told.connection_blocked("publishing", 1.5)
    told.reconnected("socket")
    told.confirmed(0.01)
    told.insecure("plaintext")
    told.duplicate_ids(2)
    other = {"service": "_OTHER", "method": "_OTHER", "verb": "_OTHER"}
    assert collected.points("rpc_redelivered_total") == [(other, 1)]
    assert collected.points("rpc_dead_lettered_total") == [({**other, "reason": "limit"}, 1)]
    assert collected.points("rpc_expired_unexecuted_total") == [(other, 1)]
    assert collected.points("rpc_unroutable_total") == [(other, 1)]
    assert collected.points("rpc_late_replies_total") == [({}, 1)]
    assert collected.points("rpc_undecodable_total") == [({}, 1)]
    states = {it["state"]: value for it, value in collected.points("rpc_connection_state")}
    assert states == {"closed": 0, "connecting": 0, "open": 0, "blocked": 1}
    blocked = "rpc_connection_blocked_seconds_total"
    assert collected.points(blocked) == [({"name": "publishing"}, 1.5)]
    assert collected.points("rpc_reconnects_total") == [({"cause": "socket"}, 1)]
    assert collected.points("rpc_confirm_seconds") == [({}, 1)]
    assert collected.points("rpc_config_insecure") == [({"what": "plaintext"}, 1)]
    assert collected.points("rpc_duplicate_ids_total") == [({}, 2)]


def test_a_configuration_that_lets_others_read_along_is_noted(collected: Collected) -> None:
    connect("http://far.example", token=SECRET).close()
    connect("https://localhost:1", tls=ClientTls(insecure_skip_verify=True)).close()
    noted = {it["what"]: value for it, value in collected.points("rpc_config_insecure")}
    assert noted == {"plaintext": 1, "unverified": 1}


def test_nothing_that_a_transport_tells_is_lost() -> None:
    told = {name for name, _ in inspect.getmembers(Measures, inspect.isfunction)}
    assert told - {"__init__"} <= set(vars(Instruments))
