"""Collects the rows of a file: words from here to there become one, with their notes. Pure.

Notes keep their order: those inside a row go above it, the one behind it stays there.
"""

from dataclasses import dataclass, replace

from rpcgen.language.format.line import Line
from rpcgen.language.format.pieces import Note, Pieces
from rpcgen.language.format.rows import GAP, INDENT, WIDTH, Row


@dataclass(frozen=True, slots=True)
class Stretch:
    """The words from `first` to before `stop`, which are to be one row."""

    first: int
    stop: int
    depth: int
    tail: int | None = None
    """Where the words begin that stand in the column; None where none do."""
    end: str = ""
    """A comma, or nothing."""


class Writer:
    """The rows so far; they must cover the words one after another."""

    def __init__(self, pieces: Pieces, line: Line) -> None:
        self.rows: list[Row] = []
        self._pieces = pieces
        self._line = line
        self._body = 0
        self._opens = True

    def begin_column(self) -> None:
        """Give what trails from here on a column of its own."""
        self._body += 1

    def open(self) -> None:
        """Let no empty line stand before the next row."""
        self._opens = True

    def row(self, stretch: Stretch, *, notes_deeper: bool = False, blank: bool = True) -> int:
        """Add a row; return its number. `blank` keeps an empty line that stands before it."""
        depth = stretch.depth + notes_deeper
        is_apart = self._add_notes(stretch.first, stretch.stop, depth)
        head, tail = self._said(stretch)
        comment = next((it.text for it in self._notes(stretch.stop) if it.trails), "")
        keeps = blank and is_apart and stretch.first in self._pieces.blanks
        self._add(Row(stretch.depth, head, tail, comment, keeps, self._body))
        return len(self.rows) - 1

    def fits(self, stretch: Stretch) -> bool:
        """Whether its row is short enough."""
        head, tail = self._said(stretch)
        width = len(INDENT) * stretch.depth + len(head) + (GAP + len(tail) if tail else 0)
        return width <= WIDTH

    def notes(self, place: int) -> None:
        """Add the notes that stand on lines of their own before `place`."""
        self._add_notes(place, place, 0)

    def separate(self, first: int, head: int) -> None:
        """Let an empty line stand somewhere between the row before `first` and the row `head`."""
        if first and not any(it.blank for it in self.rows[first : head + 1]):
            self.rows[first] = replace(self.rows[first], blank=True)

    def _said(self, stretch: Stretch) -> tuple[str, str]:
        """Return what stands at the left, and what stands in the column."""
        if stretch.tail is None:
            return self._line.said(stretch.first, stretch.stop) + stretch.end, ""
        head = self._line.said(stretch.first, stretch.tail)
        return head, self._line.said(stretch.tail, stretch.stop) + stretch.end

    def _add_notes(self, first: int, stop: int, depth: int) -> bool:
        """Add what goes above a row; say whether an empty line may follow it."""
        documented = hoisted = False
        for note in self._notes(first):
            if not note.trails:
                self._add(Row(depth, note.text, blank=note.blank and not documented))
                documented = documented or note.documents
        for place in range(first + 1, stop):
            for note in self._notes(place):
                self._add(Row(depth, note.text))
                hoisted = True
        return not (documented or hoisted)

    def _notes(self, place: int) -> list[Note]:
        return self._pieces.notes.get(place, [])

    def _add(self, row: Row) -> None:
        self.rows.append(replace(row, blank=False) if self._opens else row)
        self._opens = False
