"""Against calls under way at once; servers and transports have the limits that they have."""

from collections.abc import Generator, Sequence
from contextlib import ExitStack

from benchmarks.growth.load import load
from benchmarks.growth.part import Column, Curves, Part
from benchmarks.growth.points import Figures
from benchmarks.growth.rig import Rig
from benchmarks.growth.scale import Scale

CALLERS = (1, 10, 100, 1_000, 10_000)


def _curves(scale: Scale) -> Curves:
    return {name: scale.sizes(CALLERS) for name in scale.roads(["http", "amqp", "memory"])}


def _measure(rig: Rig, curve: str, at: Sequence[int]) -> Generator[Figures, None, None]:
    with ExitStack() as held:
        url = held.enter_context(rig.place(curve))
        servers = [] if curve == "memory" else [held.enter_context(rig.server(url))]
        client = held.enter_context(rig.client(url))
        for callers in at:
            yield load(client, servers, rig.scale, callers)


PART = Part(
    name="callers",
    title="Calls under way",
    axis="callers",
    columns=(
        Column("calls_s", "calls/s", has_spread=True, is_drawn=True),
        Column("cpu_us", "CPU µs a call", is_drawn=True),
        Column("client_cpu_us", "of the client"),
        Column("p50_ms", "p50 ms"),
        Column("p99_ms", "p99 ms", is_drawn=True),
    ),
    curves=_curves,
    measure=_measure,
)
