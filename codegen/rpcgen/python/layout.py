"""Python expressions laid out as `ruff format` would. Pure.

A bracket stays on its line while the whole statement fits; else its items stand one to a line,
each with a comma, which the formatter then leaves alone. So what fits the narrowest of the usual
widths is left alone at every wider one too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

WIDTH = 88


@dataclass(frozen=True, slots=True)
class Brackets:
    """`head(item, item)`; `before` is what stands in front, such as `name=`."""

    head: str
    items: Sequence["Node"]
    tail: str
    exploded: bool = False
    """Whether the items stand one to a line even where they would fit."""


@dataclass(frozen=True, slots=True)
class Joined:
    """Text in front of a node, such as `name=`."""

    before: str
    node: "Node"


@dataclass(frozen=True, slots=True)
class Either:
    """`A | B`; inside brackets, each alternative may stand on a line of its own."""

    alternatives: Sequence[str]


Node: TypeAlias = str | Brackets | Joined | Either


def flat(node: Node) -> str:
    """Return `node` on one line."""
    match node:
        case str():
            return node
        case Joined(before, inner):
            return before + flat(inner)
        case Either(alternatives):
            return " | ".join(alternatives)
        case Brackets(head, items, tail):
            return head + ", ".join(flat(it) for it in items) + tail


def lay_out(node: Node, indent: int = 0, after: str = "") -> str:
    """Return `node` at `indent` columns, with `after` behind it; no line end at the end."""
    return "\n".join(_lines(node, indent, "", after))


def _lines(node: Node, indent: int, before: str, after: str) -> list[str]:
    match node:
        case Joined(text, inner):
            return _lines(inner, indent, before + text, after)
        case Brackets(head, items, tail) if items and not _fits(node, indent, before, after):
            rows = [" " * indent + before + head]
            for item in items:
                rows += _lines(item, indent + 4, "", ",")
            rows.append(" " * indent + tail + after)
            return rows
        case Either(alternatives) if not _fits(node, indent, before, after):
            first, *others = alternatives
            rows = [before + first, *(f"| {it}" for it in others)]
            return [" " * indent + it for it in [*rows[:-1], rows[-1] + after]]
        case _:
            return [" " * indent + before + flat(node) + after]


def _fits(node: Node, indent: int, before: str, after: str) -> bool:
    return not _must_explode(node) and indent + len(before + flat(node) + after) <= WIDTH


def _must_explode(node: Node) -> bool:
    match node:
        case Brackets(items=items, exploded=exploded):
            return (exploded and bool(items)) or any(_must_explode(it) for it in items)
        case Joined(node=inner):
            return _must_explode(inner)
        case _:
            return False
