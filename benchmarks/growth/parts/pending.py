"""What calls hold that are under way and not answered: memory of the client, and of the server."""

from collections.abc import Generator, Sequence
from contextlib import ExitStack

from benchmarks.growth.load import rss
from benchmarks.growth.part import Column, Curves, Part
from benchmarks.growth.points import Figures
from benchmarks.growth.rig import PATIENCE, Rig
from benchmarks.growth.scale import Scale
from benchmarks.processes import Process

PENDING = (1_000, 10_000)
WARM = {"size": 0, "callers": 10, "seconds": 0.05}
"""So that what is made once is there before it is weighed."""


def _curves(scale: Scale) -> Curves:
    return {name: scale.sizes(PENDING, 1) for name in scale.roads(["http", "amqp", "memory"])}


def _measure(rig: Rig, curve: str, at: Sequence[int]) -> Generator[Figures, None, None]:
    with ExitStack() as held:
        url = held.enter_context(rig.place(curve))
        server = None if curve == "memory" else held.enter_context(rig.server(url))
        client = held.enter_context(rig.client(url))
        client.ask({"load": WARM}, PATIENCE)
        before = _weight(client, server)
        for count in at:
            client.ask({"hold": count}, PATIENCE)
            yield each(before, _weight(client, server), count)


def _weight(client: Process, server: Process | None) -> tuple[float, float]:
    return rss(client), 0.0 if server is None else rss(server)


def each(before: tuple[float, float], after: tuple[float, float], count: int) -> Figures:
    """Return KiB a call, from those of client and server. Pure."""
    client, server = ((late - early) / count for early, late in zip(before, after, strict=True))
    return {"client_kib": client, "server_kib": server}


PART = Part(
    name="pending",
    title="Calls that are not answered",
    axis="calls",
    columns=(
        Column("client_kib", "KiB a call, client", has_spread=True, is_drawn=True),
        Column("server_kib", "KiB a call, server", has_spread=True),
    ),
    curves=_curves,
    measure=_measure,
)
