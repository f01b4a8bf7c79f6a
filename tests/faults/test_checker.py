"""The checker counts what the logs say; each kind of violation is seen."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.faults import log
from tests.faults.checker import Evidence, Figures, check
from tests.faults.log import Asked, Execution, Log
from tests.faults.work import Answer, Kind, Outcome

OK = Outcome.RESULT


def asked(
    key: str,
    kind: Kind = Kind.ONCE,
    outcome: Outcome | None = OK,
    *,
    sent: float = 1.0,
    ended: float = 1.1,
    said: str | None = None,
    client: int = 7,
) -> Asked:
    if outcome is None:
        return Asked(key, kind, client, sent, 5.0)
    answered = key if said is None else said
    return Asked(key, kind, client, sent, 5.0, ended, Answer(outcome, answered))


def ran(
    key: str, kind: Kind = Kind.ONCE, started: float = 1.05, ended: float | None = 1.08
) -> Execution:
    return Execution(key, kind, "m", 1, started, ended)


def figures(
    requests: Sequence[Asked],
    runs: Sequence[Execution],
    *,
    dead: Sequence[str] = (),
    waiting: Sequence[str] = (),
    poison: Sequence[str] = (),
    killed: Sequence[int] = (),
    fault: float = 5.0,
    healed: float = 6.0,
) -> Figures:
    return check(
        Evidence(
            asked=requests,
            executions=runs,
            loaded=0.0,
            halted=10.0,
            fault=fault,
            healed=healed,
            closed=20.0,
            dead=dead,
            waiting=frozenset(waiting),
            poison=frozenset(poison),
            killed=frozenset(killed),
        )
    )


def test_what_went_well_breaks_nothing() -> None:
    found = figures(
        [asked("a"), asked("b", Kind.AGAIN), asked("c", Kind.LATER)],
        [ran("a"), ran("b", Kind.AGAIN), ran("c", Kind.LATER)],
    )
    assert (found.calls_sent, found.results, found.confirmed, found.executions) == (3, 2, 1, 3)
    assert found.lost_acknowledged == found.duplicate_executions == found.wrong_replies == 0
    assert found.at_most_once_violations == found.expired_executions == found.hung == 0


def test_a_confirmed_cast_that_never_ran_is_lost() -> None:
    assert figures([asked("a", Kind.LATER)], []).lost_acknowledged == 1


def test_a_confirmed_cast_whose_run_was_cut_off_is_lost() -> None:
    cut_off = ran("a", Kind.LATER, ended=None)
    assert figures([asked("a", Kind.LATER)], [cut_off]).lost_acknowledged == 1


def test_a_cast_that_was_not_confirmed_may_be_lost() -> None:
    found = figures([asked("a", Kind.LATER, Outcome.UNKNOWN)], [])
    assert (found.lost_acknowledged, found.outcome_unknown) == (0, 1)


@pytest.mark.parametrize("place", ["dead", "waiting"])
def test_a_confirmed_cast_in_a_queue_is_not_lost(place: str) -> None:
    if place == "dead":
        found = figures([asked("a", Kind.LATER)], [], dead=["a"])
    else:
        found = figures([asked("a", Kind.LATER)], [], waiting=["a"])
    assert found.lost_acknowledged == 0


def test_a_second_run_is_a_violation_of_what_may_run_once_alone() -> None:
    twice = [ran("a"), ran("a"), ran("b", Kind.AGAIN), ran("b", Kind.AGAIN)]
    found = figures([asked("a"), asked("b", Kind.AGAIN)], twice)
    assert (found.at_most_once_violations, found.duplicate_executions) == (1, 1)


def test_a_second_run_counts_although_the_first_was_cut_off() -> None:
    found = figures([asked("a")], [ran("a", ended=None), ran("a")])
    assert found.at_most_once_violations == 1


def test_what_was_said_not_to_run_must_not_have_run() -> None:
    refused = asked("a", outcome=Outcome.NOT_EXECUTED, said="")
    assert figures([refused], []).false_not_executed == 0
    assert figures([refused], [ran("a")]).false_not_executed == 1


def test_an_answer_to_something_else_is_wrong() -> None:
    found = figures([asked("a", said="b")], [ran("a"), ran("b")])
    assert found.wrong_replies == 1


@pytest.mark.parametrize("runs", [[], [ran("a", ended=None)]])
def test_a_result_of_what_never_ran_to_its_end_is_wrong(runs: list[Execution]) -> None:
    assert figures([asked("a")], runs).wrong_replies == 1


def test_a_call_that_began_behind_its_deadline_had_expired() -> None:
    late = asked("a", outcome=Outcome.UNKNOWN, ended=6.0)
    assert figures([late], [ran("a", started=5.9)]).expired_executions == 0
    assert figures([late], [ran("a", started=6.2)]).expired_executions == 1


def test_a_cast_does_not_expire() -> None:
    late = ran("a", Kind.LATER, started=9.0, ended=9.1)
    assert figures([asked("a", Kind.LATER)], [late]).expired_executions == 0


def test_what_ends_long_after_its_deadline_hung() -> None:
    assert figures([asked("a", ended=6.9)], [ran("a")]).hung == 0
    assert figures([asked("a", ended=7.1)], [ran("a")]).hung == 1


def test_what_never_ends_hangs_unless_its_client_was_killed() -> None:
    open_end = asked("a", outcome=None, client=7)
    assert figures([open_end], []).hung == 1
    assert figures([open_end], [], killed=[7]).hung == 0


def test_poison_belongs_in_the_dead_letter_queue_and_bystanders_do_not() -> None:
    found = figures([], [], dead=["bad", "good"], poison=["bad"])
    assert (found.dead_lettered, found.bystanders_dead_lettered) == (2, 1)


def test_the_longest_gap_lies_between_results_and_at_the_ends_of_the_load() -> None:
    ends = [asked(f"k{at}", sent=at, ended=at) for at in (1.0, 2.0, 6.5, 9.0)]
    assert figures(ends, [ran(it.key) for it in ends]).longest_gap_s == 4.5
    assert figures([], []).longest_gap_s == 10.0


def test_recovered_is_who_was_asked_last_without_success_after_healing() -> None:
    well = [asked(f"k{at}", sent=at, ended=at + 0.25) for at in (1.0, 6.5, 8.0, 9.0)]
    ill = [
        asked("x", outcome=Outcome.UNKNOWN, sent=5.5, ended=7.0),
        asked("y", outcome=Outcome.UNKNOWN, sent=7.5, ended=7.6),
    ]
    runs = [ran(it.key) for it in well]
    assert figures(well, runs).recovery_s == 0.75
    assert figures([*well, *ill], runs).recovery_s == 1.5
    assert figures(ill, []).recovery_s == 14.0


def test_percentiles_are_of_results_by_when_they_were_sent() -> None:
    took = [
        asked(f"k{at}", sent=at, ended=at + took) for at, took in ((1, 0.1), (5.5, 3), (7, 0.2))
    ]
    found = figures(took, [ran(it.key) for it in took])
    assert (found.before_p50_ms, found.during_p50_ms, found.after_p99_ms) == (100, 3000, 200)


def test_logs_are_read_as_they_were_written(tmp_path: Path) -> None:
    path = tmp_path / "log"
    written = Log(path)
    written.sent("a", Kind.AGAIN, 5.0)
    first = written.started("a", Kind.AGAIN, "m1")
    second = written.started("b", Kind.LATER, "m2")
    written.ended(second)
    written.answered("a", Answer(Outcome.UNKNOWN, "", "late"))
    runs = log.executions([path])
    assert first != second
    assert [(it.key, it.ended is None) for it in runs] == [("a", True), ("b", False)]
    [request] = log.asked([path])
    assert (request.key, request.timeout, request.outcome) == ("a", 5.0, Outcome.UNKNOWN)
    assert request.ended is not None
    assert request.ended >= request.sent


def test_a_line_that_a_kill_has_torn_is_skipped(tmp_path: Path) -> None:
    path = tmp_path / "log"
    Log(path).started("a", Kind.ONCE, "m")
    with path.open("a") as file:
        file.write('{"end": 1, "pi')
    assert [it.key for it in log.executions([path])] == ["a"]
