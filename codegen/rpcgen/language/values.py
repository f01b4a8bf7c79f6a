"""Literals to Python's values, each within the range of its type. Pure."""

import json
import math
import re
from datetime import timedelta
from decimal import Decimal

from rpcgen.language import syntax
from rpcgen.language.diagnostics import Report
from rpcgen.language.model import Scalar

INT_MIN, INT_MAX = -(2**63), 2**63 - 1
MAX_DURATION = timedelta(days=365)

_INT = re.compile(r"-?(0|[1-9][0-9]{0,18})")
_FLOAT = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]{1,4})?")
_DURATION = re.compile(r"(0|[1-9][0-9]{0,9})(ms|s|m|h)")
_UNITS = {"ms": "milliseconds", "s": "seconds", "m": "minutes", "h": "hours"}

_WANTED = {
    "int": "a whole number from -2^63 to 2^63-1, such as `3`",
    "float": "a finite number, such as `2.5`",
    "decimal": "a number, such as `0.25`",
    "str": 'a text, such as `"a"`',
    "bool": "`true` or `false`",
    "duration": "a duration up to 365 days, such as `500ms`, `30s`, `2m` or `1h`",
}


def scalar(literal: syntax.Literal, kind: str, report: Report) -> Scalar | None:
    """Return the value of `literal` as the built-in type `kind`; None after a report."""
    value = _parse(literal, kind)
    if value is None:
        shown = f'"{literal.text}"' if literal.kind == "string" else literal.text
        if kind in _WANTED:
            message = f"`{_short(shown)}` is not a value of `{kind}`"
            report.add("bad-value", literal.span, message, _WANTED[kind])
        else:
            message = f"a value of `{kind}` cannot be written here"
            report.add("bad-value", literal.span, message, "no value, or `?` after the type")
    return value


def duration(literal: syntax.Literal) -> timedelta | None:
    """Return the duration that `literal` is, or None."""
    match = _DURATION.fullmatch(literal.text) if literal.kind == "number" else None
    if match is None:
        return None
    try:
        value = timedelta(**{_UNITS[match[2]]: int(match[1])})
    except OverflowError:
        return None
    return value if value <= MAX_DURATION else None


def _parse(literal: syntax.Literal, kind: str) -> Scalar | None:
    text = literal.text
    if literal.kind == "string":
        return text if kind == "str" else None
    if literal.kind == "bool":
        return text == "true" if kind == "bool" else None
    if literal.kind != "number" or len(text) > 400:
        return None
    if kind == "duration":
        return duration(literal)
    if kind == "int" and _INT.fullmatch(text) and INT_MIN <= int(text) <= INT_MAX:
        return int(text)
    if kind == "float" and _FLOAT.fullmatch(text) and math.isfinite(float(text)):
        return float(text)
    if kind == "decimal" and _FLOAT.fullmatch(text) and abs(Decimal(text).adjusted()) < 400:
        return text
    return None


def written(value: Scalar) -> str:
    """Return a value as it is written in a file."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if not isinstance(value, timedelta):
        return repr(value)
    if not value:
        return "0s"
    for unit, name in reversed(_UNITS.items()):
        if value % timedelta(**{name: 1}) == timedelta(0):
            return f"{value // timedelta(**{name: 1})}{unit}"
    return str(value)


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:37] + "..."
