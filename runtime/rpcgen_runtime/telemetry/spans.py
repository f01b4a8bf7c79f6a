"""Spans of calls and requests, through OpenTelemetry's tracer.

They say which method, where to and how it ended; never an argument, a result or the text of an
exception. The names of attributes are those of OpenTelemetry's conventions for RPC.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import (
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    TracerProvider,
)

from rpcgen_runtime.context import parse_traceparent
from rpcgen_runtime.messages import Request, Verb
from rpcgen_runtime.methods import Method
from rpcgen_runtime.telemetry.measures import OTHER, SCOPE
from rpcgen_runtime.telemetry.peers import Peer

SYSTEM = "rpcgen"


class Spans:
    """What makes spans."""

    def __init__(self, provider: TracerProvider) -> None:
        self._tracer = provider.get_tracer(SCOPE)

    def of_call(self, method: Method, peer: Peer) -> AbstractContextManager[Span]:
        """Return the span of a call, which is the current one as long as it is entered."""
        kind = SpanKind.PRODUCER if method.verb is Verb.EVENT else SpanKind.CLIENT
        return self._current(method, kind, None, {**_attributes(method), **peer.attributes})

    def of_request(self, request: Request, method: Method | None) -> AbstractContextManager[Span]:
        """Return the span of a request, below the span of the call that sent it."""
        kind = SpanKind.SERVER if request.verb is Verb.CALL else SpanKind.CONSUMER
        return self._current(method, kind, _remote(request.traceparent), _attributes(method))

    def end(self, span: Span, error_type: str, *, is_fault: bool) -> None:
        """Note on a span that it did not end well."""
        span.set_attribute("error.type", error_type)
        if is_fault:
            span.set_status(Status(StatusCode.ERROR))

    def traceparent(self) -> str | None:
        """Return the current span as it travels; None where there is none."""
        span = trace.get_current_span().get_span_context()
        if not span.is_valid:
            return None
        trace_id, span_id = trace.format_trace_id(span.trace_id), trace.format_span_id(span.span_id)
        return f"00-{trace_id}-{span_id}-{span.trace_flags:02x}"

    def _current(
        self,
        method: Method | None,
        kind: SpanKind,
        context: Context | None,
        attributes: Mapping[str, str | int],
    ) -> AbstractContextManager[Span]:
        # The text of an exception may hold what nobody outside is to read.
        return self._tracer.start_as_current_span(
            OTHER if method is None else method.label,
            context=context,
            kind=kind,
            attributes=attributes,
            record_exception=False,
            set_status_on_exception=False,
        )


def _attributes(method: Method | None) -> Mapping[str, str | int]:
    if method is None:
        return {"rpc.system": SYSTEM, "rpc.service": OTHER, "rpc.method": OTHER}
    return {
        "rpc.system": SYSTEM,
        "rpc.service": method.service.name,
        "rpc.method": method.name,
    }


def _remote(parent: str | None) -> Context:
    """Return the context below which a request belongs; an empty one for what has no parent.

    What is current where the request comes in belongs to whoever started the server.
    """
    found = parse_traceparent(parent)
    if found is None:
        return Context()
    trace_id, span_id, flags = (int(it, 16) for it in found)
    remote = SpanContext(trace_id, span_id, is_remote=True, trace_flags=TraceFlags(flags))
    return trace.set_span_in_context(NonRecordingSpan(remote), Context())
