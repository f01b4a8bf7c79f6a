"""Against the size of what is sent: bytes, which JSON has as base64, and msgpack as they are."""

from collections.abc import Generator, Sequence
from contextlib import ExitStack

from benchmarks.growth.load import load
from benchmarks.growth.part import Column, Curves, Part
from benchmarks.growth.points import Figures
from benchmarks.growth.rig import Rig
from benchmarks.growth.scale import Scale

SIZES = (100, 1_000, 10_000, 100_000, 1_000_000, 4_000_000)
CALLERS = 8
MSGPACK = ", msgpack"


def _curves(scale: Scale) -> Curves:
    names = scale.roads(["http", "amqp", f"amqp{MSGPACK}"])
    return {name: scale.sizes(SIZES) for name in names}


def _measure(rig: Rig, curve: str, at: Sequence[int]) -> Generator[Figures, None, None]:
    with ExitStack() as held:
        url = held.enter_context(rig.place(curve.removesuffix(MSGPACK)))
        server = held.enter_context(rig.server(url))
        told = f"{url}&body=msgpack" if curve.endswith(MSGPACK) else url
        client = held.enter_context(rig.client(told))
        for size in at:
            yield by_size(load(client, [server], rig.scale, CALLERS, size), size)


def by_size(found: Figures, size: int) -> Figures:
    """Return the figures with those of a byte. Pure."""
    return {
        **found,
        "mb_s": found["calls_s"] * size / 1e6,
        "cpu_ms_mb": found["cpu_us"] / 1e3 / (size / 1e6),
    }


PART = Part(
    name="bodies",
    title="Size of the body",
    axis="bytes",
    columns=(
        Column("calls_s", "calls/s", has_spread=True, is_drawn=True),
        Column("mb_s", "MB/s", is_drawn=True),
        Column("cpu_us", "CPU µs a call", is_drawn=True),
        Column("cpu_ms_mb", "CPU ms a MB"),
        Column("p99_ms", "p99 ms"),
    ),
    curves=_curves,
    measure=_measure,
)
