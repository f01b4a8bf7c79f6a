"""A text that has been parsed, as words and the notes between them; commas are left out. Pure.

Notes are comments and documentation. A place is a number of words: what stands before word 3 has
place 3.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise

# As in grammar.lark: what has been parsed has nothing else.
_PIECES = re.compile(
    r'(?P<word>"[^"\\\n]*(?:\\[^\n][^"\\\n]*)*"|->'
    r"|-?[0-9][A-Za-z0-9_.]*(?:(?<=[eE])[+-][A-Za-z0-9_.]*){0,9}"
    r"|[A-Za-z_][A-Za-z0-9_]*|[^\s,#])"
    r"|(?P<note>#[^\n]*)|(?P<white>\s+)|,"
)
_BRACKETS = {")": "(", "]": "[", "}": "{"}


@dataclass(frozen=True, slots=True)
class Note:
    """A comment, or a line of documentation."""

    text: str
    start: int
    """The offset at which it begins."""
    trails: bool
    """Whether a word stands before it on its line."""
    blank: bool
    """Whether an empty line stands before it."""

    @property
    def documents(self) -> bool:
        """Whether it is documentation."""
        return self.text.startswith("##") and not self.text.startswith("###")


@dataclass(slots=True)
class Pieces:
    """The pieces of one text; filled by `pieces` and not touched afterwards."""

    text: str
    words: list[str] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    """Where each word begins."""
    places: dict[int, int] = field(default_factory=dict)
    """The place of the word that begins at an offset."""
    notes: dict[int, list[Note]] = field(default_factory=dict)
    """The notes at a place."""
    blanks: set[int] = field(default_factory=set)
    """Places of words that have an empty line right before them."""
    closings: dict[int, int] = field(default_factory=dict)
    """The place of the bracket that closes the one at a place."""

    def breaks(self, first: int, last: int) -> bool:
        """Whether a line ends between two words."""
        return self.text.find("\n", self.starts[first], self.starts[last]) >= 0

    def said(self) -> tuple[list[str], list[str]]:
        """Return what layout may not change: the words, and the notes, each in their order."""
        return self.words, [it.text for place in sorted(self.notes) for it in self.notes[place]]


def pieces(text: str) -> Pieces:
    """Return the pieces of a text without mistakes."""
    found = Pieces(text)
    opened: list[int] = []
    blank = line_ended = True
    for match in _PIECES.finditer(text):
        piece = match.group()
        place = len(found.words)
        if match["white"] is not None:
            blank = blank or piece.count("\n") > 1
            line_ended = line_ended or "\n" in piece
        elif match["note"] is not None:
            note = Note(piece.rstrip(), match.start(), not line_ended, blank)
            found.notes.setdefault(place, []).append(note)
            blank = False
        elif match["word"] is not None:
            if blank:
                found.blanks.add(place)
            if piece in "([{":
                opened.append(place)
            elif piece in _BRACKETS:
                found.closings[opened.pop()] = place
            found.words.append(piece)
            found.starts.append(match.start())
            found.places[match.start()] = place
            blank = line_ended = False
    return found


def stretches(firsts: Iterable[int], stop: int) -> Iterator[tuple[int, int]]:
    """Return where each of several things ends, which follow one another, beside its beginning."""
    return pairwise([*firsts, stop])
