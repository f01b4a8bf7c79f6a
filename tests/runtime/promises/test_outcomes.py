"""Every call ends in exactly one outcome, and the outcome says what may be done next."""

import asyncio
import datetime as dt
import json
import logging
import pickle
from collections.abc import Callable

import pytest

from rpcgen_runtime import (
    Context,
    DeclaredError,
    InternalError,
    InvalidRequest,
    MethodNotFound,
    NoServer,
    NotExecuted,
    OutcomeUnknown,
    Unreachable,
)
from tests.runtime.generated.new.trial.kinds.v1 import Broken, Color, KindsClient, Leaf
from tests.runtime.generated.new.trial.work.v1 import Hidden, Refused, WorkClient
from tests.runtime.places import Place, post
from tests.runtime.promises.endpoints import AsyncWorker, Echo, Worker

NOON = dt.datetime(2024, 1, 1, 12, tzinfo=dt.UTC)


def test_a_declared_error_arrives_with_its_data(place: Place) -> None:
    echo = Echo()
    echo.failure = Broken(reason="it is", at=NOON, leaf=Leaf(text="x"), color=Color.dark_green)
    client = place.client(KindsClient, place.serve(echo))
    with pytest.raises(Broken) as caught:
        client.fail("x")
    error = caught.value
    assert (error.reason, error.at, error.leaf, error.color) == (
        "it is",
        NOON,
        Leaf(text="x"),
        Color.dark_green,
    )
    copied = pickle.loads(pickle.dumps(error))
    assert isinstance(copied, Broken)
    assert vars(copied) == vars(error)


def test_a_declared_error_travels_under_its_wire_names(http_place: Place) -> None:
    echo = Echo()
    url = http_place.serve(echo).url
    body = '{"jsonrpc": "2.0", "id": 1, "method": "kinds.fail", "params": ["x"]}'
    error = post(url, body).json["error"]
    assert error["code"] == 1001
    assert error["message"]
    assert error["data"]["why"] == "no reason"


def _secretly(raised: BaseException) -> Callable[[Context, str], str]:
    def run(_context: Context, _name: str) -> str:
        raise raised

    return run


UNDECLARED = [
    RuntimeError("secret"),
    Hidden(secret="secret"),
    StopIteration("secret"),
    GeneratorExit("secret"),
    SystemExit("secret"),
    asyncio.CancelledError("secret"),
    TimeoutError("secret"),
    KeyError("secret"),
    NotExecuted("secret"),
    OutcomeUnknown("secret"),
    Refused(reason=7),  # type: ignore[arg-type]  # that is the point
]


def test_an_undeclared_error_is_internal_and_nothing_of_it_gets_out(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    raising: list[BaseException] = []

    def run(_context: Context, _name: str) -> str:
        raise raising[0]

    async def run_async(_context: Context, _name: str) -> str:
        raise raising[0]

    for worker in (Worker(run), AsyncWorker(run_async)):
        client = place.client(WorkClient, place.serve(worker), timeout=10)
        for raised in UNDECLARED:
            if isinstance(raised, GeneratorExit) and isinstance(worker, AsyncWorker):
                continue  # a coroutine that is closed sees one of its own
            raising[:] = [raised]
            caplog.clear()
            with pytest.raises(InternalError) as caught:
                client.run("x")
            assert caught.value.error_id is not None
            assert "secret" not in str(caught.value)
            assert caught.value.error_id in caplog.text
            assert client.other("still here") == "still here!"


def test_nothing_of_an_undeclared_error_is_on_the_wire(http_place: Place) -> None:
    server = http_place.serve(Worker(_secretly(RuntimeError("secret"))))
    for name in ("run", "note"):
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": f"Work.{name}", "params": ["x"]})
        answer = post(server.url, body)
        assert b"secret" not in answer.body
        assert b"Traceback" not in answer.body
        assert "secret" not in str(answer.headers)
        assert answer.json["error"]["code"] == -32603
        assert len(answer.json["error"]["data"]["error_id"]) == 16


def test_the_log_has_what_the_wire_has_not(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    client = place.client(WorkClient, place.serve(Worker(_secretly(RuntimeError("secret")))))
    with caplog.at_level(logging.ERROR), pytest.raises(InternalError) as caught:
        client.run("x")
    assert f"error_id={caught.value.error_id}" in caplog.text
    assert "RuntimeError: secret" in caplog.text


def test_a_method_that_the_server_lacks_is_not_executed(place: Place) -> None:
    server = place.serve(Echo())
    if place.is_http:
        with pytest.raises(MethodNotFound):
            place.client(WorkClient, server).run("x")
    else:
        with pytest.raises(NoServer):
            place.client(WorkClient, server).run("x")


def test_where_nobody_listens_nothing_is_executed(place: Place) -> None:
    url = "http://127.0.0.1:1" if place.is_http else "memory://nobody"
    client = place.client(WorkClient, url)
    expected = Unreachable if place.is_http else NoServer
    for call in (lambda: client.run("x"), lambda: client.note("x")):
        with pytest.raises(expected) as caught:
            call()
        assert isinstance(caught.value, NotExecuted)


def test_a_closed_transport_is_not_executed(place: Place) -> None:
    server = place.serve(Worker())
    transport = place.transport(server.url)
    client = place.stub(WorkClient, transport)
    assert client.run("x") == "x"
    for _ in range(2):
        if place.style == "sync":
            transport.close()
        else:
            place.aside.run(transport.close())
    with pytest.raises(Unreachable, match="closed"):
        client.run("x")


def test_a_request_that_is_too_large_is_not_executed(http_place: Place) -> None:
    worker = Worker()
    client = http_place.client(WorkClient, http_place.serve(worker))
    for size in (5_000_000, 10_000_000):
        with pytest.raises(InvalidRequest, match="HTTP 413"):
            client.run("x" * size)
        with pytest.raises(InvalidRequest, match="HTTP 413"):
            client.note("x" * size)
    assert client.run("x" * 1_000_000) == "x" * 1_000_000
    assert worker.notes == []


def test_families_are_what_python_people_expect() -> None:
    assert issubclass(Unreachable, ConnectionError)
    assert issubclass(NotExecuted, Exception)
    assert not issubclass(NotExecuted, OutcomeUnknown)
    assert not issubclass(DeclaredError, NotExecuted | OutcomeUnknown)
