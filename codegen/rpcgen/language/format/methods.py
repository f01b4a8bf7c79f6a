"""A method's rows: on one line, with clauses below, or with one parameter a line. Pure.

What trails stays on the method's line if it was written there and all of it fits. Else words such
as `readonly` stay, and the others go below: where a mark stands decides whether it is an error's.
"""

from collections.abc import Sequence
from dataclasses import replace

from rpcgen.language import syntax
from rpcgen.language.format.clauses import Clause, clauses
from rpcgen.language.format.members import Members
from rpcgen.language.format.pieces import Pieces, stretches
from rpcgen.language.format.writer import Stretch, Writer


class Methods:
    """Adds the rows of methods."""

    def __init__(self, pieces: Pieces, writer: Writer, members: Members) -> None:
        self._pieces = pieces
        self._writer = writer
        self._members = members

    def add(self, method: syntax.Method, first: int, stop: int) -> None:
        """Add the method whose words are those from `first` to before `stop`."""
        trailing = clauses(self._pieces, method, stop)
        end = trailing[0].first if trailing else stop
        closes = self._is_broken(method, first, end)
        if closes:
            first = self._parameters(method, first)
        tail = next((it.first for it in trailing if it.is_short), None)
        below: Sequence[Clause] = ()
        whole = Stretch(first, stop, 1, tail)
        if self._pieces.breaks(end - 1, stop - 1) or not self._writer.fits(whole):
            tail, below = self._beside(first, end, trailing)
            whole = Stretch(first, below[0].first if below else stop, 1, tail)
        self._writer.row(whole, notes_deeper=closes, blank=not closes)
        self._below(below)

    def _is_broken(self, method: syntax.Method, first: int, end: int) -> bool:
        """Whether the parameters stand on lines of their own."""
        opening = self._pieces.places[method.name.span.start] + 1
        closing = self._pieces.closings[opening]
        if closing == opening + 1:
            return closing in self._pieces.notes
        fits = self._writer.fits(Stretch(first, end, 1))
        return self._pieces.breaks(opening, closing) or not fits

    def _parameters(self, method: syntax.Method, first: int) -> int:
        """Add the rows up to the closing parenthesis; return its place."""
        places = self._pieces.places
        opening = places[method.name.span.start] + 1
        closing = self._pieces.closings[opening]
        self._writer.row(Stretch(first, opening + 1, 1))
        self._writer.open()
        firsts = [places[it.name.span.start] for it in method.parameters]
        ends = stretches(firsts, closing)
        for field, (start, stop) in zip(method.parameters, ends, strict=True):
            end = "" if stop == closing else ","
            self._members.add(field.type, field.marks, Stretch(start, stop, 2, end=end))
        return closing

    def _beside(
        self, first: int, end: int, trailing: Sequence[Clause]
    ) -> tuple[int | None, Sequence[Clause]]:
        """Return where the words that stay beside the method begin, and the clauses below it."""
        count = 0
        for clause in trailing:
            stays = clause.is_short and not clause.noted
            if not stays or not self._writer.fits(Stretch(first, clause.stop, 1, end)):
                break
            count += 1
        return end if count else None, trailing[count:]

    def _below(self, trailing: Sequence[Clause]) -> None:
        """Add clauses on lines of their own; short ones share one."""
        row: Stretch | None = None
        for number, last in enumerate(trailing, start=1):
            row = Stretch(last.first, last.stop, 2) if row is None else replace(row, stop=last.stop)
            if number < len(trailing) and self._shares(row, last, trailing[number]):
                continue
            if last.keyword == "raises" and not self._writer.fits(row):
                self._raises(last)
            else:
                self._writer.row(row, blank=False)
            row = None

    def _shares(self, row: Stretch, last: Clause, clause: Clause) -> bool:
        """Whether a clause stands behind another one."""
        beside = (last.is_short or last.keyword == "as") and clause.is_short and not clause.noted
        return beside and self._writer.fits(replace(row, stop=clause.stop))

    def _raises(self, clause: Clause) -> None:
        """Add errors that do not fit on one line, as many on each as do."""
        first, depth = clause.first, 2
        for start, stop in stretches(clause.items, clause.stop):
            whole = Stretch(first, stop, depth, end="" if stop == clause.stop else ",")
            if start > first + 1 and not self._writer.fits(whole):
                self._writer.row(Stretch(first, start, depth, end=","), blank=False)
                first, depth = start, 3
        self._writer.row(Stretch(first, clause.stop, depth), blank=False)
