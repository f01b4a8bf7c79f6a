"""Spans: what is a child of what, what they say, and what they never say."""

import json
import secrets
import signal

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import SpanKind, StatusCode

from rpcgen_runtime import Context, RpcError, Server, connect, errors
from tests.runtime.generated.new.trial.work.v1 import (
    Hidden,
    Refused,
    WorkClient,
    WorkEvents,
)
from tests.runtime.places import PATIENCE, Place, ask
from tests.runtime.promises.endpoints import Ears, Worker
from tests.telemetry.commands import served, told_url
from tests.telemetry.conftest import Collected

SECRET = "sesame-4711"


def _is_child(span: ReadableSpan, of: ReadableSpan) -> bool:
    assert span.context is not None
    assert of.context is not None
    return (
        span.parent is not None
        and span.parent.span_id == of.context.span_id
        and span.context.trace_id == of.context.trace_id
    )


def test_a_request_is_a_child_of_its_call(place: Place, collected: Collected) -> None:
    server = place.serve(Worker())
    assert place.client(WorkClient, server).run("a") == "a"
    call = collected.span(SpanKind.CLIENT, "Work.run")
    request = collected.span(SpanKind.SERVER, "Work.run")
    assert _is_child(request, call)
    assert call.parent is None
    assert call.status.status_code is request.status.status_code is StatusCode.UNSET


def test_a_call_is_a_child_of_the_span_that_it_is_made_in(
    place: Place, collected: Collected
) -> None:
    client = place.client(WorkClient, place.serve(Worker()))
    with trace.get_tracer("tests").start_as_current_span("mine"):
        client.run("a")
    assert _is_child(
        collected.span(SpanKind.CLIENT, "Work.run"), collected.span(SpanKind.INTERNAL, "mine")
    )


def test_what_a_handler_does_is_below_its_request(place: Place, collected: Collected) -> None:
    """Its own spans, the calls that it makes, and what `ctx.traceparent` says."""
    inner = place.serve(Worker())
    told: list[str] = []
    with connect(inner.url) as transport:

        def run(ctx: Context, name: str) -> str:
            told.append(ctx.traceparent)
            with trace.get_tracer("tests").start_as_current_span("mine"):
                pass
            return WorkClient(transport).repeat(name)

        outer = place.serve(Worker(run), url=place.fresh_url())
        assert place.client(WorkClient, outer).run("a") == "a"
    request = collected.span(SpanKind.SERVER, "Work.run")
    nested = collected.span(SpanKind.CLIENT, "Work.repeat")
    assert _is_child(collected.span(SpanKind.INTERNAL, "mine"), request)
    assert _is_child(nested, request)
    assert _is_child(collected.span(SpanKind.SERVER, "Work.repeat"), nested)
    assert request.context is not None
    own = f"00-{request.context.trace_id:032x}-{request.context.span_id:016x}-"
    assert [it[:-2] for it in told] == [own]


def test_what_is_not_answered_is_consumed(place: Place, collected: Collected) -> None:
    worker, ears = Worker(), Ears()
    transport = place.transport(place.serve(worker, ears).url)
    client = place.stub(WorkClient, transport)
    client.note("a")
    client.ring("b")
    place.stub(WorkEvents, transport).rang("c")
    for name, kind in (
        ("Work.note", SpanKind.CLIENT),
        ("Work.ring", SpanKind.CLIENT),
        ("Work.rang", SpanKind.PRODUCER),
    ):
        assert _is_child(collected.span(SpanKind.CONSUMER, name), collected.span(kind, name))


def test_a_span_says_which_method_and_where(place: Place, collected: Collected) -> None:
    server = place.serve(Worker())
    place.client(WorkClient, server).run("a")
    method = {"rpc.system": "rpcgen", "rpc.service": "Work", "rpc.method": "run"}
    where: dict[str, object] = {"network.transport": "inproc"}
    if place.is_http:
        port = int(server.url.rpartition(":")[2].strip("/"))
        where = {
            "network.transport": "tcp",
            "server.address": "127.0.0.1",
            "server.port": port,
        }
    told = collected.span(SpanKind.CLIENT, "Work.run").attributes or {}
    if place.scheme == "amqp":  # behind a broker
        assert told.keys() - method.keys() <= {"network.transport", "server.address", "server.port"}
        where = {name: told[name] for name in told.keys() - method.keys()}
    assert told == {**method, **where}
    assert collected.span(SpanKind.SERVER, "Work.run").attributes == method


@pytest.mark.parametrize(
    ("raised", "seen", "status"),
    [
        (Refused(reason=SECRET), "Refused", StatusCode.UNSET),
        (Hidden(secret=SECRET), "InternalError", StatusCode.ERROR),
        (RuntimeError(SECRET), "InternalError", StatusCode.ERROR),
    ],
    ids=lambda it: type(it).__name__ if isinstance(it, Exception) else "",
)
def test_a_span_says_how_it_ended_and_nothing_of_why(
    place: Place, collected: Collected, raised: Exception, seen: str, status: StatusCode
) -> None:
    def run(_ctx: Context, _name: str) -> str:
        raise raised

    client = place.client(WorkClient, place.serve(Worker(run)))
    with pytest.raises(RpcError):
        client.run(SECRET)
    call = collected.span(SpanKind.CLIENT, "Work.run")
    request = collected.span(SpanKind.SERVER, "Work.run")
    for span in (call, request):
        assert (span.attributes or {})["error.type"] == seen
        assert span.events == ()
        assert span.status.description is None
        assert SECRET not in span.to_json()
    assert call.status.status_code is StatusCode.ERROR
    assert request.status.status_code is status


def test_a_call_that_is_not_sent_has_a_span(place: Place, collected: Collected) -> None:
    client = place.client(WorkClient, place.fresh_url().replace(":0", ":1"))
    with pytest.raises(errors.NotExecuted) as caught:
        client.run("a")
    call = collected.span(SpanKind.CLIENT, "Work.run")
    assert (call.attributes or {})["error.type"] == type(caught.value).__name__


def test_tokens_are_in_no_span(collected: Collected) -> None:
    with (
        Server("http://127.0.0.1:0", [Worker()]) as server,
        connect(server.url, token=SECRET) as transport,
    ):
        WorkClient(transport).with_options(context={"secret": SECRET}).run(SECRET)
    assert len(collected.spans) == 2
    assert not any(SECRET in it.to_json() for it in collected.spans)


def test_a_stranger_begins_or_goes_on_a_trace(collected: Collected) -> None:
    """W3C Trace Context, section 3.2; what is not well-formed is as none (4.1 row 39)."""
    trace_id, span_id = secrets.token_hex(16), secrets.token_hex(8)
    sent = [None, f"00-{trace_id}-{span_id}-01", f"ff-{trace_id}-{span_id}-01", "\u00e4" * 200]
    with (
        trace.get_tracer("tests").start_as_current_span("starts the server"),
        Server("http://127.0.0.1:0", [Worker()]) as server,
    ):
        for it in sent:
            headers = {} if it is None else {"traceparent": it.encode().decode("latin-1")}
            assert ask(server.url, "run", ["a"], headers)["result"] == "a"
    spans = [it for it in collected.spans if it.kind is SpanKind.SERVER]
    parents = [None if it.parent is None else f"{it.parent.span_id:016x}" for it in spans]
    assert parents == [None, span_id, None, None]
    assert [f"{it.context.trace_id:032x}" for it in spans if it.context][1] == trace_id


def test_an_unsampled_trace_stays_so(collected: Collected) -> None:
    told: list[str] = []

    def run(ctx: Context, name: str) -> str:
        told.append(ctx.traceparent)
        return name

    trace_id = secrets.token_hex(16)
    with Server("http://127.0.0.1:0", [Worker(run)]) as server:
        ask(server.url, "run", ["a"], {"traceparent": f"00-{trace_id}-{'1' * 16}-00"})
    assert told[0].startswith(f"00-{trace_id}-")
    assert told[0].endswith("-00")
    assert collected.spans == []


def test_a_method_that_nobody_knows_makes_no_new_name(collected: Collected) -> None:
    with Server("http://127.0.0.1:0", [Worker()]) as server:
        for number in range(3):
            assert "error" in ask(server.url, f"Work.made_up_{number}")
    assert {it.name for it in collected.spans} == {"_OTHER"}
    assert "made_up" not in json.dumps([it.to_json() for it in collected.spans])
    assert [(it.attributes or {})["error.type"] for it in collected.spans] == ["MethodNotFound"] * 3


def test_the_module_of_the_endpoint_may_set_it_up() -> None:
    with served("tests.telemetry.set_up:Traced") as process:
        with connect(told_url(process)) as transport:
            WorkClient(transport).run("a")
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=PATIENCE)
    assert errors.splitlines()[0] == "SERVER Work.run"
