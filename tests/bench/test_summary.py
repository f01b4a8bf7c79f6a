"""Rounds are summed up by medians, compared within their road, and shown in tables."""

import json

import pytest

from benchmarks import page
from benchmarks.goals import outcomes
from benchmarks.results import Cell, Failed, Figures, Found, Result, from_json, to_json
from benchmarks.roster import Road
from benchmarks.summary import Table, summed_up
from benchmarks.table import as_markdown, as_text, goals_as_markdown, goals_as_text
from benchmarks.work import Work
from tests.bench.held import HERE, hold

ADD = Cell(Work.ADD, 32)


def figures(throughput: float, p50_ms: float = 1.5) -> Figures:
    return Figures(throughput, p50_ms, 10 * p50_ms, 100.0, int(throughput))


def rounds(subject: str, *found: Found, cell: Cell = ADD) -> list[Result]:
    return [Result(number, subject, cell, it) for number, it in enumerate(found)]


RESULTS = [
    *rounds("grpc-aio", figures(5000), figures(7000), figures(6000)),
    *rounds("http-async", figures(17_000), figures(15_000), figures(16_000)),
    *rounds("uvicorn", figures(34_000), figures(20_000), figures(16_000)),
    *rounds("xmlrpc", figures(2000), Failed("OSError: too | many"), figures(3000)),
    *rounds("zerorpc", *[Failed("stalled: the client said nothing in 63 s")] * 3),
    *rounds("amqp-async", figures(812.5, 1234.0)),
    *rounds("amqp-async", figures(9.876), cell=Cell(Work.EVENTS, 1)),
]


def table(road: Road) -> Table:
    return next(it for it in summed_up(RESULTS) if it.road is road)


def test_a_row_has_the_medians_and_the_spread_of_its_rounds() -> None:
    ours = table(Road.DIRECT).rows[0]
    assert ours.subject.name == "http-async"
    assert (ours.median(), ours.spread) == (16_000, (15_000, 17_000))


def test_ratios_are_of_single_rounds_to_the_fastest_peer_and_the_limit_of_the_same_road() -> None:
    direct, broker = table(Road.DIRECT), table(Road.BROKER)
    found = direct.ratios(direct.rows[0])
    assert found.of_best_peer == pytest.approx(16 / 6)
    assert found.of_limit == pytest.approx(0.75)  # of 0.5, 0.75 and 1
    alone = broker.ratios(broker.rows[0])
    assert (alone.of_best_peer, alone.of_limit) == (None, None)


def test_rounds_that_failed_are_counted_and_not_measured() -> None:
    rows = {it.subject.name: it for it in table(Road.DIRECT).rows}
    assert list(rows["xmlrpc"].rounds) == [0, 2]
    assert rows["xmlrpc"].median() == 2500
    assert rows["xmlrpc"].failures == ("OSError: too | many",)
    assert not rows["zerorpc"].has_figures


def test_what_is_to_be_reached_is_told_of_what_was_measured() -> None:
    results = [*RESULTS, *rounds("memory-async", figures(50_000), cell=Cell(Work.ADD, 1))]
    told = outcomes(summed_up(results), is_uvloop=False)
    assert [(it.goal.ours, it.goal.other, it.is_reached) for it in told] == [
        ("http-async", "grpc-aio", True),
        ("http-async", "uvicorn", False),
        ("amqp-async", "grpc-aio", False),
        ("memory-async", None, True),
    ]
    assert [it.found for it in told] == pytest.approx([16 / 6, 0.75, 812.5 / 5000, 20.0])
    (other,) = outcomes(summed_up(results), is_uvloop=True)
    assert (other.goal.wanted, other.is_reached) == (3.5, False)


def test_what_was_measured_but_failed_reaches_nothing() -> None:
    failed = rounds("http-async", *[Failed("OSError: no wire")] * 3)
    others = [it for it in RESULTS if it.subject in {"grpc-aio", "uvicorn"}]
    told = outcomes(summed_up([*failed, *others]), is_uvloop=False)
    assert [(it.goal.other, it.found, it.is_reached) for it in told] == [
        ("grpc-aio", None, False),
        ("uvicorn", None, False),
    ]
    assert "| http-async / uvicorn, add, 32 callers | failed | at least 0.8 | no |" in (
        goals_as_markdown(told)
    )


def test_a_terminal_and_a_page_show_the_tables() -> None:
    tables = summed_up(RESULTS)
    reached = outcomes(tables, is_uvloop=False)
    hold(HERE / "tables" / "terminal.txt", f"{as_text(tables)}\n\n{goals_as_text(reached)}\n")
    hold(HERE / "tables" / "page.md", f"{as_markdown(tables)}\n\n{goals_as_markdown(reached)}\n")


def test_results_are_the_same_after_json() -> None:
    assert from_json(json.loads(json.dumps(to_json(RESULTS)))) == RESULTS


def test_a_run_stands_between_the_markers_of_its_page() -> None:
    run = {
        "machine": {
            "processors": 2,
            "processor": "a processor",
            "memory_gib": 8,
            "system": "Linux",
            "python": "3.11.7",
        },
        "uvloop": False,
        "rounds": 3,
        "seconds": 1.0,
        "begun": "2026-01-01T00:00:00Z",
        "versions": {"grpc-aio": {"grpcio": "1.0", "pip": "1"}, "uvicorn": {"uvicorn": "2.0"}},
        "results": to_json(RESULTS),
    }
    text = page.PAGE.read_text(encoding="utf-8")
    written = page.write([run], text, is_drawn=True)
    assert page.write([run], written, is_drawn=True) == written
    assert page.DRAWN in written
    assert page.DRAWN not in page.write([run], written, is_drawn=False)
    assert as_markdown(summed_up(RESULTS)) in written
    assert "Packages: grpcio 1.0, uvicorn 2.0." in written
    assert "| http-async / grpc-aio, add, 32 callers | 2.67 | at least 2.5 | yes |" in written
    under_uvloop = page.write([run, {**run, "uvloop": True}], text, is_drawn=True)
    assert "add, 32 callers, uvloop | 2.67 | at least 3.5 | no |" in under_uvloop
    with pytest.raises(ValueError, match="the page has no `<!-- goals: written by"):
        page.write([run], "# Nothing\n", is_drawn=False)
