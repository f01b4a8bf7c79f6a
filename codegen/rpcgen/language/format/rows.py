"""Rows to text: what trails in a body stands in one column, as do comments below each other. Pure.

Neither column depends on how the text was laid out before, so what is laid out stays as it is.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

WIDTH = 100
INDENT = "  "
GAP = 2
LAST_COLUMN = 80
"""What would begin beyond it stands in no column: one long line does not drag the others along."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of text."""

    depth: int
    head: str
    tail: str = ""
    """What stands in the column of its body: marks, and words such as `readonly`."""
    comment: str = ""
    blank: bool = False
    """Whether an empty line stands before it."""
    body: int = 0
    """Which rows share a column."""

    @property
    def indented(self) -> str:
        """The head where it stands."""
        return INDENT * self.depth + self.head


def laid_out(rows: Iterable[Row]) -> str:
    """Return the rows as the text of a file."""
    ordered = list(rows)
    lines = list(_with_comments(ordered, _with_tails(ordered)))
    return "\n".join(lines).removeprefix("\n") + "\n" if lines else ""


def _with_tails(rows: Sequence[Row]) -> list[str]:
    tailed = defaultdict(list)
    for row in rows:
        if row.tail:
            tailed[row.body].append((row.indented, row.tail))
    columns = {body: _column(pairs) for body, pairs in tailed.items()}
    return [_joined(it.indented, it.tail, columns.get(it.body, 0)) for it in rows]


def _with_comments(rows: Sequence[Row], said: Sequence[str]) -> Iterator[str]:
    """Return the lines; comments on lines below each other share a column."""
    run: list[tuple[str, str]] = []
    for row, text in zip(rows, said, strict=True):
        if run and (row.blank or not row.comment):
            yield from _run(run)
            run = []
        if row.blank:
            yield ""
        if row.comment:
            run.append((text, row.comment))
        else:
            yield text
    yield from _run(run)


def _run(pairs: Sequence[tuple[str, str]]) -> Iterator[str]:
    column = _column(pairs)
    return (_joined(text, comment, column) for text, comment in pairs)


def _column(pairs: Sequence[tuple[str, str]]) -> int:
    """Return the column at which the most of them fit, the leftmost of those."""
    starts = sorted({len(head) + GAP for head, _ in pairs if len(head) + GAP <= LAST_COLUMN})
    fitting = {it: sum(_fits(head, tail, it) for head, tail in pairs) for it in starts}
    return max(starts, key=lambda it: fitting[it], default=0)


def _fits(head: str, tail: str, column: int) -> bool:
    return len(head) + GAP <= column and column + len(tail) <= WIDTH


def _joined(head: str, tail: str, column: int) -> str:
    if not tail:
        return head
    return head.ljust(column if _fits(head, tail, column) else len(head) + GAP) + tail
