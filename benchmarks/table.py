"""The tables of a run, as a terminal shows them and as a page does. Pure."""

from collections.abc import Iterable

from benchmarks.goals import Outcome
from benchmarks.grid import in_columns, piped
from benchmarks.roster import Road, Role
from benchmarks.summary import Row, Table
from benchmarks.work import Work

HEADS = (
    "",
    "calls/s",
    "spread",
    "p50 ms",
    "p99 ms",
    "CPU µs",
    "of best peer",
    "of limit",
    "failed",
)
WORKS = {
    Work.ADD: "`add(2, 3)`",
    Work.RECORDS: "20 records of 7 fields",
    Work.BYTES: "1 MB of bytes",
    Work.CASTS: "casts",
    Work.EVENTS: "events to 10 listeners",
    Work.FANOUT: "fanout to 10 servers",
}
ROADS = {Road.DIRECT: "direct", Road.BROKER: "through RabbitMQ", Road.MEMORY: "in one process"}


def title(table: Table) -> str:
    """Return what a table is about."""
    return f"{WORKS[table.cell.work]}, {table.cell.crowd}, {ROADS[table.road]}"


def as_text(tables: Iterable[Table]) -> str:
    """Return the tables in columns."""
    return "\n\n".join(f"{title(it)}\n{in_columns(_cells(it), ends_in_text=True)}" for it in tables)


def as_markdown(tables: Iterable[Table]) -> str:
    """Return the tables as a page has them."""
    return "\n\n".join(
        f"### {title(it)}\n\n{piped(_cells(it), ends_in_text=True)}" for it in tables
    )


def goals_as_text(outcomes: Iterable[Outcome]) -> str:
    """Return what was reached in columns."""
    return in_columns(_goals(outcomes))


def goals_as_markdown(outcomes: Iterable[Outcome]) -> str:
    """Return what was reached as a page has it."""
    return piped(_goals(outcomes))


def _goals(outcomes: Iterable[Outcome]) -> list[tuple[str, ...]]:
    return [("", "found", "wanted", "reached"), *map(_goal, outcomes)]


def _goal(outcome: Outcome) -> tuple[str, ...]:
    goal = outcome.goal
    subjects = " / ".join(filter(None, (goal.ours, goal.other)))
    loop = "uvloop" if goal.is_uvloop else ""
    told = (subjects, goal.cell.work.value, goal.cell.crowd, loop, goal.kind)
    return (
        ", ".join(filter(None, told)),
        "failed" if outcome.found is None else f"{outcome.found:.2f}",
        f"{'at most' if goal.is_most else 'at least'} {goal.wanted:g}",
        "yes" if outcome.is_reached else "no",
    )


def _cells(table: Table) -> list[tuple[str, ...]]:
    return [HEADS, *(_row(table, it) for it in table.rows)]


def _row(table: Table, row: Row) -> tuple[str, ...]:
    name = row.subject.name + (" (limit)" if row.subject.role is Role.LIMIT else "")
    if not row.has_figures:
        return (name, *[""] * 7, _failures(row))
    ratios = table.ratios(row)
    least, most = row.spread
    return (
        name,
        _number(row.median()),
        f"{_number(least)}–{_number(most)}",
        _milliseconds(row.median(lambda it: it.p50_ms)),
        _milliseconds(row.median(lambda it: it.p99_ms)),
        f"{row.median(lambda it: it.cpu_us):,.0f}",
        _times(ratios.of_best_peer),
        _times(ratios.of_limit),
        _failures(row),
    )


def _failures(row: Row) -> str:
    if not row.failures:
        return ""
    return f"{len(row.failures)}×: {row.failures[-1].replace('|', '/')[:110]}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _milliseconds(value: float) -> str:
    return f"{value:.3g}" if value < 1000 else f"{value:,.0f}"


def _times(ratio: float | None) -> str:
    return "" if ratio is None else f"{ratio:.2f}"
