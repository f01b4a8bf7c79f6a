"""Rows of cells as a terminal shows them, and as a page does; the first row has the heads. Pure."""

from collections.abc import Sequence
from typing import TypeAlias

Grid: TypeAlias = Sequence[Sequence[str]]


def in_columns(grid: Grid, *, ends_in_text: bool = False) -> str:
    """Return rows with a name first and figures to the right; the last may be a text."""
    widths = [max(map(len, column)) for column in zip(*grid, strict=True)]
    aligned = ["<", *[">"] * (len(widths) - 1)]
    if ends_in_text:
        aligned[-1] = "<"
    return "\n".join(_line(row, aligned, widths) for row in grid)


def piped(grid: Grid, *, ends_in_text: bool = False) -> str:
    """Return the same as a table of Markdown."""
    head, *rows = grid
    ruler = ["---", *["---:"] * (len(head) - 1)]
    if ends_in_text:
        ruler[-1] = "---"
    return "\n".join(f"| {' | '.join(it)} |" for it in (head, ruler, *rows))


def _line(row: Sequence[str], aligned: Sequence[str], widths: Sequence[int]) -> str:
    cells = zip(row, aligned, widths, strict=True)
    return "  ".join(["", *(f"{it:{side}{width}}" for it, side, width in cells)]).rstrip()
