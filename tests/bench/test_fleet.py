"""A fleet is counted, restarted and answered again; what is computed from it follows its rules."""

import json
import os
import random
import subprocess
import sys

import pytest

from benchmarks.environments import ROOT
from benchmarks.fleet import journal, page
from benchmarks.fleet.calls import Calls, summed_up
from benchmarks.fleet.census import Census
from benchmarks.fleet.crews import shares
from benchmarks.fleet.found import FIRST, NODE, SERVERS, Found, Stage, from_json, to_json
from benchmarks.fleet.journal import Arrivals
from benchmarks.fleet.model import Cluster, costs, needs, predicted
from benchmarks.fleet.plan import Plan
from benchmarks.fleet.run import LINES, run
from benchmarks.fleet.simulation import Outage, exact, jittered, longest, simulate
from benchmarks.fleet.table import TABLES, as_text
from rpcgen.compile import compile_paths
from rpcgen.python import output
from tests.broker.node import Node
from tests.broker.plugin import need_rabbitmq

LOG = """
2026-01-01 00:00:09.900000+00:00 [info] <0.1.0> started TCP listener on 127.0.0.1:5672
2026-01-01 00:00:10.100000+00:00 [info] <0.2.0> accepting AMQP connection <0.2.0> (a -> b)
2026-01-01 00:00:10.200000+00:00 [info] <0.3.0> accepting AMQP connection <0.3.0> (c -> b)
2026-01-01 00:00:11.300000+00:00 [info] <0.2.0> connection <0.2.0> (a -> b): user 'guest' \
authenticated and granted access to vhost '/'
2026-01-01 00:00:15.000000+00:00 [info] <0.4.0> accepting AMQP connection <0.4.0> (d -> b)
"""


def stage(name: str, last: float, node_cpu: float, declared: int) -> Stage:
    calls = Calls({"answered": 100, "ConnectionLost": 2}, 0, 0, 0.5, 1.0, last)
    return Stage(name, node_cpu, 1.0, declared, 0, Arrivals([50, 30], [40, 40]), calls)


FOUND = Found(
    Plan(10, 40, 2.0, 1.0, 1.0),
    Census(rss_bytes=100),
    Census(20, 90, 70, 50, 10, 14, 24, 2_000, 480, 4_800, 1_100),
    Census(100, 170, 110, 50, 50, 14, 24, 10_000, 640, 4_800, 5_100),
    served_s=1.0,
    servers_cpu=0.5,
    calls_per_s=40.0,
    cpu_per_call=0.002,
    stages=[stage(FIRST, 2.0, 1.0, 40), stage(NODE, 2.5, 0.2, 130), stage(SERVERS, 0.5, 0.5, 90)],
)


def test_processes_share_a_fleet_evenly() -> None:
    assert shares(12, 5) == [4, 4, 4]
    assert shares(11, 5) == [4, 4, 3]
    assert shares(1, 50) == [1]


def test_connections_are_counted_in_the_seconds_in_which_the_node_saw_them() -> None:
    begun = journal.listening(LOG)
    assert journal.arrivals(LOG, begun, 3.5) == Arrivals([2, 0, 0, 0], [0, 1, 0, 0])


def test_a_client_is_back_with_its_first_answer_after_the_moment() -> None:
    early, late = [(1.0, 2.0, "answered"), (4.0, 9.0, "answered")], [(4.0, 7.0, "answered")]
    lost = [(4.0, 5.0, "ConnectionLost"), (5.0, 20.0, "DeadlineExceeded")]
    found = summed_up([early, late, lost], 3.0, 10.0)
    assert (found.first, found.half, found.last, found.silent, found.hung) == (7.0, 7.0, 9.0, 1, 1)
    assert found.outcomes == {"answered": 3, "ConnectionLost": 1, "DeadlineExceeded": 1}
    assert found.since(7.0).last == 2.0


def test_pauses_are_those_of_the_runtime() -> None:
    assert [longest(it, 10.0) for it in (0, 1, 4, 5, 60)] == [0.1, 0.2, 1.6, 2.0, 2.0]
    assert longest(60, 61.0) == 30.0


def test_every_connection_comes_back_and_a_slower_node_takes_longer() -> None:
    fast, slow = (
        simulate(Outage(200, rate, 3.0), jittered(random.Random(1))) for rate in (1_000.0, 100.0)
    )
    assert fast.tries == slow.tries == 200
    assert fast.given_up == slow.given_up == 0
    assert 0 < fast.half < fast.last < 2.1
    assert 2.0 <= slow.last < 4.1


def test_without_chance_all_tries_come_in_the_same_second() -> None:
    outage = Outage(1_000, 400.0, 5.0)
    ours, in_step = simulate(outage, jittered(random.Random(1))), simulate(outage, exact)
    assert in_step.peak == 1_000
    assert ours.peak < 800


def test_who_waits_longer_than_it_may_tries_again() -> None:
    found = simulate(Outage(1_000, 50.0, 1.0), jittered(random.Random(1)))
    assert found.given_up > 0
    assert found.tries == 1_000 + found.given_up
    assert found.last >= 1_000 / 50


def test_what_one_more_costs_is_the_difference_between_two_counts() -> None:
    each = costs(FOUND)
    assert (each.server_bytes, each.client_bytes) == (100.0, 100.0)
    assert (each.connection_bytes, each.classic_bytes, each.quorum_bytes) == (100.0, 10.0, 200.0)
    assert (each.server_declares, each.client_declares) == (9.0, 1.0)
    assert each.connection_cpu == 0.002


def test_queues_of_topics_do_not_grow_with_the_servers() -> None:
    found = needs(FOUND, 100, 400, Cluster(1, processors=1))
    assert (found.connections, found.channels, found.exclusive) == (1_000, 1_700, 500)
    # Of 14 classic and 24 quorum queues 4 each were the topics'.
    assert (found.durable, found.quorum) == (104, 3 * 204)
    assert found.rate == pytest.approx(500)
    assert found.jittered.last >= 1_000 / found.rate


def test_the_restart_is_predicted_from_the_first_start() -> None:
    assert 100 / 40 - 0.1 < predicted(FOUND).last < 5


def test_a_run_is_the_same_after_json_and_stands_on_its_page() -> None:
    assert from_json(json.loads(json.dumps(to_json(FOUND)))) == FOUND
    kept = {
        "begun": "2026-01-01T00:00:00Z",
        "took_s": 9,
        "rabbitmq": "3.10.8",
        "machine": {
            "processors": 2,
            "processor": "a processor",
            "memory_gib": 8,
            "system": "Linux",
            "python": "3.11.7",
            "load": [0.5, 0.5, 0.5],
        },
        "found": to_json(FOUND),
    }
    written = page.write(kept, page.PAGE.read_text(encoding="utf-8"))
    assert "10 servers and 40 clients in 2 processes" in written
    assert "| outcome unknown | 2 | 2 | 2 |" in written


def test_a_terminal_shows_every_table() -> None:
    told = as_text(FOUND)
    assert [name for name in TABLES if f"{name}\n" not in told] == []


def test_the_generated_code_of_the_fleet_is_up_to_date() -> None:
    fleet = ROOT / "benchmarks" / "fleet"
    compiled = compile_paths([fleet / "contract"], fleet / "contract")
    assert not compiled.report, compiled.report.diagnostics
    found = output.changes(fleet / "generated", compiled.files, compiled.folders)
    if os.environ.get("RPCGEN_REFRESH") == "1":
        output.write(found)
    assert "".join(it.diff() for it in found) == ""


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--servers", "0"], "`0` is not a number above 0"),
        (["--clients", "many"], "`many` is not a number above 0"),
        (["--clients", "100000000"], "this needs 200,001,400 open files"),
        (["--json", "nowhere/run.json"], "there is no folder `nowhere`"),
    ],
)
def test_a_mistake_is_told_before_anything_is_started(options: list[str], told: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "benchmarks.fleet", *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stdout) == (2, "")
    assert told in ran.stderr


@pytest.mark.xdist_group("node")
def test_a_fleet_is_answered_again_after_its_node_and_its_servers_were_restarted() -> None:
    need_rabbitmq()
    plan = Plan(4, 12, 0.5, 0.5, 0.2, patience=60.0)
    with Node(lines=LINES) as node:
        found = run(plan, node, lambda _: None)
    assert (found.served.connections, found.full.connections) == (8, 32)
    assert (found.served.exclusive, found.full.exclusive) == (4, 16)
    assert found.full.connection_bytes > found.served.connection_bytes > 0
    assert [it.name for it in found.stages] == [FIRST, NODE, SERVERS]
    for it in found.stages:
        assert (it.calls.silent, it.calls.hung, it.failed_starts) == (0, 0, 0), it
        assert 0 < it.calls.first <= it.calls.last < 30
    opened = [sum(it.arrivals.opened) for it in found.stages]
    assert opened == [24, 32, 8]
