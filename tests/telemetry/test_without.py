"""Where OpenTelemetry is not installed, not set up, or set up in part."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from opentelemetry import trace
from opentelemetry.metrics import _internal as metrics
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from rpcgen_runtime import Context, Server, connect, telemetry
from rpcgen_runtime.telemetry.measures import NO_MEASURES
from tests.runtime.generated.new.trial.work.v1 import WorkClient
from tests.runtime.places import PATIENCE, ask
from tests.runtime.promises.endpoints import Worker
from tests.telemetry.conftest import Collected

ROOT = Path(__file__).parents[2]

CALLS = """
    import sys
    {before}
    from rpcgen_runtime import Server, connect, telemetry
    from rpcgen_runtime.telemetry.measures import NO_MEASURES
    from tests.runtime.generated.new.trial.work.v1 import WorkClient
    from tests.runtime.promises.endpoints import Worker

    seen = []

    def run(context, name):
        seen.append(context.traceparent)
        return name if name == "inner" else WorkClient(transport).repeat("inner")

    for url in ("memory://here", "http://127.0.0.1:0"):
        with Server(url, [Worker(run)]) as server, connect(server.url) as transport:
            assert WorkClient(transport).run("outer") == "inner"
            WorkClient(transport).note("inner")
            assert transport.calls is None
    outer, inner = seen[:2]
    assert outer[:35] == inner[:35] and outer != inner, "the trace goes on without it"
    assert telemetry.measures() is NO_MEASURES
    {after}
"""


def _runs(before: str, after: str) -> None:
    code = textwrap.dedent(CALLS).format(before=before, after=after)
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=PATIENCE * 3,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, "")


def test_calls_go_on_where_it_is_not_installed() -> None:
    _runs("sys.modules['opentelemetry'] = None", "")


def test_it_is_not_imported_where_nobody_has_set_it_up() -> None:
    _runs("", "assert not [it for it in sys.modules if it.startswith('opentelemetry')]")


def test_calls_are_not_told_of_where_there_is_no_sdk() -> None:
    _runs("import opentelemetry.metrics, opentelemetry.trace", "")


def test_metrics_alone_leave_traces_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    reader = InMemoryMetricReader()
    monkeypatch.setattr(metrics, "_METER_PROVIDER", MeterProvider([reader], shutdown_on_exit=False))
    told: list[str] = []

    def run(ctx: Context, name: str) -> str:
        told.append(ctx.traceparent)
        return name

    trace_id = "a" * 32
    with Server("http://127.0.0.1:0", [Worker(run)]) as server, connect(server.url) as transport:
        assert WorkClient(transport).run("a") == "a"
        ask(server.url, "run", ["a"], {"traceparent": f"00-{trace_id}-{'b' * 16}-01"})
    assert told[1].startswith(f"00-{trace_id}-")
    data = reader.get_metrics_data()
    assert data is not None
    assert "rpc_client_calls_total" in data.to_json()


def test_traces_alone_count_nothing(collected: Collected, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "_METER_PROVIDER", None)
    assert telemetry.measures() is NO_MEASURES
    with Server("memory://alone", [Worker()]), connect("memory://alone") as transport:
        WorkClient(transport).run("a")
    assert {it.kind for it in collected.spans} == {trace.SpanKind.CLIENT, trace.SpanKind.SERVER}
