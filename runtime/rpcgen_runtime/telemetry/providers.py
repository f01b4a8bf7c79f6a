"""Whether somebody in this process has set OpenTelemetry up; where not, it is not even imported.

Asked once, when a transport or a server is made: what is set up later is not seen by it.
"""

import sys
from functools import lru_cache
from typing import TYPE_CHECKING

from rpcgen_runtime.telemetry.measures import NO_MEASURES, Measures

if TYPE_CHECKING:
    from opentelemetry.metrics import MeterProvider

    from rpcgen_runtime.telemetry.instruments import Instruments
    from rpcgen_runtime.telemetry.spans import Spans

API = "opentelemetry"


def measures() -> Measures:
    """Return what all transports of this process count with."""
    return instruments() or NO_MEASURES


def instruments() -> "Instruments | None":
    """Return the instruments of the process; None where nobody collects metrics."""
    # Who has set up metrics has imported their API: a look is all that it costs the others.
    if f"{API}.metrics" not in sys.modules:
        return None
    from opentelemetry.metrics import get_meter_provider

    provider = get_meter_provider()
    return _instruments(provider) if _is_real(provider) else None


def spans() -> "Spans | None":
    """Return what makes spans; None where nobody traces."""
    if f"{API}.trace" not in sys.modules:
        return None
    from opentelemetry.trace import get_tracer_provider

    provider = get_tracer_provider()
    if not _is_real(provider):
        return None
    from rpcgen_runtime.telemetry.spans import Spans

    return Spans(provider)


def _is_real(provider: object) -> bool:
    """Whether a provider does anything: those of the API itself only stand in for one."""
    return not type(provider).__module__.startswith((f"{API}.trace", f"{API}.metrics"))


@lru_cache(maxsize=1)
def _instruments(provider: "MeterProvider") -> "Instruments":
    """Return the instruments of a provider, made once."""
    from rpcgen_runtime.telemetry.instruments import Instruments

    return Instruments(provider)
