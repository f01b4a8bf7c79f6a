"""What two sets of constraints allow: the same, less, more, or other values. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Literal, TypeAlias

from rpcgen.language import model
from rpcgen.language.values import INT_MAX, INT_MIN, written

Limits: TypeAlias = Mapping[str, model.Scalar]
Effect: TypeAlias = Literal["narrowed", "widened", "changed", "pattern"]
"""Fewer values, more values, some other values; nobody can decide."""

_LOWER, _UPPER = ("ge", "gt"), ("le", "lt")
_MOST = ("max_length", "max_digits", "decimal_places")


@dataclass(frozen=True, slots=True)
class Difference:
    """One constraint that is otherwise; `was` and `is_` are what the language would write."""

    name: str
    effect: Effect
    was: str | None
    is_: str | None


def differences(was: Limits, now: Limits, kind: str) -> list[Difference]:
    """Return what differs between two sets of constraints on the type `kind`."""
    found = [
        _bound(was, now, kind, _LOWER, 1),
        _bound(was, now, kind, _UPPER, -1),
        _length(was, now),
        *(_most(was, now, name) for name in _MOST),
        _whole(was, now),
        _multiple(was, now, kind),
        _pattern(was, now),
    ]
    return [it for it in found if it is not None]


def _bound(
    was: Limits, now: Limits, kind: str, names: tuple[str, str], sign: int
) -> Difference | None:
    """Compare lower bounds with sign 1, upper ones with sign -1."""
    before, after = _edge(was, kind, names, sign), _edge(now, kind, names, sign)
    if before == after:
        return None
    is_less = before is None or (after is not None and after > before)
    return Difference(
        names[0], "narrowed" if is_less else "widened", _said(was, names), _said(now, names)
    )


def _edge(
    limits: Limits, kind: str, names: tuple[str, str], sign: int
) -> tuple[Decimal, bool] | None:
    """Return the tightest bound as something that grows as it gets tighter, or None."""
    exclusive = names[1]
    found = []
    for name in names:
        if name in limits:
            value = _number(limits[name])
            if kind == "int" and name == exclusive:
                # Of whole numbers, above 0 is at least 1.
                found.append((sign * value + 1, False))
            else:
                found.append((sign * value, name == exclusive))
    edge = max(found, default=None)
    if kind == "int" and edge is not None:
        least = Decimal(INT_MIN if sign > 0 else -INT_MAX)
        return None if edge[0] <= least else edge
    return edge


def _number(value: model.Scalar) -> Decimal:
    if isinstance(value, timedelta):
        return Decimal(value // timedelta(microseconds=1))
    return Decimal(str(value))


def _length(was: Limits, now: Limits) -> Difference | None:
    before, after = _count(was, "min_length", 0), _count(now, "min_length", 0)
    if before == after:
        return None
    effect: Effect = "narrowed" if after > before else "widened"
    return Difference("min_length", effect, _one(was, "min_length"), _one(now, "min_length"))


def _most(was: Limits, now: Limits, name: str) -> Difference | None:
    before, after = _count(was, name, -1), _count(now, name, -1)
    if before == after:
        return None
    is_less = before < 0 or 0 <= after < before
    return Difference(name, "narrowed" if is_less else "widened", _one(was, name), _one(now, name))


def _whole(was: Limits, now: Limits) -> Difference | None:
    """More places behind the point leave fewer before it: together they are `max_digits`."""
    before, after = _whole_digits(was), _whole_digits(now)
    same_total = _count(was, "max_digits", -1) == _count(now, "max_digits", -1)
    if not same_total or after is None or (before is not None and after >= before):
        return None
    return Difference("whole digits", "narrowed", str(before), str(after))


def _whole_digits(limits: Limits) -> int | None:
    total = _count(limits, "max_digits", -1)
    return None if total < 0 else total - _count(limits, "decimal_places", 0)


def _count(limits: Limits, name: str, absent: int) -> int:
    value = limits.get(name, absent)
    assert isinstance(value, int), "the contract compiled"
    return value


def _multiple(was: Limits, now: Limits, kind: str) -> Difference | None:
    name = "multiple_of"
    # Every whole number is a multiple of 1.
    before, after = (
        None if kind == "int" and it.get(name) == 1 else it.get(name) for it in (was, now)
    )
    if before == after:
        return None
    effect: Effect = "changed"
    if before is None or (after is not None and _number(after) % _number(before) == 0):
        effect = "narrowed"
    elif after is None or _number(before) % _number(after) == 0:
        effect = "widened"
    return Difference(name, effect, _one(was, name), _one(now, name))


def _pattern(was: Limits, now: Limits) -> Difference | None:
    before, after = was.get("pattern"), now.get("pattern")
    if before == after:
        return None
    effect: Effect = "pattern"
    if before is None or after is None:
        effect = "narrowed" if before is None else "widened"
    return Difference("pattern", effect, _one(was, "pattern"), _one(now, "pattern"))


def _one(limits: Limits, name: str) -> str | None:
    return _said(limits, (name,))


def _said(limits: Limits, names: tuple[str, ...]) -> str | None:
    said = [f"{it}={written(limits[it])}" for it in names if it in limits]
    return ", ".join(said) or None
