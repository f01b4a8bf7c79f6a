"""The rows of what has a type: on one line, or with one constraint a line. Pure."""

from collections.abc import Sequence
from dataclasses import replace

from rpcgen.language import syntax
from rpcgen.language.format.pieces import Pieces, stretches
from rpcgen.language.format.writer import Stretch, Writer


class Members:
    """Adds fields, parameters, values, variants, constants and aliases."""

    def __init__(self, pieces: Pieces, writer: Writer) -> None:
        self._pieces = pieces
        self._writer = writer

    def add(self, type_: syntax.Type | None, marks: Sequence[syntax.Mark], stretch: Stretch) -> int:
        """Add what has these marks; return the number of its first row."""
        tail = self._pieces.places[marks[0].span.start] if marks else None
        whole = replace(stretch, tail=tail)
        constraints = () if type_ is None else type_.constraints
        if not constraints or (self._writer.fits(whole) and not self._is_noted(constraints)):
            return self._writer.row(whole)
        opening, closing = self._parentheses(constraints)
        head = self._writer.row(Stretch(stretch.first, opening + 1, stretch.depth))
        firsts = [self._pieces.places[it.name.span.start] for it in constraints]
        for first, stop in stretches(firsts, closing):
            end = "" if stop == closing else ","
            self._writer.row(Stretch(first, stop, stretch.depth + 1, end=end), blank=False)
        self._writer.row(replace(whole, first=closing), notes_deeper=True, blank=False)
        return head

    def _is_noted(self, constraints: Sequence[syntax.Constraint]) -> bool:
        """Whether a note stands among them."""
        opening, closing = self._parentheses(constraints)
        return any(it in self._pieces.notes for it in range(opening + 1, closing + 1))

    def _parentheses(self, constraints: Sequence[syntax.Constraint]) -> tuple[int, int]:
        opening = self._pieces.places[constraints[0].name.span.start] - 1
        return opening, self._pieces.closings[opening]
