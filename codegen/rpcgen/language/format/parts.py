"""Which words belong to which item of a file. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from rpcgen.language import syntax
from rpcgen.language.format.pieces import Pieces, stretches
from rpcgen.language.source import Span

Member: TypeAlias = (
    syntax.Field | syntax.EnumValue | syntax.Variant | syntax.Setting | syntax.Method
)


@dataclass(frozen=True, slots=True)
class Part:
    """One item: the words from `first` to before `stop`."""

    item: syntax.Item
    first: int
    stop: int
    opening: int | None
    """The place of the brace before its members; None where it has none."""


def parts(pieces: Pieces, file: syntax.File) -> Iterator[Part]:
    """Return the items with their words; every word belongs to one."""
    firsts = [_first(pieces, it) for it in file.items]
    ends = stretches(firsts, len(pieces.words))
    for item, (first, stop) in zip(file.items, ends, strict=True):
        yield Part(item, first, stop, _opening(pieces, item, stop))


def stretches_of(pieces: Pieces, file: syntax.File) -> Iterator[tuple[int, int]]:
    """Return which words belong to each item, member and parameter; the smaller follow the larger.

    From the first word to before the last.
    """
    for part in parts(pieces, file):
        yield part.first, part.stop
        if part.opening is not None:
            yield from _between(pieces, part.opening, members(part.item))
        for method in members(part.item):
            if isinstance(method, syntax.Method):
                opening = pieces.places[method.name.span.start] + 1
                yield from _between(pieces, opening, method.parameters)


def members(item: syntax.Item) -> Sequence[Member]:
    """Return what stands between the braces of an item."""
    match item:
        case syntax.Struct() | syntax.Error():
            return item.fields
        case syntax.Enum():
            return item.values
        case syntax.Union():
            return item.variants
        case syntax.Service():
            return item.items
        case _:
            return ()


def beginning(member: Member) -> Span:
    """Return the span of a member's first word."""
    match member:
        case syntax.Setting():
            return member.keyword.span
        case syntax.Method():
            return member.verb.span
        case _:
            return member.name.span


def _between(pieces: Pieces, opening: int, found: Iterable[Member]) -> Iterator[tuple[int, int]]:
    firsts = [pieces.places[beginning(it).start] for it in found]
    return stretches(firsts, pieces.closings[opening])


def _first(pieces: Pieces, item: syntax.Item) -> int:
    """Return the place of its first word: a keyword stands before what has a span."""
    match item:
        case syntax.Package():
            return pieces.places[item.segments[0].span.start] - 1
        case syntax.Import():
            return pieces.places[item.path.span.start] - 1
        case syntax.Enum(closed=True) | syntax.Union(closed=True):
            return pieces.places[item.name.span.start] - 2
        case _:
            return pieces.places[item.name.span.start] - 1


def _opening(pieces: Pieces, item: syntax.Item, stop: int) -> int | None:
    if isinstance(item, syntax.Package | syntax.Import | syntax.Const | syntax.Alias):
        return None
    name = pieces.places[item.name.span.start]
    return next((it for it in range(name + 1, stop) if pieces.words[it] == "{"), None)
