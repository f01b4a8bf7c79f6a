"""jsonrpclib-pelix, which knows nothing of us: its client with our server, our clients with its."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import jsonrpclib
import pytest
from jsonrpclib import Fault
from jsonrpclib.jsonrpc import TransportError
from jsonrpclib.SimpleJSONRPCServer import SimpleJSONRPCServer

from rpcgen_runtime import (
    Context,
    InternalError,
    InvalidArguments,
    MethodNotFound,
    Server,
    UnknownRemoteError,
)
from tests.runtime.generated.new.trial.kinds.v1 import Broken, Color, KindsClient, Leaf
from tests.runtime.generated.new.trial.work.v1 import Busy, Refused, WorkClient
from tests.runtime.jsonrpc.test_conversations import Specification
from tests.runtime.places import PATIENCE, Place, eventually
from tests.runtime.promises.endpoints import Echo, Worker


@pytest.fixture
def their_client() -> Iterator[Callable[..., Any]]:
    opened: list[Any] = []
    servers: list[Server] = []

    def connect(*endpoints: Any) -> Any:
        server = Server("http://127.0.0.1:0", endpoints)
        server.start()
        servers.append(server)
        proxy = jsonrpclib.ServerProxy(server.url)
        opened.append(proxy)
        return proxy

    yield connect
    for proxy in opened:
        proxy("close")()
    for server in servers:
        server.stop()
        server.wait()


def test_their_client_calls_by_position_and_by_name(their_client: Callable[..., Any]) -> None:
    proxy = their_client(Specification())
    assert proxy.subtract(42, 23) == 19
    assert proxy.subtract(subtrahend=23, minuend=42) == 19
    assert proxy.get_data() == ["hello", 5]
    assert proxy.rpc.echo({"a": [1, None, "ä"]}) == {"a": [1, None, "ä"]}


def test_their_client_uses_namespaces_and_bare_names(their_client: Callable[..., Any]) -> None:
    proxy = their_client(Echo())
    assert proxy.kinds.a_str("x") == "x"
    assert proxy.a_str("x") == "x"
    assert proxy.kinds.bounded(tags=["a"]) == ["a"]


def test_their_client_notifies(their_client: Callable[..., Any]) -> None:
    worker = Worker()
    proxy = their_client(worker)
    # It takes no answer but 200 for one, although it has nothing to read.
    with pytest.raises(TransportError, match="204"):
        proxy._notify.Work.note("x")
    assert worker.told.acquire(timeout=PATIENCE)
    assert worker.notes == ["x"]


def test_their_client_sends_batches(their_client: Callable[..., Any]) -> None:
    batch: Any = jsonrpclib.MultiCall(their_client(Specification()))
    batch.sum(1, 2, 4)
    batch.subtract(42, 23)
    batch.get_data()
    assert list(batch()) == [7, 19, ["hello", 5]]


def test_their_client_sees_our_errors_with_their_data(their_client: Callable[..., Any]) -> None:
    proxy = their_client(Echo(), Specification())
    with pytest.raises(jsonrpclib.AppError) as caught:
        proxy.kinds.fail("x")
    code, message, data = caught.value.args[0]
    assert (code, message) == (1001, "Broken.")
    assert data["why"] == "no reason"
    calls: list[tuple[Callable[[], object], int]] = [
        (lambda: proxy.no_such_method(), -32601),
        (lambda: proxy.subtract("x", 1), -32602),
        (lambda: proxy.fail("secret"), -32603),
    ]
    for call, expected in calls:
        with pytest.raises(jsonrpclib.ProtocolError) as refused:
            call()
        assert refused.value.args[0][0] == expected
        assert "secret" not in str(refused.value)


@pytest.fixture
def their_server() -> Iterator[tuple[str, SimpleJSONRPCServer]]:
    server = SimpleJSONRPCServer(("127.0.0.1", 0), logRequests=False)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/", server
    server.shutdown()
    server.server_close()
    thread.join()


def test_our_clients_call_their_server(
    http_place: Place, their_server: tuple[str, SimpleJSONRPCServer]
) -> None:
    url, server = their_server
    server.register_function(lambda name: f"hello {name}", "Work.run")
    server.register_function(lambda value: value, "kinds.color")
    server.register_function(lambda value: value, "kinds.node")
    assert http_place.client(WorkClient, url).run("x") == "hello x"
    kinds = http_place.client(KindsClient, url)
    assert kinds.color(Color.dark_green) is Color.dark_green
    assert kinds.with_options(context={"a": "b"}, version_cap="1.0").color(Color.red) is Color.red


def test_our_casts_reach_their_server(
    http_place: Place, their_server: tuple[str, SimpleJSONRPCServer]
) -> None:
    url, server = their_server
    notes: list[str] = []
    server.register_function(notes.append, "Work.note_again")
    server.register_function(lambda text: notes.append(text), "Work.note")
    http_place.client(WorkClient, url).note("x")
    assert eventually(lambda: notes == ["x"])


def test_their_errors_are_ours_where_the_contract_declares_them(
    http_place: Place, their_server: tuple[str, SimpleJSONRPCServer]
) -> None:
    url, server = their_server
    server.register_function(lambda name: Fault(2001, "no", data={"reason": name}), "Work.run")
    data = {"why": "w", "leaf": {"leafText": "x"}, "color": "mauve", "new": 1}
    server.register_function(lambda error: Fault(1001, error, data=data), "kinds.fail")
    with pytest.raises(Refused) as caught:
        http_place.client(WorkClient, url).run("x")
    assert caught.value.reason == "x"
    with pytest.raises(Broken) as broken:
        http_place.client(KindsClient, url).fail("x")
    assert broken.value.leaf == Leaf(text="x")
    assert broken.value.color == "mauve"


@pytest.mark.parametrize("code", [7, 1001, -32000, -32004, -32005, -32008, -32099])
def test_their_other_errors_are_unknown_with_code_message_and_data(
    http_place: Place, their_server: tuple[str, SimpleJSONRPCServer], code: int
) -> None:
    url, server = their_server
    calls: list[str] = []

    def run(name: str) -> Fault:
        calls.append(name)
        return Fault(code, "their words", data={"a": 1})

    server.register_function(run, "Work.repeat")
    with pytest.raises(UnknownRemoteError) as caught:
        http_place.client(WorkClient, url).repeat("x")
    error = caught.value
    assert (error.code, error.message, error.data) == (code, "their words", {"a": 1})
    assert calls == ["x"]


def test_what_the_specification_reserves_means_what_it_says(
    http_place: Place, their_server: tuple[str, SimpleJSONRPCServer]
) -> None:
    url, server = their_server
    client = http_place.client(WorkClient, url)
    with pytest.raises(MethodNotFound, match=r"Work\.run"):
        client.run("x")
    server.register_function(lambda: None, "Work.run")
    with pytest.raises(InvalidArguments):
        client.run("x")

    def fail(name: str) -> str:
        raise RuntimeError(name)

    server.register_function(fail, "Work.other")
    with pytest.raises(InternalError) as caught:
        client.other("x")
    assert caught.value.error_id is None


def test_a_declared_error_without_its_data_is_still_told_apart(
    http_place: Place, their_server: tuple[str, SimpleJSONRPCServer]
) -> None:
    url, server = their_server
    server.register_function(lambda name: Fault(2001, "their words"), "Work.run")
    with pytest.raises(UnknownRemoteError) as caught:
        http_place.client(WorkClient, url).run("x")
    assert (caught.value.code, caught.value.message) == (2001, "their words")


def test_our_server_behind_their_client_hears_of_no_context(
    their_client: Callable[..., Any],
) -> None:
    seen: list[Context] = []

    def run(context: Context, name: str) -> str:
        seen.append(context)
        return name

    assert their_client(Worker(run)).Work.run("x") == "x"
    assert seen[0].data == {}
    assert seen[0].version == "1.0"
    assert 50 < seen[0].deadline.remaining() <= 60
    assert Busy.retryable
