"""What idle connections hold at an HTTP server; each was used for one call."""

import json
from collections.abc import Generator, Sequence
from contextlib import ExitStack, closing
from http.client import HTTPConnection
from urllib.parse import urlsplit

from benchmarks.growth.load import rss
from benchmarks.growth.part import Column, Curves, Part
from benchmarks.growth.points import Figures
from benchmarks.growth.rig import PATIENCE, Rig
from benchmarks.growth.scale import Scale
from benchmarks.processes import SubjectError

CONNECTIONS = (100, 1_000)
_BODY = json.dumps({"jsonrpc": "2.0", "method": "Bench.add", "params": [2, 3], "id": 1})
_HEADERS = {"Content-Type": "application/json"}


def _curves(scale: Scale) -> Curves:
    return {"http": scale.sizes(CONNECTIONS, 1)}


def _measure(rig: Rig, curve: str, at: Sequence[int]) -> Generator[Figures, None, None]:
    with ExitStack() as held:
        url = held.enter_context(rig.place(curve))
        server = held.enter_context(rig.server(url))
        held.enter_context(closing(_used(url)))  # what is made once is there before it is weighed
        before = rss(server)
        opened = 0
        for count in at:
            while opened < count:
                held.enter_context(closing(_used(url)))
                opened += 1
            yield {"kib": (rss(server) - before) / count}


def _used(url: str) -> HTTPConnection:
    """Return a connection over which a call was answered. Raises SubjectError."""
    made = HTTPConnection(urlsplit(url).netloc, timeout=PATIENCE)
    made.request("POST", "/", _BODY, _HEADERS)
    answer = made.getresponse().read()
    if json.loads(answer).get("result") != 5:
        made.close()
        raise SubjectError(f"`add(2, 3)` was answered {answer[:60]!r}")
    return made


PART = Part(
    name="connections",
    title="Idle connections",
    axis="connections",
    columns=(Column("kib", "KiB a connection, server", has_spread=True),),
    curves=_curves,
    measure=_measure,
)
