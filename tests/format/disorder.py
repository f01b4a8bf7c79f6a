"""The same contract laid out at random: line ends, comments and commas wherever they may stand."""

import random
from collections.abc import Iterator

from rpcgen.language import syntax
from rpcgen.language.format.commas import listed, types
from rpcgen.language.format.pieces import Note, pieces
from rpcgen.language.source import Span

_GLUED = frozenset('()[]{}=:?"')


def disordered(file: syntax.File, seed: int) -> str:
    """Return the text of `file` with other white space, more comments, and other commas."""
    return "".join(_Disorder(file, random.Random(seed)).pieces())


class _Disorder:
    def __init__(self, file: syntax.File, pick: random.Random) -> None:
        self._pieces = pieces(file.source_span.source.text)
        self._pick = pick
        self._density = pick.choice([0.02, 0.1, 0.5])
        places = self._pieces.places
        self._commas = {places[it.start] for spans in listed(file) for it in spans[1:]}
        self._optional = {places[it.start] for it in _optional(file)}
        self._comments = 0

    def pieces(self) -> Iterator[str]:
        words = self._pieces.words
        for place, word in enumerate(words):
            if place in self._commas and not (
                place in self._optional and self._pick.random() < 0.5
            ):
                yield from (self._white(), ",")
            notes = self._pieces.notes.get(place, [])
            yield from self._notes(notes)
            glued = place and not notes and (_is_glued(words[place - 1]) or _is_glued(word))
            # The grammar tells these from names by what follows them.
            is_plain = place > 0 and words[place - 1] in {"as", "since", "deprecated"}
            yield " " if is_plain else self._white(least="" if glued else " ")
            yield word
        yield from self._notes(self._pieces.notes.get(len(words), []))
        yield "\n"

    def _notes(self, notes: list[Note]) -> Iterator[str]:
        for note in notes:
            before = "\n" if note.documents or not note.trails else " "
            yield f"{before}{' ' * self._pick.randint(0, 5)}{note.text}\n"

    def _white(self, least: str = "") -> str:
        if self._pick.random() > self._density:
            return least + " " * self._pick.choice([0, 0, 1, 4])
        parts = [least]
        for _ in range(self._pick.randint(1, 3)):
            parts.append(self._pick.choice(["\n", "\n\n", "\n \t\n\n", self._comment(), "\t"]))
        return "".join(parts)

    def _comment(self) -> str:
        self._comments += 1
        before = self._pick.choice([" ", "\n", "\n\n", "\n\t"])
        return f'{before}#{self._pick.choice([" ", ""])}{self._comments} "{{(\n'


def _is_glued(word: str) -> bool:
    return word[0] in _GLUED and word[-1] in _GLUED and not word.startswith('"')


def _optional(file: syntax.File) -> Iterator[Span]:
    """Return what may stand without a comma before it."""
    for item in file.items:
        match item:
            case syntax.Struct(fields=members) | syntax.Error(fields=members):
                yield from (it.name.span for it in members)
            case syntax.Enum(values=members) | syntax.Union(variants=members):
                yield from (it.name.span for it in members)
            case syntax.Service():
                for member in item.items:
                    if isinstance(member, syntax.Method):
                        yield from (it.name.span for it in member.parameters)
            case _:
                pass
    for type_ in types(file):
        yield from (it.name.span for it in type_.constraints)
