"""Code around every call, on either side."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

from rpcgen_runtime import Context, Forbidden, Interceptor, InternalError, Invocation
from tests.runtime.generated.new.trial.work.v1 import Refused, WorkClient
from tests.runtime.places import Place
from tests.runtime.promises.endpoints import AsyncWorker, Worker


def _recorder(name: str, log: list[str]) -> Interceptor:
    @contextmanager
    def record(invocation: Invocation) -> Iterator[None]:
        log.append(f"{name} before {invocation.side} {invocation.service}.{invocation.method}")
        try:
            yield
        except Exception as error:
            log.append(f"{name} saw {type(error).__name__}")
            raise
        log.append(f"{name} after {invocation.result}")

    return record


def test_the_first_is_outermost_and_each_sees_the_result(place: Place) -> None:
    async def run(_context: Context, name: str) -> str:
        return name

    for worker in (Worker(), AsyncWorker(run)):
        near: list[str] = []
        far: list[str] = []
        server = place.serve(worker, interceptors=[_recorder("a", far), _recorder("b", far)])
        client = place.client(
            WorkClient, server, interceptors=[_recorder("c", near), _recorder("d", near)]
        )
        assert client.run("x") == "x"
        assert far == [
            "a before server Work.run",
            "b before server Work.run",
            "b after x",
            "a after x",
        ]
        assert near == [
            "c before client Work.run",
            "d before client Work.run",
            "d after x",
            "c after x",
        ]


def test_errors_are_seen_on_both_sides(place: Place) -> None:
    def run(_context: Context, name: str) -> str:
        if name == "refused":
            raise Refused(reason="no")
        raise RuntimeError

    near: list[str] = []
    far: list[str] = []
    server = place.serve(Worker(run), interceptors=[_recorder("s", far)])
    client = place.client(WorkClient, server, interceptors=[_recorder("c", near)])
    with pytest.raises(Refused):
        client.run("refused")
    with pytest.raises(InternalError):
        client.run("fails")
    assert far[1::2] == ["s saw Refused", "s saw RuntimeError"]
    assert near[1::2] == ["c saw Refused", "c saw InternalError"]


def test_arguments_are_seen_by_pythons_names(place: Place) -> None:
    seen: list[dict[str, object]] = []

    @contextmanager
    def look(invocation: Invocation) -> Iterator[None]:
        seen.append(dict(invocation.arguments))
        yield

    server = place.serve(Worker(), interceptors=[look])
    place.client(WorkClient, server, interceptors=[look]).run("x")
    assert seen == [{"name": "x"}, {"name": "x"}]


def test_a_server_may_refuse_before_the_handler_starts(place: Place) -> None:
    ran: list[str] = []

    def run(_context: Context, name: str) -> str:
        ran.append(name)
        return name

    def guard(invocation: Invocation) -> AbstractContextManager[object]:
        if invocation.context.get("user") != "ann":
            raise Forbidden("only ann")
        return contextmanager(lambda: iter([None]))()

    client = place.client(WorkClient, place.serve(Worker(run), interceptors=[guard]))
    with pytest.raises(Forbidden, match="only ann"):
        client.run("x")
    assert ran == []
    assert client.with_options(context={"user": "ann"}).run("y") == "y"


def test_a_client_may_refuse_before_anything_is_sent(place: Place) -> None:
    class TooLate(Exception):
        pass

    def guard(_invocation: Invocation) -> AbstractContextManager[object]:
        raise TooLate

    worker = Worker()
    client = place.client(WorkClient, place.serve(worker), interceptors=[guard])
    for call in (lambda: client.run("x"), lambda: client.note("x")):
        with pytest.raises(TooLate):
            call()
    assert worker.notes == []


def test_what_a_client_adds_to_the_context_is_sent_and_stays_out_of_the_options(
    place: Place,
) -> None:
    seen: list[dict[str, str]] = []

    def run(context: Context, _name: str) -> str:
        seen.append(dict(context.data))
        return ""

    count = 0

    @contextmanager
    def sign(invocation: Invocation) -> Iterator[None]:
        nonlocal count
        count += 1
        invocation.context[f"token-{count}"] = "t"
        yield

    client = place.client(WorkClient, place.serve(Worker(run)), interceptors=[sign])
    signed = client.with_options(context={"a": "1"})
    signed.run("x")
    signed.run("x")
    assert seen == [{"a": "1", "token-1": "t"}, {"a": "1", "token-2": "t"}]


def test_an_interceptor_that_fails_at_the_server_is_internal(place: Place) -> None:
    def broken(_invocation: Invocation) -> AbstractContextManager[object]:
        raise RuntimeError("secret")

    client = place.client(WorkClient, place.serve(Worker(), interceptors=[broken]))
    with pytest.raises(InternalError) as caught:
        client.run("x")
    assert "secret" not in str(caught.value)
