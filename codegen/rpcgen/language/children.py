"""What a rule of the grammar hands to the rule around it, and how that one finds it.

A rule's children come in the order of the text, with what was left out left out; each is told by
its type.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from lark import Token

from rpcgen.language import syntax
from rpcgen.language.source import Span

T = TypeVar("T")
Children = list[object]


class Wire(syntax.Literal):
    """A name on the wire, so that it is not taken for another text."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Default:
    """What follows `=` after a type."""

    value: syntax.Value


@dataclass(frozen=True, slots=True)
class Arguments:
    """The types between `[` and `]`."""

    types: tuple[syntax.Type, ...]


@dataclass(frozen=True, slots=True)
class Constraints:
    """What stands between `(` and `)` after a type."""

    items: tuple[syntax.Constraint, ...]


@dataclass(frozen=True, slots=True)
class Marks:
    """The marks of a declaration or member, often none."""

    items: tuple[syntax.Mark, ...]


@dataclass(frozen=True, slots=True)
class Doc:
    """The documentation of a declaration or member, often empty."""

    text: str
    lines: tuple[Token, ...]


def offsets_of(tokens: list[Token]) -> tuple[int, int]:
    """Return where the first of two brackets begins and the last ends."""
    return tokens[0].start_pos or 0, tokens[-1].end_pos or 0


def all_of(children: Iterable[object], kind: type[T]) -> list[T]:
    """Return the children of one kind."""
    return [it for it in children if isinstance(it, kind)]


def one_of(children: Iterable[object], kind: type[T]) -> T:
    """Return the child of a kind that the rule always has."""
    return next(it for it in children if isinstance(it, kind))


def first_of(children: Iterable[object], kind: type[T]) -> T | None:
    """Return the child of a kind that the rule may have."""
    return next((it for it in children if isinstance(it, kind)), None)


def value_in(children: Children) -> syntax.Value:
    """Return the literal or the name."""
    return next(it for it in children if isinstance(it, syntax.Literal | syntax.Reference))


def token_in(children: Children, kind: str | None = None) -> Token:
    """Return the first token, or the first of a kind."""
    return next(
        it for it in children if isinstance(it, Token) and (kind is None or it.type == kind)
    )


def has(children: Children, kind: str) -> bool:
    """Say whether a token of this kind stands there."""
    return any(isinstance(it, Token) and it.type == kind for it in children)


def marks_in(children: Children) -> tuple[syntax.Mark, ...]:
    """Return the marks."""
    return next((it.items for it in children if isinstance(it, Marks)), ())


def doc_in(children: Children) -> str:
    """Return the documentation."""
    return next((it.text for it in children if isinstance(it, Doc)), "")


def reference_of(words: list[syntax.Word]) -> syntax.Reference:
    """Return the reference that one name, or two with a dot between them, are."""
    alias = words[0] if len(words) > 1 else None
    span = Span(words[0].span.source, words[0].span.start, words[-1].span.stop)
    return syntax.Reference(alias, words[-1], span)


def json_at(span: Span) -> syntax.Reference:
    """Return what stands in for a type that is not looked at any further."""
    return syntax.Reference(None, syntax.Word("json", span), span)


def is_below(mark: syntax.Mark, raised: syntax.Raised) -> bool:
    """Whether a mark stands on a line below the raised name that it follows."""
    text = raised.error.span.source.text
    return text.find("\n", raised.error.span.stop, mark.span.start) >= 0
