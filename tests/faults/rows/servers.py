"""Rows S: servers die, freeze, drain, or were never there."""

import time

from tests.faults.rows.row import Must, Needs, Row, RowImpossible, at_most, none_of
from tests.faults.scene import RowError, Scene
from tests.faults.sides import OURS
from tests.faults.work import Fate, Kind, Outcome

RESTARTS = 12
"""How often a server that its work kills is started again."""


def killed_in_a_handler(scene: Scene) -> None:
    """S1: what it had begun is begun elsewhere, or told to be unknown, soon."""
    scene.begin()
    client = scene.clients[0]
    again = scene.jobs(6, seconds=1.5)
    once = scene.jobs(6, seconds=1.5)
    client.ask(Kind.AGAIN, again, 20)
    client.ask(Kind.ONCE, once, 20)
    victim = scene.servers[0]
    keys = {it.key for it in (*again, *once)}
    scene.until(lambda: bool(keys & _running(scene, victim.pid)), "a handler in the first server")
    left = _running(scene, victim.pid)
    scene.fault("killing a server in its handlers")
    victim.kill()
    killed = time.monotonic()
    scene.serve(1)
    scene.ends([*again, *once])
    lost = {it.key for it in again} & left
    rerun: dict[str, float] = {}
    for it in scene.executions():
        if it.key in lost and it.pid != victim.pid:
            rerun.setdefault(it.key, it.started - killed)
    told = [
        it.ended - killed
        for it in scene.asked()
        if it.key in left and it.kind is Kind.ONCE and it.ended is not None
    ]
    scene.measured["not_run_again"] = len(lost) - len(rerun)
    scene.measured["run_again_s"] = round(max(rerun.values(), default=0.0), 3)
    scene.measured["unknown_told_s"] = round(max(told, default=0.0), 3)


def _running(scene: Scene, pid: int) -> set[str]:
    return {it.key for it in scene.executions() if it.pid == pid and it.ended is None}


def frozen(scene: Scene) -> None:
    """S2: its work moves; what it says when it wakes up is of no effect."""
    scene.begin()
    scene.fault("freezing a server")
    scene.servers[0].freeze()
    scene.hold(scene.pick(60, 25))
    scene.servers[0].thaw()
    scene.healed("thawed")


def all_away(scene: Scene) -> None:
    """S3: what has time waits for a server, what has none is never run."""
    servers = scene.serve()
    client = scene.client()
    first = scene.jobs(4)
    client.ask(Kind.AGAIN, first, 10)
    scene.ends(first)
    scene.fault("ending all servers")
    for it in servers:
        it.terminate()
    for it in servers:
        it.ended(10)
    away = scene.pick(20, 5)
    patient = [scene.jobs(20), scene.jobs(20), scene.jobs(20)]
    hasty = [scene.jobs(20), scene.jobs(20)]
    for kind, jobs in zip((Kind.ONCE, Kind.AGAIN, Kind.LATER), patient, strict=True):
        client.ask(kind, jobs, away + 15)
    for kind, jobs in zip((Kind.ONCE, Kind.AGAIN), hasty, strict=True):
        client.ask(kind, jobs, away / 2)
    scene.hold(away)
    scene.serve()
    scene.healed("servers are back")
    well = scene.ends([it for jobs in patient for it in jobs], away + 20)
    ill = scene.ends([it for jobs in hasty for it in jobs])
    scene.measured["patient_failed"] = sum(it.outcome is not Outcome.RESULT for it in well)
    scene.measured["hasty_answered"] = sum(it.outcome is Outcome.RESULT for it in ill)
    run = {it.key for it in scene.executions()}
    scene.measured["hasty_run"] = sum(it.key in run for jobs in hasty for it in jobs)


def never_there(scene: Scene) -> None:
    """S4: nobody ever served, and that is told at once."""
    client = scene.client()
    first = scene.jobs(1)
    client.ask(Kind.ONCE, first, 5)
    scene.ends(first)
    took: list[float] = []
    told = 0
    scene.fault("asking where nobody ever served")
    for number in range(30):
        jobs = scene.jobs(1)
        kind = (Kind.ONCE, Kind.AGAIN, Kind.LATER)[number % 3]
        client.ask(kind, jobs, 5)
        for it in scene.ends(jobs):
            assert it.ended is not None
            took.append(it.ended - it.sent)
            told += it.outcome is Outcome.NOT_EXECUTED
    scene.measured["untold"] = len(took) - told
    scene.measured["no_server_worst_ms"] = round(max(took) * 1000, 1)


def poison_kills(scene: Scene) -> None:
    """S7: work that kills whoever runs it ends in the dead-letter queue, and alone."""
    scene.serve(1)
    client = scene.client()
    poison = scene.jobs(1, fate=Fate.CRASH, seconds=0)
    scene.poison |= {it.key for it in poison}
    bystanders = scene.jobs(40, seconds=0.1)
    scene.fault("casting what kills its server")
    client.ask(Kind.LATER, bystanders[:20], 20)
    client.ask(Kind.LATER, poison, 20)
    client.ask(Kind.LATER, bystanders[20:], 20)
    deaths = 0
    # A server that lives for so long lives on: what is not run by then never is.
    while deaths < RESTARTS and scene.servers[-1].ended(scene.pick(20, 8)):
        deaths += 1
        scene.places.say(f"server died for the {deaths}. time")
        scene.serve(1, is_awaited=False)
    scene.healed("no server dies any more")
    scene.measured["servers_killed"] = deaths
    scene.measured["poison_runs"] = sum(it.key in scene.poison for it in scene.executions())


def overloaded(scene: Scene) -> None:
    """S5: where the queue is full, that is told at once."""
    if scene.side != OURS:
        raise RowImpossible("its queues have no end")
    scene.places.url = f"{scene.broker.url(scene.places.vhost)}?max_waiting=50"
    scene.serve(1)
    client = scene.client()
    first = scene.jobs(1)
    client.ask(Kind.AGAIN, first, 10)
    scene.ends(first)
    filling = scene.jobs(200, seconds=scene.pick(4, 3))
    client.ask(Kind.ONCE, filling, 60)
    scene.begun(filling[:1])
    scene.until(lambda: _refused(scene) >= 1, "the first that is too much", 20)
    scene.fault("asking where the queue is full")
    took: list[float] = []
    for _ in range(20):
        jobs = scene.jobs(1)
        client.ask(Kind.ONCE, jobs, 10)
        took += [
            (it.ended or 0.0) - it.sent
            for it in scene.ends(jobs)
            if it.outcome is Outcome.NOT_EXECUTED
        ]
    scene.healed("asked")
    scene.ends(filling, 90)
    scene.measured["overloaded"] = len(took)
    scene.measured["overloaded_worst_ms"] = round(max(took, default=0.0) * 1000, 1)


def _refused(scene: Scene) -> int:
    return sum(it.outcome is Outcome.NOT_EXECUTED for it in scene.asked())


def rolling(scene: Scene) -> None:
    """S9: servers are replaced one after another, and nobody notices."""
    scene.begin()
    rounds = int(scene.pick(20, 4))
    scene.fault(f"replacing servers {rounds} times")
    for number in range(rounds):
        scene.places.say(f"round {number + 1}")
        oldest = next(it for it in scene.servers if it.running)
        oldest.terminate()
        if not oldest.ended(40):
            raise RowError("a server does not end by SIGTERM")
        scene.serve(1)
        scene.hold(scene.pick(2, 0.5))
    scene.healed("all replaced")


def holding_the_lock(scene: Scene) -> None:
    """S6: a handler that keeps the interpreter to itself harms nobody else's work."""
    scene.begin()
    spinning = scene.jobs(1, seconds=scene.pick(90, 20), fate=Fate.SPIN)
    scene.fault("a handler holds the interpreter's lock")
    scene.clients[0].ask(Kind.AGAIN, spinning, scene.pick(120, 30))
    scene.ends(spinning, scene.pick(150, 60))
    scene.healed("it lets go")


ROWS = (
    Row(
        id="S1",
        fault="server killed in its handlers",
        needs=Needs.NODE,
        act=killed_in_a_handler,
        musts=(
            *none_of("not_run_again"),
            *at_most("run_again_s", 1.0),
            *at_most("unknown_told_s", 1.0),
        ),
        for_peers=True,
    ),
    Row(
        id="S2",
        fault="server frozen for 60 s",
        needs=Needs.NODE,
        act=frozen,
        for_peers=True,
    ),
    Row(
        id="S3",
        fault="all servers away for 20 s",
        needs=Needs.NODE,
        act=all_away,
        musts=none_of("patient_failed", "hasty_answered", "hasty_run"),
    ),
    Row(
        id="S4",
        fault="no server was ever there",
        needs=Needs.NODE,
        act=never_there,
        musts=(*none_of("untold"), *at_most("no_server_worst_ms", 50)),
    ),
    Row(
        id="S5",
        fault="queue as long as it may be",
        needs=Needs.NODE,
        act=overloaded,
        musts=(Must("overloaded", "≥", 1), *at_most("overloaded_worst_ms", 1000)),
    ),
    Row(
        id="S6",
        fault="handler holds the interpreter's lock for 90 s",
        needs=Needs.NODE,
        act=holding_the_lock,
    ),
    Row(
        id="S7",
        fault="work that kills its server",
        needs=Needs.NODE,
        act=poison_kills,
        musts=(*none_of("still_waiting"),),
        for_peers=True,
    ),
    Row(
        id="S9",
        fault="servers replaced 20 times under load",
        needs=Needs.NODE,
        act=rolling,
        musts=none_of("not_executed", "outcome_unknown", "duplicate_executions"),
    ),
)
