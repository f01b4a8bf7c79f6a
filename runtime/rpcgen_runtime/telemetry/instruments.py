"""The metrics, as OpenTelemetry's instruments: names, units and labels are all here."""

from collections.abc import Mapping
from typing import TypeAlias, get_args

from opentelemetry.metrics import Meter, MeterProvider

from rpcgen_runtime.methods import Method
from rpcgen_runtime.telemetry.measures import (
    OTHER,
    SCOPE,
    Cause,
    Insecure,
    Measures,
    Reason,
    State,
)

Labels: TypeAlias = Mapping[str, str]

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
"""Buckets: OpenTelemetry's own are for milliseconds."""


class Traffic:
    """How many calls there are, were, and how long they took; on one side."""

    def __init__(self, meter: Meter, side: str, under_way: str) -> None:
        self._total = meter.create_counter(
            f"rpc_{side}_calls_total", "{call}", "calls that have ended"
        )
        self._duration = meter.create_histogram(
            f"rpc_{side}_duration_seconds",
            "s",
            "how long calls took",
            explicit_bucket_boundaries_advisory=SECONDS,
        )
        self._under_way = meter.create_up_down_counter(
            f"rpc_{side}_{under_way}", "{call}", "calls that have begun and not ended"
        )

    def begun(self, method: Method) -> None:
        """Count a call in."""
        self._under_way.add(1, _labels(method))

    def ended(self, method: Method, outcome: str, seconds: float) -> None:
        """Count out a call that was counted in."""
        labels = _labels(method)
        self._under_way.add(-1, labels)
        labels["outcome"] = outcome
        self._total.add(1, labels)
        self._duration.record(seconds, labels)

    def refused(self, method: Method | None, outcome: str) -> None:
        """Count a call that did not begin."""
        self._total.add(1, {**_labels(method), "outcome": outcome})


class Instruments(Measures):
    """All metrics of a process."""

    def __init__(self, provider: MeterProvider) -> None:
        meter = provider.get_meter(SCOPE)
        self.client = Traffic(meter, "client", "pending")
        self.server = Traffic(meter, "server", "inflight")
        self._redelivered = meter.create_counter("rpc_redelivered_total", "{message}")
        self._dead_lettered = meter.create_counter("rpc_dead_lettered_total", "{message}")
        self._expired = meter.create_counter("rpc_expired_unexecuted_total", "{message}")
        self._unroutable = meter.create_counter("rpc_unroutable_total", "{message}")
        self._late_replies = meter.create_counter("rpc_late_replies_total", "{message}")
        self._undecodable = meter.create_counter("rpc_undecodable_total", "{message}")
        self._duplicate_ids = meter.create_counter("rpc_duplicate_ids_total", "{request}")
        self._state = meter.create_gauge("rpc_connection_state", "1")
        self._blocked = meter.create_counter("rpc_connection_blocked_seconds_total", "s")
        self._reconnects = meter.create_counter("rpc_reconnects_total", "{connection}")
        self._confirm = meter.create_histogram(
            "rpc_confirm_seconds", "s", explicit_bucket_boundaries_advisory=SECONDS
        )
        self._insecure = meter.create_gauge("rpc_config_insecure", "1")

    def redelivered(self, method: Method | None = None) -> None:
        """See Measures."""
        self._redelivered.add(1, _labels(method))

    def dead_lettered(self, reason: Reason, method: Method | None = None) -> None:
        """See Measures."""
        self._dead_lettered.add(1, {**_labels(method), "reason": reason})

    def expired_unexecuted(self, method: Method | None = None) -> None:
        """See Measures."""
        self._expired.add(1, _labels(method))

    def unroutable(self, method: Method | None = None) -> None:
        """See Measures."""
        self._unroutable.add(1, _labels(method))

    def late_reply(self) -> None:
        """See Measures."""
        self._late_replies.add(1)

    def undecodable(self) -> None:
        """See Measures."""
        self._undecodable.add(1)

    def connection_state(self, name: str, state: State) -> None:
        """See Measures: one of the states is 1."""
        for other in get_args(State):
            self._state.set(int(other == state), {"name": name, "state": other})

    def connection_blocked(self, name: str, seconds: float) -> None:
        """See Measures."""
        self._blocked.add(seconds, {"name": name})

    def reconnected(self, cause: Cause) -> None:
        """See Measures."""
        self._reconnects.add(1, {"cause": cause})

    def confirmed(self, seconds: float) -> None:
        """See Measures."""
        self._confirm.record(seconds)

    def insecure(self, what: Insecure) -> None:
        """See Measures."""
        self._insecure.set(1, {"what": what})

    def duplicate_ids(self, count: int) -> None:
        """See Measures."""
        self._duplicate_ids.add(count)


def _labels(method: Method | None) -> dict[str, str]:
    if method is None:
        return {"service": OTHER, "method": OTHER, "verb": OTHER}
    return {"service": method.service.name, "method": method.name, "verb": method.verb.value}
