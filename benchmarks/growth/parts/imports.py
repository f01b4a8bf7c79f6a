"""What a process costs before the first call: its imports, its client or its server, idle."""

from collections.abc import Generator, Sequence

from benchmarks.growth import fresh
from benchmarks.growth.part import Column, Curves, Part
from benchmarks.growth.points import Figures
from benchmarks.growth.rig import Rig
from benchmarks.growth.scale import BROKER, Scale

REPEATS = 4
"""In each round."""
_CONNECT = "from rpcgen_runtime import connect\nconnect({url!r})"
_SERVE = "from benchmarks.growth.subjects.bench import server\nheld = server({url!r})"
_START = f"{_SERVE}\nheld.start()"
_ROWS = {
    "nothing": "pass",
    "pydantic": "from pydantic import BaseModel\nclass Model(BaseModel): x: int",
    "rpcgen_runtime": "import rpcgen_runtime",
    "http, a client": _CONNECT,
    "http, a server": _START,
    "amqp, a client": _CONNECT,
    "amqp, a server": _START,
}


def _curves(scale: Scale) -> Curves:
    return {name: [0] for name in scale.roads(_ROWS)}


def _measure(rig: Rig, curve: str, _: Sequence[int]) -> Generator[Figures, None, None]:
    road = BROKER if curve.startswith(BROKER) else "http"
    with rig.place(road) as url:
        statements = _ROWS[curve].format(url=url)
        folder = rig.folder / curve.replace(" ", "-")
        folder.mkdir(exist_ok=True)
        yield costs(fresh.warm(statements, folder), fresh.cold(statements, folder))


def costs(warm: fresh.Cost, cold: fresh.Cost) -> Figures:
    """Return the figures of two interpreters. Pure."""
    return {
        "warm_ms": 1e3 * warm.seconds,
        "cold_ms": 1e3 * cold.seconds,
        "rss_mib": warm.rss / 1024,
        "pss_mib": warm.pss / 1024,
    }


PART = Part(
    name="imports",
    title="A process before its first call",
    axis="",
    columns=(
        Column("warm_ms", "ms, warm", has_spread=True),
        Column("cold_ms", "ms, cold", has_spread=True),
        Column("rss_mib", "RSS MiB"),
        Column("pss_mib", "PSS MiB"),
    ),
    curves=_curves,
    measure=_measure,
    repeats=REPEATS,
)
