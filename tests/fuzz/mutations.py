"""Changes an input by its tokens: of bytes changed at random, little is still JSON or a contract.

Both languages have words, texts in `"`, brackets, commas and lines; this knows no more of them.
"""

import re
from collections.abc import Sequence
from random import Random

_TOKEN = re.compile(rb'"(?:[^"\\\n]|\\.)*"|#[^\n]*|-?[0-9][\w.+-]*|\w+|[ \t]+|->|.', re.DOTALL)
_VALUE = re.compile(rb'".*"|[\w.+-]+|\[.*\]|\{.*\}', re.DOTALL)
_OPENING, _CLOSING = frozenset([b"(", b"[", b"{"]), frozenset([b")", b"]", b"}"])
_SEPARATORS = frozenset([b",", b"\n"])


def changed(data: bytes, pick: Random, words: Sequence[bytes], separator: bytes) -> bytes:
    """Return `data` with one to four changes; `separator` stands between what gets inserted."""
    tokens: list[bytes] = _TOKEN.findall(data)
    for _ in range(pick.choice((1, 1, 1, 2, 4))):
        if not tokens:
            return pick.choice(words)
        match pick.randrange(4):
            case 0:
                _change_tokens(tokens, pick, words)
            case 1:
                _change_value(tokens, pick, words)
            case _:
                _change_member(tokens, pick, separator)
    return b"".join(tokens)


def _change_tokens(tokens: list[bytes], pick: Random, words: Sequence[bytes]) -> None:
    """Change a stretch of tokens, whatever it is."""
    start = pick.randrange(len(tokens))
    some = slice(start, start + pick.choice((1, 1, 1, 2, 5, 20)))
    match pick.randrange(5):
        case 0:
            del tokens[some]
        case 1:
            tokens[start:start] = tokens[some]
        case 2:
            tokens[some] = [pick.choice(tokens)]
        case 3:
            tokens.insert(start, pick.choice(words))
        case _:
            tokens[some] = [pick.choice(words)]


def _change_value(tokens: list[bytes], pick: Random, words: Sequence[bytes]) -> None:
    """Put a word or another value in the place of a value."""
    starts = [at for at, it in enumerate(tokens) if it in _OPENING or _VALUE.fullmatch(it)]
    if not starts:
        return
    here, other = pick.choice(starts), pick.choice(starts)
    new = tokens[other : _end(tokens, other)]
    if pick.random() < 0.5:
        new = [pick.choice([it for it in words if _VALUE.fullmatch(it)])]
    tokens[here : _end(tokens, here)] = new


def _change_member(tokens: list[bytes], pick: Random, separator: bytes) -> None:
    """Drop a member, or put another one before it."""
    before = _OPENING | _SEPARATORS
    starts = [0, *(at for at in range(1, len(tokens)) if tokens[at - 1] in before)]
    here, other = pick.choice(starts), pick.choice(starts)
    stop = _end_of_member(tokens, here)
    match pick.randrange(3):
        case 0 if tokens[stop : stop + 1] == [separator]:
            del tokens[here : stop + 1]
        case 0:
            del tokens[max(0, here - 1) : stop]
        case 1:
            tokens[here:here] = [*tokens[other : _end_of_member(tokens, other)], separator]
        case _:
            tokens[here:stop] = tokens[other : _end_of_member(tokens, other)]


def _end(tokens: Sequence[bytes], start: int) -> int:
    """Return where what begins at `start` ends: behind the bracket that closes it."""
    depth = 0
    for at in range(start, len(tokens)):
        depth += (tokens[at] in _OPENING) - (tokens[at] in _CLOSING)
        if depth <= 0:
            return at + 1
    return len(tokens)


def _end_of_member(tokens: Sequence[bytes], start: int) -> int:
    """Return where the comma, the line end or the bracket stands that ends a member."""
    at = start
    while at < len(tokens) and tokens[at] not in _SEPARATORS | _CLOSING:
        at = _end(tokens, at)
    return at
