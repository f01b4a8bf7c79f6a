"""Rows N: what a bad network does between us and the broker, by way of a proxy."""

import time
from dataclasses import replace
from urllib.parse import urlsplit

from tests.faults.load import Load
from tests.faults.proxy import Bandwidth, Latency, Proxy, ResetPeer, Slicer, Timeout
from tests.faults.rows.row import Needs, Row, at_most, none_of
from tests.faults.scene import Scene
from tests.faults.work import Kind, Outcome


def through_a_proxy(scene: Scene) -> Proxy:
    """Let everybody connect through a proxy, which lasts until all have ended."""
    parts = urlsplit(scene.broker.url(scene.places.vhost))
    assert parts.hostname is not None
    assert parts.port is not None
    proxy = scene.hold_open(Proxy(parts.hostname, parts.port))
    scene.places.url = f"amqp://guest:guest@127.0.0.1:{proxy.port}{parts.path}"
    return proxy


def far_away(scene: Scene) -> None:
    """N1: the broker is 200 ms away, more or less."""
    proxy = through_a_proxy(scene)
    scene.begin()
    scene.fault("200 ms ± 100 ms in each direction")
    proxy.add("far", Latency(0.2, 0.1))
    scene.hold(scene.pick(60, 20))
    proxy.clear()
    scene.healed()


def half_open(scene: Scene) -> None:
    """N3: nothing comes any more, and nothing is closed."""
    proxy = through_a_proxy(scene)
    scene.begin()
    pending = scene.jobs(10, seconds=2)
    scene.clients[0].ask(Kind.ONCE, pending, 60)
    scene.begun(pending)
    scene.fault("nothing comes any more, and nothing is closed")
    proxy.add("silent", Timeout())
    began = time.monotonic()
    ends = scene.ends(pending, 50)
    scene.measured["noticed_s"] = round(max(it.ended or 0.0 for it in ends) - began, 2)
    proxy.clear()
    scene.healed()


def torn(scene: Scene) -> None:
    """N4: everything comes in small pieces, and connections are reset in the midst of frames."""
    proxy = through_a_proxy(scene)
    scene.begin()
    scene.fault("pieces of 11 bytes, and resets")
    proxy.add("pieces", Slicer(11))
    for _ in range(int(scene.pick(10, 4))):
        scene.hold(2.5)
        proxy.add("reset", ResetPeer())
        scene.hold(0.2)
        proxy.remove("reset")
    proxy.clear()
    scene.healed()


def narrow(scene: Scene) -> None:
    """N5: large bodies through 64 kB/s."""
    proxy = through_a_proxy(scene)
    scene.serve()
    client = scene.client()
    first = scene.jobs(2)
    client.ask(Kind.AGAIN, first, 10)
    scene.ends(first)
    size = int(scene.pick(1_000_000, 400_000))
    large = scene.jobs(4, padding=size)
    small = scene.jobs(20)
    scene.fault(f"4 bodies of {size} bytes through 64 kB/s")
    proxy.add("narrow", Bandwidth(64_000))
    client.ask(Kind.AGAIN, large, 240)
    client.ask(Kind.ONCE, small, 240)
    ends = scene.ends([*large, *small], 260)
    proxy.clear()
    scene.healed()
    scene.measured["unanswered"] = sum(it.outcome is not Outcome.RESULT for it in ends)


def _slower(load: Load) -> Load:
    """Return what fits through small pieces."""
    return replace(load, rate=load.rate / 4)


ROWS = (
    Row(
        id="N1",
        fault="broker 200 ms ± 100 ms away",
        needs=Needs.NODE,
        act=far_away,
        musts=(*none_of("outcome_unknown", "not_executed"), *at_most("longest_gap_s", 3)),
        shaped=_slower,
    ),
    Row(
        id="N3",
        fault="connections half open",
        needs=Needs.NODE,
        act=half_open,
        # The heartbeat of 10 s, and 5 s more.
        musts=(*at_most("noticed_s", 16), *at_most("recovery_s", 10)),
    ),
    Row(
        id="N4",
        fault="pieces of 11 bytes, resets within frames",
        needs=Needs.NODE,
        act=torn,
        shaped=_slower,
        musts=at_most("recovery_s", 5),
    ),
    Row(
        id="N5",
        fault="bodies of 1 MB through 64 kB/s",
        needs=Needs.NODE,
        act=narrow,
        musts=none_of("unanswered"),
    ),
)
