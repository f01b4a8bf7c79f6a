"""The tables of growth, as a terminal shows them and as a page does. Pure."""

from collections.abc import Iterable, Sequence

from benchmarks.grid import in_columns, piped
from benchmarks.growth.part import Column
from benchmarks.growth.summary import Row, Spread, Table

FAILED = "failed"


def as_text(tables: Iterable[Table]) -> str:
    """Return the tables in columns."""
    return "\n\n".join(f"{it.part.title}\n{in_columns(_cells(it))}" for it in tables)


def as_markdown(tables: Iterable[Table]) -> str:
    """Return the tables as a page has them."""
    return "\n\n".join(f"### {it.part.title}\n\n{piped(_cells(it))}" for it in tables)


def _cells(table: Table) -> list[list[str]]:
    columns = table.part.columns
    heads = ["", *([table.part.axis] if table.part.axis else [])]
    for column in columns:
        heads += [column.head, *(["spread"] if column.has_spread else [])]
    is_failed = any(it.failures for it in table.rows)
    rows = [_row(it, columns, has_axis=bool(table.part.axis)) for it in table.rows]
    if not is_failed:
        return [heads, *rows]
    told = [[*cells, _failures(it)] for cells, it in zip(rows, table.rows, strict=True)]
    return [[*heads, FAILED], *told]


def _row(row: Row, columns: Sequence[Column], *, has_axis: bool) -> list[str]:
    cells = [row.curve, *([f"{row.at:,}"] if has_axis else [])]
    for column in columns:
        found = row.figures.get(column.key)
        cells.append("" if found is None else shown(found.middle))
        if column.has_spread:
            cells.append(_spread(found))
    return cells


def _spread(found: Spread | None) -> str:
    return "" if found is None else f"{shown(found.least)}–{shown(found.most)}"


def shown(value: float) -> str:
    """Return a figure with three digits, or all of those before the point."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _failures(row: Row) -> str:
    if not row.failures:
        return ""
    return f"{len(row.failures)}×: {row.failures[-1].replace('|', '/')[:110]}"
