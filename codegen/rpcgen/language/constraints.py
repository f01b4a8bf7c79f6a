"""Which constraints stand on which type, and whether they make sense together."""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Context, Decimal

from rpcgen.language import syntax
from rpcgen.language.diagnostics import Report
from rpcgen.language.habits import CONSTRAINTS
from rpcgen.language.model import Scalar
from rpcgen.language.patterns import Patterns, matches
from rpcgen.language.values import written

_WIDE = Context(prec=1_000)
"""Wide enough for any two numbers that a file can say."""
_LENGTH = {"min_length": "int", "max_length": "int"}


def _order(kind: str) -> dict[str, str]:
    return dict.fromkeys(("ge", "gt", "le", "lt"), kind)


ALLOWED: Mapping[str, Mapping[str, str]] = {
    "bool": {},
    "int": {**_order("int"), "multiple_of": "int"},
    "float": {**_order("float"), "multiple_of": "float"},
    "str": {**_LENGTH, "pattern": "str"},
    "bytes": _LENGTH,
    "uuid": {},
    "datetime": {},
    "date": {},
    "time": {},
    "duration": _order("duration"),
    "decimal": {**_order("decimal"), "max_digits": "int", "decimal_places": "int"},
    "json": {},
    "list": _LENGTH,
    "map": _LENGTH,
}
"""For each built-in type its constraints, each with the type of its value (pydantic's words)."""

Values = dict[str, tuple[Scalar, syntax.Constraint]]


def check_name(item: syntax.Constraint, kind: str, report: Report) -> str | None:
    """Return the type that the constraint's value must have, or None after a report."""
    allowed = ALLOWED[kind]
    name = item.name.text
    if name in allowed:
        return allowed[name]
    accepted = ", ".join(f"`{it}`" for it in allowed) or "no constraint"
    meant = next((it for it in CONSTRAINTS.get(name, ()) if it in allowed), None)
    close = f"; did you mean `{meant}`?" if meant else report.nearest(name, allowed)
    message = f"`{kind}` has no constraint `{name}`{close}"
    report.add("unknown-constraint", item.name.span, message, accepted)
    return None


def check_values(kind: str, values: Values, patterns: Patterns, report: Report) -> None:
    """Report constraints whose values no value of the type can meet."""
    for name, (value, item) in values.items():
        if isinstance(value, int) and name in {"min_length", "max_length", "decimal_places"}:
            _at_least(value, 0, item, report)
        elif name in {"multiple_of", "max_digits"}:
            _above_zero(value, item, report)
        elif name == "pattern" and isinstance(value, str):
            patterns.check(value, item.value.span, report)
    for low, high in (("min_length", "max_length"), ("ge", "le"), ("gt", "lt")):
        _not_empty(kind, low, high, values, report, strict=low == "gt")
    _not_empty(kind, "ge", "lt", values, report, strict=True)
    _not_empty(kind, "gt", "le", values, report, strict=True)
    for first, second in (("ge", "gt"), ("le", "lt")):
        if first in values and second in values:
            message = f"`{first}` and `{second}` say the same side twice"
            span = values[second][1].name.span
            report.add("constraint-conflict", span, message, f"`{first}` or `{second}`")


def violated(value: object, constraints: Mapping[str, Scalar]) -> str | None:
    """Return the first constraint that a literal breaks, as `name=value`."""
    for name, bound in constraints.items():
        if not _holds(value, name, bound):
            return f"{name}={written(bound)}"
    return None


def _holds(value: object, name: str, bound: Scalar) -> bool:
    if name in {"min_length", "max_length"} and isinstance(bound, int):
        size = len(value) if isinstance(value, str | list | dict) else 0
        return size >= bound if name == "min_length" else size <= bound
    if name == "pattern" and isinstance(value, str) and isinstance(bound, str):
        return matches(bound, value)
    left, right = comparable(value), comparable(bound)
    if left is None or right is None:
        return True
    match name:
        case "ge":
            return left >= right
        case "gt":
            return left > right
        case "le":
            return left <= right
        case "lt":
            return left < right
        case "multiple_of":
            # Nothing is a multiple of 0; that is told where it is said.
            return right == 0 or _WIDE.remainder(left, right) == 0
    return True


def comparable(value: object) -> Decimal | None:
    """Return a number for whatever has an order: numbers, decimals as text, durations."""
    if isinstance(value, timedelta):
        return Decimal(value / timedelta(milliseconds=1))
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return Decimal(repr(value) if isinstance(value, float) else value)
    except ArithmeticError:
        return None


def _not_empty(
    kind: str, low: str, high: str, values: Values, report: Report, *, strict: bool
) -> None:
    if low not in values or high not in values:
        return
    left, right = comparable(values[low][0]), comparable(values[high][0])
    if left is not None and right is not None and (left > right or (strict and left == right)):
        message = f"no `{kind}` meets both `{low}` and `{high}`"
        span = values[high][1].name.span
        report.add("constraint-conflict", span, message, f"`{low}` below `{high}`")


def _at_least(value: int, least: int, item: syntax.Constraint, report: Report) -> None:
    if value < least:
        message = f"`{item.name.text}` cannot be negative"
        report.add("constraint-conflict", item.name.span, message, "a whole number from 0 on")


def _above_zero(value: Scalar, item: syntax.Constraint, report: Report) -> None:
    number = comparable(value)
    if number is not None and number <= 0:
        message = f"`{item.name.text}` must be above 0"
        report.add("constraint-conflict", item.name.span, message, "a number above 0")
