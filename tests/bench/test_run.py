"""Real runs, of a few calls: what is right is measured, what fails is shown, nothing is left."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from benchmarks import environments
from benchmarks.environments import ROOT
from benchmarks.pair import Settings
from benchmarks.results import Failed, Figures, Found, Result
from benchmarks.roster import HERE, Environment, Road, Role, Subject, chosen
from benchmarks.run import Plan, cells, run
from benchmarks.work import Work
from tests.runtime.places import eventually

BRIEF = Settings(seconds=0.02, patience=10.0, is_uvloop=False)
HASTY = Settings(seconds=0.02, patience=0.5, is_uvloop=False)
CALLS = [Work.ADD, Work.RECORDS, Work.BYTES]
COMMAND = [sys.executable, "-m", "benchmarks"]


def measured(
    subjects: Sequence[Subject], works: Sequence[Work], callers: int, settings: Settings
) -> dict[tuple[str, Work], Found]:
    plan = Plan(subjects, cells(works, [callers]), 1, settings)
    results: list[Result] = []
    run(plan, results, {}, lambda _: None)
    assert len(results) == plan.size
    return {(it.subject, it.cell.work): it.found for it in results}


def broken(file: str, *, is_async: bool = False) -> Subject:
    return Subject(
        file,
        file,
        Road.DIRECT,
        Role.PEER,
        HERE,
        is_async,
        frozenset({Work.CASTS}),
        room="tests.bench.subjects",
    )


def reason(found: Found) -> str:
    assert isinstance(found, Failed)
    return found.reason


@pytest.mark.parametrize("callers", [1, 3])
def test_calls_in_one_process_and_over_http_are_measured(callers: int) -> None:
    subjects = chosen(["memory", "http", "uvicorn"])
    found = measured(subjects, CALLS, callers, BRIEF)
    assert set(found) == {(it.name, work) for it in subjects for work in CALLS}
    for figures in found.values():
        assert isinstance(figures, Figures), figures
        assert figures.calls >= callers
        assert figures.throughput > 0
        assert figures.cpu_us > 0
        assert 0 < figures.p50_ms <= figures.p99_ms


def test_what_is_not_answered_is_measured_by_what_has_arrived() -> None:
    works = [Work.CASTS, Work.EVENTS, Work.FANOUT]
    found = measured(chosen(["http", "memory"]), works, 2, BRIEF)
    assert all(isinstance(it, Figures) and it.calls >= 2 for it in found.values()), found


def test_a_wrong_answer_is_no_figure_and_the_rest_goes_on() -> None:
    found = measured([broken("wrong")], [Work.ADD, Work.BYTES], 1, BRIEF)
    assert reason(found["wrong", Work.ADD]) == "WrongAnswer: `add` was answered `6`"
    assert isinstance(found["wrong", Work.BYTES], Figures)


def test_a_subject_that_stalls_is_shown_as_such_and_the_rest_goes_on() -> None:
    found = measured([broken("silent", is_async=True)], [*CALLS, Work.CASTS], 1, HASTY)
    assert reason(found["silent", Work.RECORDS]).startswith("stalled: the client said nothing in")
    assert isinstance(found["silent", Work.BYTES], Figures)
    assert reason(found["silent", Work.CASTS]).startswith("stalled: 0 of ")


def test_a_subject_that_cannot_start_has_no_figures_at_all() -> None:
    found = measured([broken("absent")], CALLS, 1, BRIEF)
    assert {reason(it) for it in found.values()} == {"OSError: no wire"}


def test_packages_that_cannot_be_had_are_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setattr(environments, "FOLDER", tmp_path)
    unheard = Environment("unheard-of", ("rpcgen-unheard-of==1.0",))
    with pytest.raises(environments.NotInstalledError, match="rpcgen-unheard-of"):
        environments.interpreter(unheard)


def test_a_run_is_printed_and_kept(tmp_path: Path) -> None:
    kept = tmp_path / "run.json"
    options = ["--only", "memory-sync", "--work", "add,bytes", "--callers", "2", "--rounds", "2"]
    ran = subprocess.run(
        [*COMMAND, *options, "--seconds", "0.02", "--json", str(kept)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "`add(2, 3)`, 2 callers, in one process" in ran.stdout
    told = json.loads(kept.read_text())
    assert [(it["round"], it["work"]) for it in told["results"]] == [
        (0, "add"),
        (0, "bytes"),
        (1, "add"),
        (1, "bytes"),
    ]
    assert "pydantic" in told["versions"]["memory-sync"]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--only", "htp"], "no subject `htp`; there are: http-async"),
        (["--work", "add,ad"], "no work `ad`; there are: add records bytes"),
        (["--callers", "1,0"], "`0` is not a number above 0"),
        (["--only", "xmlrpc", "--work", "casts"], "none of these subjects does any of this work"),
        (["--rounds", "many"], "`many` is not a number above 0"),
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


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_run_that_is_stopped_leaves_no_process_and_no_folder(
    number: signal.Signals, code: int, tmp_path: Path
) -> None:
    options = ["--only", "http", "--work", "add", "--seconds", "60", "--callers", "2"]
    with subprocess.Popen(
        [*COMMAND, *options],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as harness:
        assert eventually(lambda: len(children(harness.pid)) == 4)
        started = children(harness.pid)
        harness.send_signal(number)
        harness.communicate()
    assert harness.returncode == code
    # One that was being started ends as soon as it listens.
    assert eventually(lambda: not any(Path(f"/proc/{it}").exists() for it in started))
    assert list(tmp_path.iterdir()) == []


def children(pid: int) -> list[str]:
    told = Path(f"/proc/{pid}/task/{pid}/children")
    return told.read_text().split() if told.exists() else []
