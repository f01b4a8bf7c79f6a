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
WIDEST = 100
"""Where what takes no comma is broken: a subscript of one type, and alternatives."""

_HEAD = re.compile(r"[\w.]+[(\[]")
_PARTS = re.compile(r"""[()\[\],|]|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'""")


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
    """Text in front of a node, such as `name=`, and behind it."""

    before: str
    node: "Node"
    after: str = ""


@dataclass(frozen=True, slots=True)
class Either:
    """`A | B`; inside brackets, each alternative may stand on a line of its own."""

    alternatives: Sequence[str]


Node: TypeAlias = str | Brackets | Joined | Either


def parse(text: str) -> Node:
    """Return a call, a subscript or alternatives as a node, so that they can be laid out."""
    alternatives = _alternatives(text)
    if len(alternatives) > 1:
        return Either(alternatives)
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


def _alternatives(text: str) -> list[str]:
    """Return the parts of `A | B[C | D]`; those inside brackets stay together."""
    found, depth, start = [], 0, 0
    for part in _PARTS.finditer(text):
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(part.group(), 0)
        if depth == 0 and part.group() == "|":
            found.append(text[start : part.start()].strip())
            start = part.end()
    return [*found, text[start:].strip()]


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
        case Joined(before, inner, after):
            return before + flat(inner) + after
        case Either(alternatives):
            return " | ".join(alternatives)
        case Brackets(head, items, tail):
            return head + ", ".join(flat(it) for it in items) + tail


def lay_out(node: Node, indent: int = 0, after: str = "") -> str:
    """Return `node` at `indent` columns, with `after` behind it; no line end at the end."""
    return "\n".join(_lines(node, indent, "", after))


def statement(before: str, expression: str, indent: int, after: str = "") -> str:
    """Return `before expression after`; alternatives that do not fit stand in parentheses."""
    node = parse(expression)
    line = " " * indent + before + expression + after
    if len(line) <= WIDEST or not isinstance(node, Either):
        return lay_out(Joined(before, node), indent, after)
    pad = " " * indent
    value = after.removeprefix(" = ")
    if value != after and len(f"{pad}{before}{expression} = (") <= WIDEST:
        return f"{pad}{before}{expression} = (\n{pad}    {value}\n{pad})"
    return f"{pad}{before}(\n{lay_out(node, indent + 4)}\n{pad}){after}"


def _lines(node: Node, indent: int, before: str, after: str) -> list[str]:
    match node:
        case Joined(text, inner, behind):
            return _lines(inner, indent, before + text, behind + after)
        case Brackets(head, items, tail) if items and not _fits(node, indent, before, after):
            rows = [" " * indent + before + head]
            comma = "" if is_single(node) else ","
            for item in items:
                rows += _lines(item, indent + 4, "", comma)
            rows.append(" " * indent + tail + after)
            return rows
        case Either(alternatives) if not _fits(node, indent, before, after):
            rows = []
            for index, alternative in enumerate(alternatives):
                mark = before if index == 0 else "| "
                end = after if index == len(alternatives) - 1 else ""
                rows += _lines(parse(alternative), indent, mark, end)
            return rows
        case _:
            return [" " * indent + before + flat(node) + after]


def _fits(node: Node, indent: int, before: str, after: str) -> bool:
    no_comma = isinstance(node, Either) or (isinstance(node, Brackets) and is_single(node))
    width = WIDEST if no_comma else WIDTH
    return not _must_explode(node) and indent + len(before + flat(node) + after) <= width


def is_single(node: Brackets) -> bool:
    """Whether it is a subscript of one element."""
    return node.head.endswith("[") and len(node.head) > 1 and len(node.items) == 1


def _must_explode(node: Node) -> bool:
    match node:
        case Brackets(items=items, exploded=exploded):
            return (exploded and bool(items)) or any(_must_explode(it) for it in items)
        case Joined(node=inner):
            return _must_explode(inner)
        case _:
            return False
