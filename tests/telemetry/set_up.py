"""A server whose module sets OpenTelemetry up: spans go to standard error, one name a line."""

import sys

from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SimpleSpanProcessor

from tests.runtime.promises.endpoints import Worker

provider = TracerProvider()
exporter = ConsoleSpanExporter(
    out=sys.stderr, formatter=lambda span: f"{span.kind.name} {span.name}\n"
)
provider.add_span_processor(SimpleSpanProcessor(exporter))
trace.set_tracer_provider(provider)


class Traced(Worker):
    def __init__(self) -> None:
        super().__init__()
