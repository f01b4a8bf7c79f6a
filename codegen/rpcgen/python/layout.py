"""Python expressions laid out as `ruff format` would. Pure.

A bracket stays on its line while the whole statement fits; else its items stand one to a line,
each with a comma, which the formatter then leaves alone. So what fits the narrowest of the usual
widths is left alone at every wider one too.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

WIDTH = 88

_HEAD = re.compile(r"[\w.]+[(\[]")
_PARTS = re.compile(r"""[()\[\],]|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'""")


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


def parse(text: str) -> Node:
    """Return a call or subscript written as text as a node, so that it can be laid out."""
    match = _HEAD.match(text)
    if match is None or not text.endswith((")", "]")):
        return text
    items, depth, start = [], 0, match.end()
    for part in _PARTS.finditer(text, match.end(), len(text) - 1):
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(part.group(), 0)
        if depth < 0:
            return text
        if depth == 0 and part.group() == ",":
            items.append(text[start : part.start()])
            start = part.end()
    items.append(text[start:-1])
    return Brackets(match.group(), [_argument(it.strip()) for it in items], text[-1])


def _argument(text: str) -> Node:
    name, equals, value = text.partition("=")
    if equals and name.isidentifier():
        return Joined(f"{name}=", parse(value))
    return parse(text)


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
            comma = "" if head.endswith("[") and before + head != "[" and len(items) == 1 else ","
            for item in items:
                rows += _lines(item, indent + 4, "", comma)
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
