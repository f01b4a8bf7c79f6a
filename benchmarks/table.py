"""The tables of a run, as a terminal shows them and as a page does. Pure."""

from collections.abc import Iterable

from benchmarks.results import Cell
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
    return f"{WORKS[table.cell.work]}, {_callers(table.cell)}, {ROADS[table.road]}"


def as_text(tables: Iterable[Table]) -> str:
    """Return the tables in columns."""
    return "\n\n".join(f"{title(it)}\n{_columns(_cells(it))}" for it in tables)


def as_markdown(tables: Iterable[Table]) -> str:
    """Return the tables as a page has them."""
    return "\n\n".join(f"### {title(it)}\n\n{_piped(_cells(it))}" for it in tables)


def _callers(cell: Cell) -> str:
    return f"{cell.callers} caller{'s' * (cell.callers != 1)}"


def _cells(table: Table) -> list[tuple[str, ...]]:
    return [HEADS, *(_row(table, it) for it in table.rows)]


def _row(table: Table, row: Row) -> tuple[str, ...]:
    name = row.subject.name + (" (limit)" if row.subject.role is Role.LIMIT else "")
    if not row.has_figures:
        return (name, *[""] * 7, _failures(row))
    ratios = table.ratios(row)
    return (
        name,
        _number(row.throughput),
        f"{_number(row.least)}–{_number(row.most)}",
        _milliseconds(row.p50_ms),
        _milliseconds(row.p99_ms),
        f"{row.cpu_us:,.0f}",
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


def _columns(rows: list[tuple[str, ...]]) -> str:
    widths = [max(len(it[column]) for it in rows) for column in range(len(HEADS))]
    return "\n".join(_line(it, widths) for it in rows)


def _line(row: tuple[str, ...], widths: list[int]) -> str:
    name, *figures, failures = row
    first = f"  {name:<{widths[0]}}"
    if failures and not any(figures):
        return f"{first}  failed {failures}"
    aligned = [f"{it:>{width}}" for it, width in zip(figures, widths[1:], strict=False)]
    return "  ".join([first, *aligned, failures]).rstrip()


def _piped(rows: list[tuple[str, ...]]) -> str:
    head, *others = rows
    ruler = ("---", *["---:"] * (len(HEADS) - 2), "---")
    return "\n".join(f"| {' | '.join(it)} |" for it in (head, ruler, *others))
