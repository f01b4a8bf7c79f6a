"""Words to one line: where spaces and commas stand between them. Pure."""

from collections.abc import Sequence

from rpcgen.language import syntax
from rpcgen.language.format.commas import listed, types
from rpcgen.language.format.parts import Part
from rpcgen.language.format.pieces import Pieces

_TIGHT_BEFORE = frozenset({")", "]", "}", "?", ".", ":", "("})
_TIGHT_AFTER = frozenset({"(", "[", "{", "."})


class Line:
    """Says words of one file on one line."""

    def __init__(self, pieces: Pieces, file: syntax.File, parts: Sequence[Part]) -> None:
        places = pieces.places
        self._words = pieces.words
        self._items = {places[it.start] for spans in listed(file) for it in spans[1:]}
        self._equals = {
            places[it.name.span.start] + 1 for type_ in types(file) for it in type_.constraints
        }
        openings = {it.opening for it in parts if it.opening is not None}
        # Other braces are empty maps.
        self._braces = openings | {pieces.closings[it] for it in openings}

    def said(self, first: int, stop: int) -> str:
        """Return the words from `first` to before `stop`."""
        said = [self._words[first]]
        for place in range(first + 1, stop):
            said += [self._between(place), self._words[place]]
        return "".join(said)

    def _between(self, place: int) -> str:
        before, word = self._words[place - 1], self._words[place]
        if place in self._items:
            return ", "
        if place in self._equals or place - 1 in self._equals:
            return ""
        if place in self._braces or place - 1 in self._braces:
            return "" if before + word == "{}" else " "
        if word == "[":
            return " " if before == "=" else ""
        return "" if word in _TIGHT_BEFORE or before in _TIGHT_AFTER else " "
