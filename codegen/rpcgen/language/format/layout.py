"""Words to rows: what of a file begins a line. Pure.

Where a body or parameters were written on one line, they stay there if they fit; so does what
trails a method. Everything else is decided by the words alone.
"""

from collections.abc import Sequence

from rpcgen.language import syntax
from rpcgen.language.format.line import Line
from rpcgen.language.format.members import Members
from rpcgen.language.format.methods import Methods
from rpcgen.language.format.parts import Member, Part, beginning, members, parts
from rpcgen.language.format.pieces import Pieces, stretches
from rpcgen.language.format.rows import Row
from rpcgen.language.format.writer import Stretch, Writer


def rows_of(pieces: Pieces, file: syntax.File) -> list[Row]:
    """Return the rows of a file; every word and every note is in one."""
    found = list(parts(pieces, file))
    layout = _Layout(pieces, Writer(pieces, Line(pieces, file, found)))
    layout.add(found)
    return layout.writer.rows


class _Layout:
    def __init__(self, pieces: Pieces, writer: Writer) -> None:
        self.writer = writer
        self._pieces = pieces
        self._members = Members(pieces, writer)
        self._methods = Methods(pieces, writer, self._members)

    def add(self, found: Sequence[Part]) -> None:
        was_long, kind = False, -1
        for part in found:
            first = len(self.writer.rows)
            head = self._part(part)
            is_long = len(self.writer.rows) - 1 > head
            if was_long or is_long or _kind(part.item) != kind:
                self.writer.separate(first, head)
            was_long, kind = is_long, _kind(part.item)
        self.writer.notes(len(self._pieces.words))

    def _part(self, part: Part) -> int:
        """Add the rows of an item; return the number of the one with its name."""
        opening = part.opening
        if opening is None:
            return self._line(part)
        if self._is_short(part, opening):
            return self.writer.row(Stretch(part.first, part.stop, 0))
        closing = self._pieces.closings[opening]
        head = self.writer.row(Stretch(part.first, opening + 1, 0))
        self.writer.begin_column()
        self.writer.open()
        found = members(part.item)
        firsts = [self._pieces.places[beginning(it).start] for it in found]
        for member, (first, stop) in zip(found, stretches(firsts, closing), strict=True):
            self._member(member, Stretch(first, stop, 1))
        self.writer.row(Stretch(closing, part.stop, 0), notes_deeper=True, blank=False)
        return head

    def _line(self, part: Part) -> int:
        self.writer.begin_column()
        whole = Stretch(part.first, part.stop, 0)
        if isinstance(part.item, syntax.Const | syntax.Alias):
            return self._members.add(part.item.type, part.item.marks, whole)
        return self.writer.row(whole)

    def _is_short(self, part: Part, opening: int) -> bool:
        """Whether an item with braces stays on one line."""
        closing = self._pieces.closings[opening]
        if closing == opening + 1:
            return closing not in self._pieces.notes
        if isinstance(part.item, syntax.Service) or self._pieces.breaks(opening, closing):
            return False
        return self.writer.fits(Stretch(part.first, part.stop, 0))

    def _member(self, member: Member, stretch: Stretch) -> None:
        if isinstance(member, syntax.Method):
            self._methods.add(member, stretch.first, stretch.stop)
        elif isinstance(member, syntax.Setting):
            self.writer.row(stretch)
        else:
            type_ = None if isinstance(member, syntax.EnumValue) else member.type
            self._members.add(type_, member.marks, stretch)


def _kind(item: syntax.Item) -> int:
    """Return the same number for what may stand without an empty line between."""
    return 0 if isinstance(item, syntax.Package) else 1 if isinstance(item, syntax.Import) else 2
