"""The caller's data reach the handler, and go on only where the handler says so."""

import pytest

from rpcgen_runtime import Context, InvalidArguments, NotExecuted, connect
from tests.runtime.generated.new.trial.work.v1 import WorkClient
from tests.runtime.places import Place, ask
from tests.runtime.promises.endpoints import Worker


def test_data_of_the_caller_reach_the_handler(place: Place) -> None:
    seen: list[Context] = []

    def run(context: Context, _name: str) -> str:
        seen.append(context)
        return ""

    server = place.serve(Worker(run), server="node-7")
    data = {"user": "Zoë", "tenant": 'a"b\n', "": ""}
    client = place.client(WorkClient, server)
    client.with_options(context=data).run("x")
    client.run("x")
    assert [dict(it.data) for it in seen] == [data, {}]
    assert seen[0].server == "node-7"
    assert seen[0].method == "Work.run"
    assert seen[0].version == "1.0"
    assert len(seen[0].message_id) == 32


def test_a_handler_passes_its_callers_data_on_only_where_it_says_so(place: Place) -> None:
    seen: list[dict[str, str]] = []

    def run(context: Context, _name: str) -> str:
        seen.append(dict(context.data))
        return ""

    inner = place.serve(Worker(run))

    def nested(context: Context, _name: str) -> str:
        with connect(inner.url) as transport:
            client = WorkClient(transport)
            client.run("x")
            return client.with_options(context=context).run("x")

    client = place.client(WorkClient, place.serve(Worker(nested)))
    client.with_options(context={"user": "ann"}).run("x")
    assert seen == [{}, {"user": "ann"}]


def test_options_add_up_and_leave_the_client_they_came_from_alone(place: Place) -> None:
    seen: list[tuple[dict[str, str], float]] = []

    def run(context: Context, _name: str) -> str:
        seen.append((dict(context.data), context.deadline.remaining()))
        return ""

    plain = place.client(WorkClient, place.serve(Worker(run)), timeout=1000)
    both = plain.with_options(context={"a": "1"}).with_options(timeout=100)
    both.run("x")
    plain.run("x")
    assert seen[0][0] == {"a": "1"}
    assert seen[0][1] <= 100
    assert seen[1][0] == {}
    assert seen[1][1] > 100


def test_data_that_are_no_texts_are_refused(http_place: Place) -> None:
    worker = Worker()
    url = http_place.serve(worker).url
    for wrong in (
        "",
        "[]",
        "1",
        '{"a": 1}',
        '{"a": null}',
        "{",
        "[" * 5_000,
        '{"a": "' + "x" * 9_000 + '"}',
    ):
        error = ask(url, "Work.other", ["x"], {"rpcgen-context": wrong or " "})["error"]
        assert error["code"] == -32602
        assert "`rpcgen-context`" in error["message"]


def test_too_much_data_is_not_executed(http_place: Place) -> None:
    client = http_place.client(WorkClient, http_place.serve(Worker()))
    with pytest.raises(NotExecuted) as caught:
        client.with_options(context={"a": "x" * 10_000}).run("x")
    assert isinstance(caught.value, InvalidArguments)
