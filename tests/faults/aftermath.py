"""What follows a row: everything comes to its end, and what is left is evidence."""

import time

from tests.broker.api import Queue
from tests.faults.checker import Evidence
from tests.faults.load import keys_in
from tests.faults.raw import deep
from tests.faults.scene import PATIENCE, Scene
from tests.faults.work import Outcome

DRAINING = 20.0
"""Seconds in which what was confirmed must have run once all is well."""
LEAVING = 3.0
"""Seconds in which the broker must have forgotten clients that have gone."""


def settle(scene: Scene) -> None:
    """Look on, then let all that was sent come to its end."""
    _halt(scene)
    alive = [it for it in scene.clients if it.running]
    for client in alive:
        client.end()
    for client in alive:
        if not client.ended(scene.load.timeout + PATIENCE):
            scene.notes.append(f"client {client.name} did not end")
            client.kill()
    _drain(scene)
    _measure(scene)
    for server in scene.servers:
        if server.running:
            server.thaw()
            server.terminate()
    for server in scene.servers:
        if not server.ended(PATIENCE):
            scene.notes.append(f"server {server.pid} did not end")
            server.kill()


def evidence(scene: Scene) -> Evidence:
    """Return what is known, after `settle`."""
    dead, waiting = _left(scene)
    marks = scene.marks
    return Evidence(
        asked=scene.asked(),
        executions=scene.executions(),
        loaded=marks.loaded,
        halted=marks.halted,
        fault=marks.fault,
        healed=marks.healed,
        closed=time.monotonic(),
        dead=dead,
        waiting=frozenset(waiting),
        poison=frozenset(scene.poison),
        killed=frozenset(scene.killed),
    )


def _halt(scene: Scene) -> None:
    marks = scene.marks
    if marks.loaded:
        scene.hold(scene.load.after)
    marks.halted = time.monotonic()
    marks.loaded = marks.loaded or marks.halted
    if not marks.fault:
        marks.fault = marks.healed = marks.halted
    scene.places.say("waiting for the last answers")


def _drain(scene: Scene) -> None:
    """Wait until what was confirmed has run, or lies in a dead-letter queue."""
    patient_until = time.monotonic() + DRAINING
    while time.monotonic() < patient_until and _unfinished(scene):
        time.sleep(0.2)


def _unfinished(scene: Scene) -> bool:
    run = scene.executions()
    whole = {it.key for it in run if it.ended is not None}
    lives = {it.pid for it in scene.servers if it.running}
    if any(it.ended is None and it.pid in lives for it in run):
        return True
    asked = scene.asked()
    confirmed = {it.key for it in asked if not it.kind.is_call and it.outcome is Outcome.RESULT}
    return bool(confirmed - whole - scene.poison)


def _left(scene: Scene) -> tuple[list[str], list[str]]:
    """Return the keys in dead-letter queues, and those in others."""
    dead: list[str] = []
    waiting: list[str] = []
    if scene.places.broker is not None:
        for queue in scene.broker.api.queues(scene.places.vhost):
            if queue.messages and not queue.exclusive:
                found = _keys_of(scene, queue)
                (dead if queue.name.endswith(".dead") else waiting).extend(found)
    return dead, waiting


def _keys_of(scene: Scene, queue: Queue) -> list[str]:
    vhost = scene.places.vhost
    # There may be headers that kill readers of JSON, too.
    with deep():
        found = scene.broker.api.get(queue.name, queue.messages, vhost=vhost, keep=True)
    return [name for it in found for name in keys_in(it.body)]


def _measure(scene: Scene) -> None:
    """Compare what is held with what was held before there were clients."""
    before = scene.before
    if before is None or sum(it.running for it in scene.servers) != scene.load.servers:
        return
    patient_until = time.monotonic() + LEAVING
    while (now := scene.resources()).queues > before.queues and time.monotonic() < patient_until:
        time.sleep(0.3)
    scene.measured["queues_left"] = now.queues - before.queues
    scene.measured["server_files_grown"] = now.server_files - before.server_files
    scene.measured["server_rss_before_mb"] = round(before.server_rss_mb, 1)
    scene.measured["server_rss_after_mb"] = round(now.server_rss_mb, 1)
