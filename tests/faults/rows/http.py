"""Rows H: the same calls over HTTP; casts are handed over there, and promise no more."""

import socket
from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from tests.faults.load import Load
from tests.faults.processes import ServerProcess
from tests.faults.rows.row import Needs, Row, RowImpossible, at_most
from tests.faults.scene import Scene
from tests.faults.sides import OURS


def killed_and_frozen(scene: Scene) -> None:
    """H1: a server is killed and comes back, another one is frozen."""
    first, second = _hosts(scene)
    scene.begin_load()
    scene.fault("killing a server")
    first.kill()
    scene.hold(scene.pick(10, 3))
    scene.serve(1, first.url)
    scene.places.say("freezing the other")
    second.freeze()
    scene.hold(scene.pick(20, 4))
    second.thaw()
    scene.healed()


def idle_crowd(scene: Scene) -> None:
    """H2: thousands of connections that say next to nothing."""
    [server] = _hosts(scene, 1)
    scene.begin_load()
    number = int(scene.pick(5_000, 500))
    scene.fault(f"{number} connections that say next to nothing")
    crowd = scene.hold_open(Crowd(server.url, number))
    for _ in range(int(scene.pick(20, 5))):
        crowd.say(b"x")
        scene.hold(1)
    scene.healed("they go on, and are looked at no more")
    scene.measured["connections_opened"] = crowd.opened


class Crowd:
    """Connections that have begun a request and do not end it."""

    def __init__(self, url: str, number: int) -> None:
        parts = urlsplit(url)
        self._sockets: list[socket.socket] = []
        for _ in range(number):
            one = socket.create_connection((parts.hostname or "", parts.port or 0), 5)
            one.sendall(b"POST / HTTP/1.1\r\nhost: 127.0.0.1\r\nx-slow: ")
            self._sockets.append(one)
        self.opened = len(self._sockets)

    def say(self, more: bytes) -> None:
        """Say a little more on each that is still open."""
        for one in self._sockets:
            try:
                one.sendall(more)
            except OSError:
                continue  # the server has had enough of it

    def close(self) -> None:
        """Leave."""
        for one in self._sockets:
            one.close()


def _hosts(scene: Scene, count: int = 2) -> Sequence[ServerProcess]:
    if scene.side != OURS:
        raise RowImpossible("it does not speak HTTP")
    servers = scene.serve(count, "http://127.0.0.1:0")
    places = ",".join(urlsplit(it.url).netloc for it in servers)
    scene.places.url = f"http://{places}/"
    return servers


def _even(load: Load) -> Load:
    """Return requests that all take as long."""
    return replace(load, slow_share=0.0)


CASTS_ARE_HANDED_OVER = frozenset({"lost_acknowledged"})

ROWS = (
    Row(
        id="H1",
        fault="HTTP server killed, another frozen",
        needs=Needs.NOTHING,
        act=killed_and_frozen,
        exempt=CASTS_ARE_HANDED_OVER,
        musts=at_most("recovery_s", 5),
    ),
    Row(
        id="H2",
        fault="5,000 idle connections at an HTTP server",
        needs=Needs.NOTHING,
        act=idle_crowd,
        shaped=_even,
        musts=at_most("during_p99_ms", 250),
    ),
)
