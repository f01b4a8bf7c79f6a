"""A text that a regular expression matches, of about a wanted length. Pure.

Strategy: the expression is cut into atoms, groups and repetitions; which character an atom matches
is asked of the engine that matches at run time. Whether the whole matches is asked by who uses it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from rpcgen.language.patterns import matches

MAX_REPEATS = 4_096

_CANDIDATES = "a0A-_.b1B " + "".join(chr(it) for it in range(33, 127)) + "é€\n\t"
_COUNT = re.compile(r"\{([0-9]+)(,?)([0-9]*)\}")
_ESCAPE = re.compile(r"\\(?:[xuUpP]\{[^}]*\}|x..|u....|[pP].|.)", re.DOTALL)
_NOTHING = frozenset({"^", "$", r"\b", r"\B", r"\A", r"\z", r"\<", r"\>"})
_GROUP = re.compile(r"\?(?:P?<[^>]*>|[a-zA-Z-]*:)")
_FLAGS = re.compile(r"\?[a-zA-Z-]+\)")


@dataclass(frozen=True, slots=True)
class Atom:
    """What matches one character."""

    source: str


@dataclass(frozen=True, slots=True)
class Group:
    """One of several sequences."""

    options: "Sequence[Sequence[Node]]"


@dataclass(frozen=True, slots=True)
class Repeat:
    """A node so many times."""

    inner: "Node"
    least: int
    most: int


Node: TypeAlias = Atom | Group | Repeat


def matching(pattern: str, length: int, choice: int = 0) -> str:
    """Return a text that is likely to match, with at least `length` characters if that can be.

    Of alternatives the one numbered `choice` is taken, or the last.
    """
    tree = _parsed(pattern)
    shortest = _Writer(choice, 0).text(tree)
    missing = max(0, length - len(shortest))
    return _Writer(choice, missing).text(tree) if missing else shortest


class _Writer:
    """Writes a tree; repetitions take what is missing, the first one first."""

    def __init__(self, choice: int, missing: int) -> None:
        self._choice = choice
        self._missing = missing

    def text(self, node: Node) -> str:
        match node:
            case Atom(source):
                return _character(source)
            case Group(options):
                chosen = options[min(self._choice, len(options) - 1)]
                return "".join(self.text(it) for it in chosen)
            case Repeat(inner, least, most):
                return self._repeated(inner, least, most)

    def _repeated(self, inner: Node, least: int, most: int) -> str:
        found = "".join(self.text(inner) for _ in range(min(least, MAX_REPEATS)))
        for _ in range(most - least):
            if self._missing <= 0:
                break
            more = self.text(inner)
            self._missing -= max(1, len(more))
            found += more
        return found


class _Parser:
    """Cuts an expression that the engine takes; what it does not know becomes a character."""

    def __init__(self, pattern: str) -> None:
        self._text = pattern
        self._at = 0

    def group(self) -> Group:
        options: list[list[Node]] = [[]]
        while self._at < len(self._text) and self._text[self._at] != ")":
            if self._text[self._at] == "|":
                self._at += 1
                options.append([])
                continue
            node = self._node()
            if node is not None:
                options[-1].append(self._counted(node))
        self._at += 1
        return Group(options)

    def _node(self) -> Node | None:
        text, start = self._text, self._at
        if text[start] == "(":
            return self._parenthesis()
        if text[start] == "[":
            self._at = _class_end(text, start)
        elif text[start] == "\\" and (match := _ESCAPE.match(text, start)):
            self._at = match.end()
        else:
            self._at += 1
        source = text[start : self._at]
        return None if source in _NOTHING else Atom(source)

    def _parenthesis(self) -> Node | None:
        self._at += 1
        if match := _FLAGS.match(self._text, self._at):
            self._at = match.end()
            return None
        if match := _GROUP.match(self._text, self._at):
            self._at = match.end()
        return self.group()

    def _counted(self, node: Node) -> Node:
        while self._at < len(self._text):
            char = self._text[self._at]
            match = _COUNT.match(self._text, self._at)
            if match:
                self._at = match.end()
                least = int(match[1])
                most = least if not match[2] else int(match[3] or MAX_REPEATS)
                node = Repeat(node, least, most)
            elif char in "*+?":
                self._at += 1
                node = Repeat(node, int(char == "+"), 1 if char == "?" else MAX_REPEATS)
            else:
                break
            if self._text[self._at : self._at + 1] == "?":
                self._at += 1
        return node


@lru_cache(maxsize=256)
def _parsed(pattern: str) -> Group:
    return _Parser(pattern).group()


@lru_cache(maxsize=1_024)
def _character(source: str) -> str:
    if len(source) == 1 and source not in ".\\":
        return source
    whole = f"^(?:{source})$"
    return next((it for it in _CANDIDATES if matches(whole, it)), "a")


def _class_end(text: str, start: int) -> int:
    """Return where the class that opens at `start` is closed."""
    at, depth = start, 0
    while at < len(text):
        if text[at] == "\\":
            at += 1
        elif text[at] == "[":
            depth += 1
            # A bracket that comes first is one of the characters.
            at += len("^") if text[at + 1 : at + 2] == "^" else 0
            at += len("]") if text[at + 1 : at + 2] == "]" else 0
        elif text[at] == "]":
            depth -= 1
            if not depth:
                return at + 1
        at += 1
    return at
