"""Texts within their limits, and those just outside. Pure."""

from collections.abc import Iterator

from rpcgen.language import model
from rpcgen.language.patterns import matches
from rpcgen.samples.patterns import matching
from rpcgen.samples.plain import bound

FULL_TEXT = "text é"
MAX_CHOICES = 8
_ODD = " -_.0Z'\"\\/é\n😀"
_FOREIGN = ("", "!", " ", "a", "A", "0", "-", "é", "\n", "~")


class NoSampleError(ValueError):
    """No value was found that meets all constraints of a type."""


def text(type_: model.Builtin, wanted: str = "", *, number: int = 0) -> str:
    """Return a text that meets the constraints, `wanted` if that can be; another by `number`.

    Raises NoSampleError.
    """
    for found in _candidates(type_, wanted, number):
        if holds(type_, found):
            return found
    raise NoSampleError(f"found no text that meets {told(type_)}")


def of_length(type_: model.Builtin, length: int) -> str | None:
    """Return a text of just that length that meets the pattern, if one was found."""
    pattern = type_.constraints.get("pattern")
    if not isinstance(pattern, str):
        return "a" * length
    for choice in range(MAX_CHOICES):
        found = _padded(pattern, matching(pattern, length, choice), length)
        if len(found) == length and matches(pattern, found):
            return found
    return None


def not_matching(type_: model.Builtin, pattern: str) -> str | None:
    """Return a text that meets all but the pattern, if one was found."""
    length = len(text(type_))
    for char in _FOREIGN:
        for found in (char, char * max(1, length)):
            if _has_length(type_, found) and not matches(pattern, found):
                return found
    return None


def odd_texts(type_: model.Builtin) -> Iterator[str]:
    """Yield texts with characters that are easily forgotten, as far as the constraints let them."""
    plain = text(type_, "abc")
    if "pattern" not in type_.constraints and holds(type_, _ODD):
        yield _ODD
        return
    for char in _ODD:
        found = (plain[:at] + char + plain[at + more :] for at in (1, 0) for more in (0, 1))
        held = next((it for it in found if holds(type_, it)), None)
        if held is not None:
            yield held


def holds(type_: model.Builtin, found: str) -> bool:
    """Whether a text meets the constraints."""
    pattern = type_.constraints.get("pattern")
    is_matched = not isinstance(pattern, str) or matches(pattern, found)
    return is_matched and _has_length(type_, found)


def told(type_: model.Builtin) -> str:
    """Return a type with its constraints, for people."""
    inner = ", ".join(f"{name}={value!r}" for name, value in type_.constraints.items())
    return f"`{type_.name}({inner})`" if inner else f"`{type_.name}`"


def _candidates(type_: model.Builtin, wanted: str, number: int) -> Iterator[str]:
    least = bound(type_, "min_length") or 0
    most = bound(type_, "max_length")
    own = wanted if not number else f"{wanted or 'a'}{number}"
    yield own.ljust(least, "a")[:most]
    pattern = type_.constraints.get("pattern")
    if not isinstance(pattern, str):
        yield str(number).rjust(least, "a")
        return
    for choice in range(MAX_CHOICES):
        for length in (least + number, least, (most or 0), least + number + 1):
            yield _padded(pattern, matching(pattern, length, choice + number), length)


def _padded(pattern: str, found: str, length: int) -> str:
    """Return a match with more around it, where that is still one."""
    if len(found) >= length:
        return found
    for more in (found.ljust(length, "a"), found.rjust(length, "a")):
        if matches(pattern, more):
            return more
    return found


def _has_length(type_: model.Builtin, found: str) -> bool:
    most = bound(type_, "max_length")
    return len(found) >= (bound(type_, "min_length") or 0) and (most is None or len(found) <= most)
