"""Growth is measured as it is, summed up by medians, and shown; what fails takes nothing along."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Generator, Sequence
from pathlib import Path

import pytest

from benchmarks.environments import ROOT
from benchmarks.growth import page
from benchmarks.growth.contract import contract
from benchmarks.growth.load import figures
from benchmarks.growth.part import Column, Part
from benchmarks.growth.parts.bodies import by_size
from benchmarks.growth.parts.pending import each
from benchmarks.growth.parts.servers import together
from benchmarks.growth.plot import panels
from benchmarks.growth.points import Figures, Point, from_json, to_json
from benchmarks.growth.rig import Rig
from benchmarks.growth.roster import PARTS, chosen
from benchmarks.growth.run import run, size
from benchmarks.growth.scale import BRIEF, FULL
from benchmarks.growth.summary import summed_up
from benchmarks.growth.table import as_markdown, as_text
from benchmarks.measure import Sample
from benchmarks.page import PAGE
from benchmarks.processes import SubjectError
from benchmarks.results import Failed
from rpcgen.compile import compile_paths
from tests.bench.held import HERE, hold
from tests.runtime.places import eventually

COMMAND = [sys.executable, "-m", "benchmarks.growth"]


def broken(rig: Rig, curve: str, at: Sequence[int]) -> Generator[Figures, None, None]:
    for place in at:
        if place > 10:
            raise SubjectError(f"the {curve} | ended")
        yield {"calls_s": 1000.0 * place, "p99_ms": 0.5}


PART = Part(
    name="callers",
    title="Calls under way",
    axis="callers",
    columns=(
        Column("calls_s", "calls/s", has_spread=True, is_drawn=True),
        Column("p99_ms", "p99 ms"),
    ),
    curves=lambda scale: {"http": scale.sizes([1, 10, 100, 1000], 3), "memory": [1]},
    measure=broken,
)


def points(*speeds: float) -> list[Point]:
    return [
        Point("callers", "http", 10, number, {"calls_s": speed, "p99_ms": speed / 1000})
        for number, speed in enumerate(speeds)
    ]


def found() -> list[Point]:
    made: list[Point] = []
    run([PART], BRIEF, made.append)
    return made


def test_what_fails_takes_the_rest_of_its_curve_along_and_nothing_else() -> None:
    made = found()
    assert [(it.curve, it.at) for it in made] == [
        ("http", 1),
        ("http", 10),
        ("http", 100),
        ("memory", 1),
    ]
    assert [isinstance(it.found, Failed) for it in made] == [False, False, True, False]
    assert len(made) == size([PART], BRIEF)


def test_each_place_has_the_median_and_the_spread_of_its_rounds() -> None:
    [table] = summed_up(points(300.0, 100.0, 200.0), [PART])
    [row] = table.rows
    speed = row.figures["calls_s"]
    assert (speed.middle, speed.least, speed.most) == (200.0, 100.0, 300.0)
    assert row.failures == []


def test_a_terminal_and_a_page_show_the_tables_of_growth() -> None:
    tables = summed_up([*found(), *points(12_345.0)], [PART])
    hold(HERE / "tables" / "growth.txt", as_text(tables) + "\n")
    hold(HERE / "tables" / "growth.md", as_markdown(tables) + "\n")


def test_only_what_was_found_is_drawn() -> None:
    [panel] = panels(summed_up(found(), [PART]))
    assert panel["title"] == "Calls under way: calls/s"
    curve = {"name": "http", "at": [1, 10]}
    speeds = [1000.0, 10_000.0]
    [drawn, _] = json.loads(json.dumps(panel["curves"]))
    assert drawn == {**curve, "middle": speeds, "least": speeds, "most": speeds}


def test_points_are_the_same_after_json() -> None:
    assert from_json(json.loads(json.dumps(to_json(found())))) == found()


def test_the_processor_time_of_all_processes_is_that_of_all_calls() -> None:
    sample = Sample(
        calls=80, begun=0.0, seconds=2.0, p50_ms=1.0, p99_ms=2.0, all_calls=100, cpu=0.01
    )
    told = figures(sample, 0.03)
    assert told["calls_s"] == 40
    assert told["cpu_us"] == pytest.approx(400)
    assert told["client_cpu_us"] == pytest.approx(100)


def test_figures_of_a_byte_and_of_a_call_are_parts_of_the_whole() -> None:
    by_byte = by_size({"calls_s": 50.0, "cpu_us": 8000.0}, 2_000_000)
    assert (by_byte["mb_s"], by_byte["cpu_ms_mb"]) == (100.0, 4.0)
    assert each((10.0, 5.0), (30.0, 5.0), 10) == {"client_kib": 2.0, "server_kib": 0.0}


def test_servers_over_http_are_hosts_of_one_url_and_those_of_a_broker_are_one_place() -> None:
    hosts = ["http://127.0.0.1:1/", "http://127.0.0.1:2/"]
    assert together(hosts) == "http://127.0.0.1:1,127.0.0.1:2/"
    assert together(["amqp://h/v?max_body=1"] * 2) == "amqp://h/v?max_body=1"


def test_contracts_of_any_size_compile(tmp_path: Path) -> None:
    (tmp_path / "large.rpc").write_text(contract(3, 12), encoding="utf-8")
    compiled = compile_paths([tmp_path], tmp_path)
    assert not compiled.report, compiled.report.diagnostics


def test_every_part_is_measured_in_a_brief_run_without_a_broker() -> None:
    assert chosen([]) == list(PARTS)
    curves = [name for part in PARTS for name in part.curves(BRIEF)]
    assert [it for it in curves if it.startswith("amqp")] == []
    assert all(part.curves(BRIEF) for part in PARTS)
    assert size(PARTS, BRIEF) < size(PARTS, FULL)


def test_growth_stands_between_the_markers_of_its_page() -> None:
    on = {
        "processors": 2,
        "processor": "a processor",
        "memory_gib": 8,
        "system": "Linux",
        "python": "3.11.7",
    }
    kept = {"machine": on, "rounds": 3, "seconds": 0.6, "begun": "then", "points": to_json(found())}
    text = PAGE.read_text(encoding="utf-8")
    written = page.write(kept, text, is_drawn=True)
    assert page.write(kept, written, is_drawn=True) == written
    assert page.DRAWN in written
    assert "3 rounds of 0.6 s for each figure of calls, begun then." in written
    assert all(f"`{it.name}`" in text for it in PARTS)


def test_a_brief_run_is_printed_and_kept(tmp_path: Path) -> None:
    kept = tmp_path / "run.json"
    ran = subprocess.run(
        [*COMMAND, "--brief", "--only", "connections", "callers", "--json", str(kept)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "Calls under way" in ran.stdout
    told = from_json(json.loads(kept.read_text())["points"])
    assert [(it.part, it.curve, it.at) for it in told] == [
        ("callers", "http", 1),
        ("callers", "http", 10),
        ("callers", "memory", 1),
        ("callers", "memory", 10),
        ("connections", "http", 100),
    ]
    for point in told:
        assert not isinstance(point.found, Failed)
        assert all(it > 0 for it in point.found.values()), point


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--only", "caller"], "no part `caller`; there are: servers callers"),
        (["--json", "nowhere/run.json"], "there is no folder `nowhere`"),
        (["--plot", "nowhere"], "there is no folder `nowhere`"),
    ],
)
def test_a_mistake_is_told_with_what_would_be_accepted(options: list[str], told: str) -> None:
    ran = subprocess.run(
        [*COMMAND, *options], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stdout) == (2, "")
    assert told in ran.stderr


def test_growth_that_is_stopped_leaves_no_process_and_no_folder(tmp_path: Path) -> None:
    with subprocess.Popen(
        [*COMMAND, "--brief", "--only", "servers"],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as harness:
        assert eventually(lambda: bool(children(harness.pid)))
        started = children(harness.pid)
        harness.send_signal(signal.SIGINT)
        harness.communicate()
    assert harness.returncode == 130
    assert eventually(lambda: not any(Path(f"/proc/{it}").exists() for it in started))
    assert list(tmp_path.iterdir()) == []


def children(pid: int) -> list[str]:
    told = Path(f"/proc/{pid}/task/{pid}/children")
    return told.read_text().split() if told.exists() else []
