"""What a server says of itself: all that it serves, and nothing else."""

from pathlib import Path
from typing import Any

from rpcgen_runtime import Endpoint, Server, connect
from rpcgen_runtime.caller import Caller
from rpcgen_runtime.introspection import CONTRACT, PING, Introspection
from rpcgen_runtime.options import CallOptions
from tests.runtime.generated.new.trial.kinds.v1.contract import FILES
from tests.runtime.promises.endpoints import Ears, Echo, Places, Worker

KINDS = Path(__file__).parent / "contract" / "new" / "trial" / "kinds.rpc"


class Extra(Endpoint):
    """An endpoint without a contract of its own."""

    def __rpc_bindings__(self) -> list[Any]:
        return []


def told(*endpoints: Endpoint, name: str | None = None) -> Any:
    return Introspection(endpoints, name).contract(None)


def test_there_is_one_entry_for_a_package_with_the_services_that_are_served() -> None:
    answer = told(Worker(), Places(), Echo(), name="node-7")
    assert answer["server"] == "node-7"
    shown = [(it["name"], it["version"], it["services"]) for it in answer["packages"]]
    assert shown == [
        ("trial.kinds", "1.0", ["Kinds", "Positions"]),
        ("trial.work", "1.0", ["Work"]),
    ]
    assert [it["services"] for it in told(Echo())["packages"]] == [["Kinds"]]


def test_files_are_told_as_text_without_comments() -> None:
    [package] = told(Echo())["packages"]
    assert list(package["files"]) == ["trial/kinds.rpc"] == list(FILES)
    assert package["files"]["trial/kinds.rpc"] == KINDS.read_text(encoding="utf-8")


def test_what_has_no_contract_is_not_told_of() -> None:
    assert told(Extra(), Ears()) == {"server": None, "packages": []}


def test_a_server_answers() -> None:
    with (
        Server("http://127.0.0.1:0", [Echo()], server="node-7") as server,
        connect(server.url) as transport,
    ):
        caller = Caller(transport, CallOptions())
        assert caller.call(PING, []) is None
        assert caller.call(CONTRACT, []) == told(Echo(), name="node-7")
