"""What trails a method: which words are a clause, and which clauses begin a line of their own."""

from dataclasses import dataclass

from rpcgen.language import syntax
from rpcgen.language.format.pieces import Pieces, stretches

_SHORT = frozenset({"readonly", "idempotent", "since", "deprecated"})


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause: the words from `first` to before `stop`."""

    keyword: str
    first: int
    stop: int
    is_short: bool
    """Whether it may stand in the column of its service, and beside others."""
    items: tuple[int, ...]
    """Where the names after `raises` begin."""
    noted: bool
    """Whether a note stands before it."""


def clauses(pieces: Pieces, method: syntax.Method, stop: int) -> list[Clause]:
    """Return the clauses of a method in the order of the text; `stop` is where the method ends."""
    ordered = sorted(method.clauses, key=lambda it: it.span.start)
    places = stretches([pieces.places[it.span.start] for it in ordered], stop)
    return [_clause(pieces, it, *ends) for it, ends in zip(ordered, places, strict=True)]


def _clause(pieces: Pieces, clause: syntax.Clause, first: int, stop: int) -> Clause:
    value = clause.value
    is_explained = isinstance(value, syntax.Mark) and value.note is not None
    names = value if isinstance(value, tuple) else ()
    return Clause(
        clause.keyword,
        first,
        stop,
        clause.keyword in _SHORT and not is_explained,
        tuple(pieces.places[it.error.span.start] for it in names),
        first in pieces.notes,
    )
