"""`rpc.discover` answers one OpenRPC document of all that a server serves."""

from typing import Any

from rpcgen_runtime import Endpoint, Server, connect
from rpcgen_runtime.caller import Caller
from rpcgen_runtime.discovery import together
from rpcgen_runtime.introspection import DISCOVER, Introspection
from rpcgen_runtime.options import CallOptions
from tests.export.judges import complaints, references, specification
from tests.runtime.generated.new.trial.shop.v1.openrpc import DOCUMENT as OLD
from tests.runtime.generated.new.trial.shop.v2.openrpc import DOCUMENT as NEW
from tests.runtime.promises.endpoints import Ears, Echo, Places, Worker


def told(*endpoints: Endpoint) -> Any:
    return Introspection(endpoints, "node-7").discover(None)


def names(document: Any) -> list[str]:
    return [it["name"] for it in document["methods"]]


def test_it_is_what_the_specification_says_whatever_is_served() -> None:
    judge = specification("openrpc")
    for endpoints in ([], [Ears()], [Echo()], [Worker(), Places(), Echo()]):
        assert complaints(judge, told(*endpoints)) == []


def test_services_that_are_not_served_are_not_told_of() -> None:
    assert {it.partition(".")[0] for it in names(told(Places()))} == {"positions"}
    assert list(told(Places())["x-services"]) == ["trial.kinds.Positions"]
    assert told(Ears())["methods"] == []


def test_packages_stand_together_and_every_reference_leads_somewhere() -> None:
    document = told(Worker(), Places(), Echo())
    assert document["info"] == {"title": "trial.kinds, trial.work", "version": "1.0"}
    assert sorted(names(document)) == sorted(names(told(Worker())) + names(told(Echo(), Places())))
    for reference in references(document):
        _, kind, group, name = reference.split("/")
        assert name in document[kind][group]


def test_of_two_majors_the_newer_is_described_and_the_older_stands_in_it() -> None:
    served = {("trial.shop", it): {"Shop"} for it in ("1.3", "2.0")}
    document: Any = together([OLD, NEW], served)
    assert complaints(specification("openrpc"), document) == []
    [find] = [it for it in document["methods"] if it["name"] == "Shop.find"]
    [older] = find.pop("x-same-name")
    assert all("-v2-" in it for it in references(find))
    assert {"-v1-" in it for it in references(older)} == {True}
    assert "Shop.pay" in names(document)


def test_a_server_answers_where_it_tells_its_contract() -> None:
    with Server("http://127.0.0.1:0", [Echo()]) as server, connect(server.url) as transport:
        assert Caller(transport, CallOptions()).call(DISCOVER, []) == told(Echo())
