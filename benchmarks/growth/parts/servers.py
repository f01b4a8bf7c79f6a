"""Against the number of server processes: handlers that return at once, and such that wait."""

from collections.abc import Generator, Sequence
from contextlib import ExitStack
from urllib.parse import urlsplit

from benchmarks.growth.load import load
from benchmarks.growth.part import Column, Curves, Part
from benchmarks.growth.points import Figures
from benchmarks.growth.rig import PATIENCE, Rig
from benchmarks.growth.scale import Scale
from benchmarks.processes import Process

SERVERS = (1, 2, 3, 4)
CALLERS = 64
WAITS = ", waits"
"""Ends the name of a curve whose handlers wait."""


def _curves(scale: Scale) -> Curves:
    names = scale.roads(["http", "amqp", f"http{WAITS}", f"amqp{WAITS}"])
    return {name: scale.sizes(SERVERS) for name in names}


def _measure(rig: Rig, curve: str, at: Sequence[int]) -> Generator[Figures, None, None]:
    road = curve.removesuffix(WAITS)
    file = "waiting" if curve.endswith(WAITS) else "bench"
    with ExitStack() as held:
        first = held.enter_context(rig.place(road))
        urls: list[str] = []
        servers: list[Process] = []
        client: Process | None = None
        for count in at:
            while len(servers) < count:
                urls.append(_next(held, rig, first, road, is_first=not urls))
                servers.append(held.enter_context(rig.server(urls[-1], file)))
            if client is None:
                client = held.enter_context(rig.client(first, file))
            client.ask({"open": together(urls)}, PATIENCE)
            yield load(client, servers, rig.scale, CALLERS)


def _next(held: ExitStack, rig: Rig, first: str, road: str, *, is_first: bool) -> str:
    """Return where one more server is: at a port of its own, or at the same broker."""
    return first if is_first or road == "amqp" else held.enter_context(rig.place(road))


def together(urls: Sequence[str]) -> str:
    """Return the URL of a client of servers at these. Pure."""
    places = dict.fromkeys(urlsplit(it).netloc for it in urls)
    if len(places) == 1:
        return urls[0]
    return f"http://{','.join(places)}/"


PART = Part(
    name="servers",
    title="Server processes",
    axis="servers",
    columns=(
        Column("calls_s", "calls/s", has_spread=True, is_drawn=True),
        Column("cpu_us", "CPU µs a call", is_drawn=True),
        Column("client_cpu_us", "of the client"),
        Column("p99_ms", "p99 ms"),
    ),
    curves=_curves,
    measure=_measure,
)
