"""One call by its layers: what it costs stays within its budget, and no part goes uncounted.

`RPCGEN_REFRESH=1` writes the budget of this Python anew, and fails the run all the same.
"""

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import ModuleType

import pytest

from benchmarks.environments import ROOT
from benchmarks.layers import budget
from benchmarks.layers.counts import Cost, counted
from benchmarks.layers.layer import Elsewhere, Layer, home
from benchmarks.layers.meter import CLIENT, SERVER, Meter, UnknownFunctionError
from benchmarks.layers.roads import Road
from benchmarks.page import BEGIN, END, PAGE
from benchmarks.work import Work
from tests.bench.held import HERE
from tests.runtime.places import eventually

KEPT = HERE / "layers.json"
COMMAND = [sys.executable, "-m", "benchmarks.layers"]
STUB, DISPATCH = Cost(100.0, 10.0), Cost(900.0, 30.0)


def test_a_small_call_costs_what_its_budget_says() -> None:
    now = budget.measured()
    before = budget.kept(KEPT)
    if os.environ.get("RPCGEN_REFRESH") == "1" and before != now:
        budget.keep(KEPT, now)
        pytest.fail(f"{KEPT.name} is written anew")
    if before is None:
        pytest.skip(f"no budget for Python {budget.version()}: RPCGEN_REFRESH=1 writes one")
    found = budget.verdict(before, now)
    assert not found, f"{found}\n\nif that is meant: RPCGEN_REFRESH=1"


@pytest.mark.parametrize(
    ("now", "told"),
    [
        (Cost(990.0, 30.0), ""),
        (Cost(1_005.0, 30.0), "instructions have grown from 1,000 to 1,105"),
        (Cost(795.0, 30.0), "instructions have shrunk from 1,000 to 895"),
        (Cost(900.0, 35.0), "calls into C have grown from 40 to 45"),
        (Cost(700.0, 25.0), "shrunk from 1,000 to 800 and calls into C have shrunk from 40 to 35"),
    ],
)
def test_more_than_a_tenth_either_way_is_told(now: Cost, told: str) -> None:
    same = {Layer.STUB: STUB}
    before = {it: {**same, Layer.DISPATCH: DISPATCH} for it in budget.ROADS}
    found = budget.verdict(before, {**before, Road.MEMORY_SYNC: {**same, Layer.DISPATCH: now}})
    if not told:
        assert found == ""
        return
    assert found.splitlines()[0].startswith("memory-sync: ")
    assert told in found
    assert "memory-async" not in found


def test_what_has_changed_is_shown_by_layer() -> None:
    before = {it: {Layer.STUB: STUB, Layer.DISPATCH: DISPATCH} for it in budget.ROADS}
    now = {it: {Layer.STUB: STUB, Layer.EXECUTOR: Cost(2_000.0, 7.0)} for it in budget.ROADS}
    shown = budget.verdict(before, now).split("\n\n")[0].splitlines()[1:]
    assert [it.split() for it in shown[1:]] == [
        ["stub", "100", "100", "10", "10"],
        ["dispatch", "900", "0", "30", "0"],
        ["executor", "0", "2,000", "0", "7"],
        ["all", "1,000", "2,100", "40", "17"],
    ]


def test_a_budget_is_written_beside_those_of_other_pythons(tmp_path: Path) -> None:
    path = tmp_path / "layers.json"
    path.write_text('{"2.7": {}}')
    given = {it: {Layer.STUB: STUB} for it in budget.ROADS}
    assert budget.kept(path) is None
    budget.keep(path, given)
    assert budget.kept(path) == given
    assert json.loads(path.read_text())["2.7"] == {}
    assert list(tmp_path.iterdir()) == [path]


def test_both_sides_are_counted_and_nothing_of_ours_is_left_out() -> None:
    found = counted(Road.HTTP_ASYNC, Work.RECORDS, "http://127.0.0.1:0", 2)
    client, server = found.layers(CLIENT), found.layers(SERVER)
    assert {Layer.STUB, Layer.STAMP, Layer.TRANSPORT} <= set(client)
    assert {Layer.DISPATCH, Layer.EXECUTOR, Layer.HANDLER, Layer.TRANSPORT} <= set(server)
    for side in (client, server):
        assert int(side[Layer.VALIDATION].c_calls) == 1
        assert int(side[Layer.ENCODING].c_calls) == 1
        assert int(side[Layer.DECODING].c_calls) == 1


def test_nothing_is_left_out_over_a_broker(vhost_url: str) -> None:
    found = counted(Road.AMQP_ASYNC, Work.ADD, vhost_url, 2)
    assert Layer.HANDLER in found.layers(SERVER)
    assert {Layer.STUB, Layer.LIBRARY} <= set(found.layers(CLIENT))


def test_a_function_of_the_runtime_that_is_in_no_layer_is_told() -> None:
    strange = ModuleType("rpcgen_runtime.unheard_of")
    exec("def act(): return len('')", strange.__dict__)
    with (
        Meter() as meter,
        pytest.raises(
            UnknownFunctionError, match=r"in no layer .*: rpcgen_runtime\.unheard_of:act$"
        ),
        meter.counting(),
    ):
        strange.act()


def test_names_are_told_apart_by_their_parts() -> None:
    assert home("rpcgen_runtime.http.client", "Any.call") is Layer.TRANSPORT
    assert home("rpcgen_runtime.https", "call") is Elsewhere.UNKNOWN
    assert home("rpcgen_runtime.caller", "_Caller._request") is Layer.STAMP
    assert home("json", "dumps") is Elsewhere.CALLER


def test_whoever_watched_before_watches_after() -> None:
    def watch(*_: object) -> None:
        """Watch nothing."""

    before = threading.getprofile()
    threading.setprofile(watch)
    try:
        with Meter():
            assert threading.getprofile() is not watch
        assert threading.getprofile() is watch
    finally:
        threading.setprofile(before)


def test_a_profile_is_printed_and_kept(tmp_path: Path) -> None:
    kept = tmp_path / "layers.json"
    options = ["--only", "memory-async", "--work", "add", "--seconds", "0.005", "--functions"]
    ran = subprocess.run(
        [*COMMAND, *options, "--json", str(kept)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "`add(2, 3)`, instructions + calls into C" in ran.stdout
    assert "rpcgen_runtime.dispatch:Dispatcher.handle" in ran.stdout
    (told,) = json.loads(kept.read_text())["profiles"]
    assert (told["road"], told["work"]) == ("memory-async", "add")
    assert {"stub", "dispatch", "handler"} <= {it["layer"] for it in told["counts"]}
    assert all(told["cpu_us"][it] > 0 for it in ("encoding", "decoding", "dispatch"))


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--only", "memory"], "invalid choice: 'memory' (choose from"),
        (["--work", "casts"], "invalid choice: 'casts' (choose from"),
        (["--seconds", "nan"], "`nan` is not a number above 0"),
        (["--json", "nowhere/layers.json"], "there is no folder `nowhere`"),
    ],
)
def test_a_mistake_is_told_with_what_would_be_accepted(options: list[str], told: str) -> None:
    ran = subprocess.run(
        [*COMMAND, *options], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stdout) == (2, "")
    assert told in ran.stderr


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_profile_that_is_stopped_leaves_nothing(
    number: signal.Signals, code: int, tmp_path: Path
) -> None:
    options = ["--only", "http-async", "--seconds", "60"]
    with subprocess.Popen(
        [*COMMAND, *options],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as harness:
        # What the client process says goes there.
        assert eventually(lambda: any(tmp_path.glob("*/*-client.said")))
        harness.send_signal(number)
        harness.communicate()
    assert harness.returncode == code
    assert list(tmp_path.iterdir()) == []


def test_the_page_has_a_place_for_the_tables() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page.index(BEGIN.format("layers")) < page.index(END.format("layers"))
