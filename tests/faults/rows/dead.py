"""Rows S8 and D1: what nobody can read or run, and where it ends."""

import json

from tests.faults import raw
from tests.faults.load import key
from tests.faults.rows.row import Must, Needs, Row, none_of
from tests.faults.scene import Scene
from tests.faults.sides import OURS
from tests.faults.work import Fate, Job, Kind, job_to

QUEUES = {
    OURS: ("faults:work:Work:v1:casts", "faults:work:Work:v1"),
    "oslo": ("work",),
    "pika": ("rpc_queue",),
}
"""Where each side's servers take requests from."""


def poison_headers(scene: Scene) -> None:
    """S8: headers that a careless decoder does not survive."""
    scene.begin()
    api, vhost = scene.broker.api, scene.places.vhost
    before = _connections(scene)
    sent = 0
    scene.fault("publishing headers that kill careless decoders")
    for queue in QUEUES[scene.side]:
        for name, headers in raw.poisonous().items():
            job = Job(key("poison", f"{name}{sent}"))
            scene.poison.add(job.key)
            raw.publish(scene.broker.url(vhost), queue, _body(scene.side, job), headers)
            sent += 1
    scene.hold(scene.pick(20, 6))
    scene.measured["connections_lost"] = len(before - _connections(scene))
    # Not read from the queue: the broker's own API cannot say such headers in JSON.
    found = {it.name: it.messages for it in api.queues(vhost)}
    dead = sum(count for name, count in found.items() if name.endswith(".dead"))
    scene.measured["poison_sent"] = sent
    scene.measured["poison_not_dead_lettered"] = sent - dead


def _connections(scene: Scene) -> set[str]:
    return {it.name for it in scene.broker.api.connections(scene.places.vhost)}


def _body(side: str, job: Job) -> bytes:
    if side == "oslo":
        inner = {"method": "later", "args": {"job": job_to(job)}, "_unique_id": job.key}
        return json.dumps({"oslo.version": "2.0", "oslo.message": json.dumps(inner)}).encode()
    if side == "pika":
        return json.dumps({"kind": Kind.LATER.value, "job": job_to(job)}).encode()
    return json.dumps({"job": job_to(job)}).encode()


def full_dead_letters(scene: Scene) -> None:
    """D1: what should be dead-lettered waits while the dead-letter queue takes nothing."""
    api, vhost = scene.broker.api, scene.places.vhost
    scene.serve()
    client = scene.client()
    policy = {"max-length": 0, "overflow": "reject-publish"}
    api.set_policy("full", r".*\.dead$", policy, vhost=vhost)
    scene.fault("the dead-letter queue takes nothing")
    refused = scene.jobs(5, fate=Fate.REFUSE)
    scene.poison |= {it.key for it in refused}
    client.ask(Kind.LATER, refused, 10)
    scene.ends(refused)
    runs = {it.key: 0 for it in refused}

    def all_tried() -> bool:
        for name in runs:
            runs[name] = sum(it.key == name for it in scene.executions())
        return min(runs.values()) >= 4

    scene.until(all_tried, "the last try", 60)
    scene.hold(scene.pick(20, 4))
    api.delete_policy("full", vhost=vhost)
    scene.healed("it takes everything again")

    def dead() -> int:
        return sum(it.messages for it in api.queues(vhost) if it.name.endswith(".dead"))

    # The broker tries again after as long as three minutes.
    patience = scene.pick(240, 240)
    scene.measured["dead_lettered_after_s"] = round(
        scene.until(lambda: dead() >= len(refused), "all dead letters", patience), 1
    )


ROWS = (
    Row(
        id="S8",
        fault="headers that kill careless decoders",
        needs=Needs.NODE,
        act=poison_headers,
        musts=none_of("connections_lost", "poison_not_dead_lettered", "outcome_unknown"),
        for_peers=True,
    ),
    Row(
        id="D1",
        fault="dead-letter queue takes nothing",
        needs=Needs.NODE,
        act=full_dead_letters,
        musts=(Must("dead_lettered", "=", 5),),
    ),
)
