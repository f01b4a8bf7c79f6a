"""OpenTelemetry's own SDK, for the length of a test, and what it collected."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import pytest
from opentelemetry import trace
from opentelemetry.metrics import _internal as metrics
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader, NumberDataPoint
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from tests.runtime.places import Aside, Place, eventually

Labels = dict[str, str]


@dataclass(frozen=True)
class Collected:
    """What the SDK was given."""

    exporter: InMemorySpanExporter
    reader: InMemoryMetricReader

    @property
    def spans(self) -> list[ReadableSpan]:
        """Return the spans that have ended, in that order."""
        return list(self.exporter.get_finished_spans())

    def span(self, kind: trace.SpanKind, name: str) -> ReadableSpan:
        """Return the only span of that kind and name, once it has ended."""

        def found() -> list[ReadableSpan]:
            return [it for it in self.spans if (it.kind, it.name) == (kind, name)]

        assert eventually(lambda: bool(found())), [(it.kind, it.name) for it in self.spans]
        (span,) = found()
        return span

    def points(self, name: str) -> list[tuple[Labels, float]]:
        """Return the labels and values of a metric; of a histogram how many it has counted."""
        data = self.reader.get_metrics_data()
        return [
            (
                {key: str(it) for key, it in (point.attributes or {}).items()},
                point.value if isinstance(point, NumberDataPoint) else point.count,
            )
            for resource in (data.resource_metrics if data is not None else ())
            for scope in resource.scope_metrics
            for metric in scope.metrics
            if metric.name == name
            for point in metric.data.data_points
        ]

    def value(self, name: str, **labels: str) -> float:
        """Return the sum of what a metric has with these labels, among others."""
        return sum(it for had, it in self.points(name) if labels.items() <= had.items())


@pytest.fixture
def collected(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collected]:
    """Set OpenTelemetry up for whatever is made during the test."""
    made = Collected(InMemorySpanExporter(), InMemoryMetricReader())
    tracing = TracerProvider(shutdown_on_exit=False)
    tracing.add_span_processor(SimpleSpanProcessor(made.exporter))
    metering = MeterProvider([made.reader], shutdown_on_exit=False)
    # A process sets them once and for all; a test gives them back.
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", tracing)
    monkeypatch.setattr(metrics, "_METER_PROVIDER", metering)
    yield made
    tracing.shutdown()
    metering.shutdown()


@pytest.fixture(scope="session")
def aside() -> Iterator[Aside]:
    made = Aside()
    yield made
    made.close()


@pytest.fixture(params=list(product(["memory", "http", "amqp"], ["sync", "async"])), ids="-".join)
def place(request: pytest.FixtureRequest, aside: Aside, collected: Collected) -> Iterator[Place]:
    scheme, style = request.param
    # Asked for only where it is needed: it takes seconds to start.
    broker = request.getfixturevalue("broker") if scheme == "amqp" else None
    made = Place(scheme, style, aside, broker)
    yield made
    made.close()
