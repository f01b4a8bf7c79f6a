"""Rows K and D4: clients die, freeze, hurry, come in thousands, or their clocks jump."""

import time
from collections import Counter
from pathlib import Path

from tests.faults.rows.row import Needs, Row, RowImpossible, at_most, none_of
from tests.faults.scene import Scene
from tests.faults.work import Kind, Outcome


def killed(scene: Scene) -> None:
    """K1: a client dies with many requests under way, and leaves nothing behind."""
    scene.begin()
    doomed = scene.client()
    many = scene.jobs(int(scene.pick(1000, 400)), seconds=0.2)
    began = len(scene.executions())
    doomed.ask(Kind.ONCE, many, 30)
    scene.until(lambda: len(scene.executions()) > began + 20, "its first handlers")
    scene.fault(f"killing a client with {len(many)} requests under way")
    scene.kill(doomed)
    scene.healed("killed")
    keys = {it.key for it in many}

    def at_rest() -> bool:
        return not any(it.key in keys and it.ended is None for it in scene.executions())

    scene.hold(scene.pick(20, 5))
    scene.until(at_rest, "the end of its handlers", 60)
    scene.measured["others_failed"] = sum(
        it.outcome is not Outcome.RESULT
        for it in scene.asked()
        if it.client != doomed.pid and it.ended is not None
    )


def frozen(scene: Scene) -> None:
    """K2: a client sleeps; awake again it takes no reply for another's."""
    scene.begin()
    client = scene.clients[0]
    pending = scene.jobs(20, seconds=1.0)
    client.ask(Kind.ONCE, pending, scene.pick(30, 10))
    scene.begun(pending[:1])
    scene.fault("freezing a client")
    client.freeze()
    scene.hold(scene.pick(60, 25))
    client.thaw()
    scene.healed("thawed")
    ends = scene.ends(pending)
    scene.measured["told_after_s"] = round(
        max(it.ended or 0.0 for it in ends) - scene.marks.healed, 2
    )


def in_a_hurry(scene: Scene) -> None:
    """K3: what waits longer than its deadline allows is never run."""
    scene.serve(2)
    client = scene.client()
    first = scene.jobs(2)
    client.ask(Kind.AGAIN, first, 10)
    scene.ends(first)
    slow = scene.jobs(200, seconds=0.4)
    client.ask(Kind.AGAIN, slow, 60)
    scene.begun(slow[:1])
    scene.fault("asking busy servers with a deadline of 100 ms")
    hasty = scene.jobs(100)
    client.ask(Kind.ONCE, hasty[:50], 0.1)
    client.ask(Kind.AGAIN, hasty[50:], 0.1)
    ends = scene.ends(hasty)
    scene.healed("all have ended")
    scene.ends(slow, 90)
    outcomes = Counter(it.outcome for it in ends)
    run = {it.key for it in scene.executions()}
    scene.measured["hasty_answered"] = outcomes[Outcome.RESULT]
    scene.measured["hasty_run"] = sum(it.key in run for it in hasty)
    scene.measured["hasty_took_worst_ms"] = round(
        max((it.ended or 0.0) - it.sent for it in ends) * 1000, 1
    )


def in_thousands(scene: Scene) -> None:
    """K4: clients come, call once and leave."""
    scene.serve()
    api, vhost = scene.broker.api, scene.places.vhost
    before = len(api.queues(vhost))
    visitors = [scene.client() for _ in range(scene.load.clients)]
    number = int(scene.pick(10_000, 400))
    scene.fault(f"{number} clients come and leave")
    began = time.monotonic()
    every = [scene.jobs(number // len(visitors)) for _ in visitors]
    for visitor, jobs in zip(visitors, every, strict=True):
        visitor.visit(jobs, 30)
    ends = scene.ends([it for jobs in every for it in jobs], scene.pick(900, 120))
    scene.healed("all have left")
    took = time.monotonic() - began
    scene.measured["clients_a_second"] = round(number / took, 1)
    scene.measured["visits_failed"] = sum(it.outcome is not Outcome.RESULT for it in ends)
    for it in visitors:
        it.end()
        it.ended(30)

    scene.until(lambda: len(api.queues(vhost)) <= before, "as many queues as before")


def clocks_jump(scene: Scene) -> None:
    """D4: the wall clock of all clients jumps by an hour, forward, back and back again."""
    library = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
    if library is None:
        raise RowImpossible("there is no `libfaketime` here (on Debian: apt-get install faketime)")
    clock = scene.places.folder / "clock"

    def shift(offset: str) -> None:
        # In one step: half a line would be another time.
        written = clock.with_suffix(".new")
        written.write_text(f"{offset}\n")
        written.replace(clock)

    shift("+0")
    scene.begin(
        {
            "LD_PRELOAD": str(library),
            "FAKETIME_TIMESTAMP_FILE": str(clock),
            "FAKETIME_NO_CACHE": "1",
            # Jumps move the wall clock alone.
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }
    )
    for offset in ("+1h", "-1h"):
        scene.fault(f"the clients' clocks are at {offset}")
        shift(offset)
        scene.hold(scene.pick(20, 4))
    shift("+0")
    scene.healed("they are right again")


ROWS = (
    Row(
        id="K1",
        fault="client killed with 1,000 requests under way",
        needs=Needs.NODE,
        act=killed,
        musts=none_of("queues_left", "others_failed"),
        for_peers=True,
    ),
    Row(
        id="K2",
        fault="client frozen for 60 s",
        needs=Needs.NODE,
        act=frozen,
        musts=at_most("told_after_s", 1),
        # Asleep it cannot tell. What it was about to write when it fell asleep goes out when it
        # wakes up, with what remained of the deadline at that moment.
        exempt=frozenset({"hung", "expired_executions"}),
    ),
    Row(
        id="K3",
        fault="deadline of 100 ms at busy servers",
        needs=Needs.NODE,
        act=in_a_hurry,
        musts=at_most("hasty_took_worst_ms", 600),
        for_peers=True,
    ),
    Row(
        id="K4",
        fault="10,000 clients come, call and leave",
        needs=Needs.NODE,
        act=in_thousands,
        musts=none_of("visits_failed"),
    ),
    Row(
        id="D4",
        fault="clients' clocks jump by an hour",
        needs=Needs.NODE,
        act=clocks_jump,
        musts=none_of("outcome_unknown", "not_executed"),
    ),
)
