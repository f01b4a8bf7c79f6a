"""Metrics and traces of calls, through OpenTelemetry where the process has set it up.

measures (what transports count) · outcomes (how a call ended, as a label) · peers → instruments,
spans (the only files that import opentelemetry) → providers → calls, requests (what the caller and
the dispatcher tell)
"""

from rpcgen_runtime.telemetry.measures import Measures
from rpcgen_runtime.telemetry.providers import measures

__all__ = ["Measures", "measures"]
