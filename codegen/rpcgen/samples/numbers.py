"""Numbers within their limits, and those just outside: int, float, decimal, duration. Pure.

Each is thought of as a Decimal on a scale that knows what comes next; durations in microseconds.
"""

import math
import re
from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal

from pydantic import JsonValue

from rpcgen.language import model
from rpcgen.language.values import INT_MAX, INT_MIN
from rpcgen.samples.plain import bound

NUMBERS = frozenset({"int", "float", "decimal", "duration"})
WIDE = Context(prec=1_000)
"""Wide enough for whatever a file can say."""

_MICROSECOND = timedelta(microseconds=1)
_DURATION = re.compile(
    r"(-)?P(?:([0-9]+)D)?(?:T(?:([0-9]+)H)?(?:([0-9]+)M)?(?:([0-9]+)(?:\.([0-9]{1,6}))?S)?)?"
)


@dataclass(frozen=True, slots=True)
class Scale:
    """The numbers that a built-in type with its constraints has."""

    kind: str
    low: Decimal | None
    """The least one; None where there is none."""
    high: Decimal | None
    multiple: Decimal | None
    quantum: Decimal
    """How far apart two decimals are."""

    def next_up(self, number: Decimal) -> Decimal:
        """Return the next number, whether it is within the limits or not."""
        return self._next(number, 1)

    def next_down(self, number: Decimal) -> Decimal:
        """Return the number before."""
        return self._next(number, -1)

    def nearest(self, wanted: Decimal) -> Decimal:
        """Return the number that is within the limits and nearest to `wanted`, or near it."""
        if self.low is not None and wanted < self.low:
            return self._snapped(self.low, ROUND_CEILING)
        if self.high is not None and wanted > self.high:
            return self._snapped(self.high, ROUND_FLOOR)
        found = self._snapped(wanted, ROUND_CEILING)
        return found if self.high is None or found <= self.high else self._snapped(wanted)

    @property
    def least(self) -> Decimal | None:
        """Return the least number that meets all constraints."""
        return None if self.low is None else self._snapped(self.low, ROUND_CEILING)

    @property
    def greatest(self) -> Decimal | None:
        """Return the greatest number that meets all constraints."""
        return None if self.high is None else self._snapped(self.high, ROUND_FLOOR)

    def _next(self, number: Decimal, sign: int) -> Decimal:
        if self.kind == "float":
            return Decimal(repr(math.nextafter(float(number), sign * math.inf)))
        return WIDE.add(number, self.quantum * sign)

    def _snapped(self, number: Decimal, rounding: str = ROUND_FLOOR) -> Decimal:
        if self.multiple is None:
            return number
        count = WIDE.divide(number, self.multiple).to_integral_value(rounding)
        return WIDE.multiply(count, self.multiple)


def scale(type_: model.Builtin) -> Scale:
    """Return the numbers of a type."""
    kind = type_.name
    limits = {name: number_of(it) for name, it in type_.constraints.items()}
    quantum = _quantum(type_)
    open_ = Scale(kind, None, None, limits.get("multiple_of"), quantum)
    low, high = limits.get("ge"), limits.get("le")
    if "gt" in limits:
        low = open_.next_up(limits["gt"])
    if "lt" in limits:
        high = open_.next_down(limits["lt"])
    if kind == "int":
        low = Decimal(INT_MIN) if low is None else low
        high = Decimal(INT_MAX) if high is None else high
    digits = _largest(type_, quantum)
    if digits is not None:
        low = -digits if low is None else max(low, -digits)
        high = digits if high is None else min(high, digits)
    return Scale(kind, low, high, limits.get("multiple_of"), quantum)


def number_of(value: object) -> Decimal:
    """Return a value of the contract or of JSON as a number; durations in microseconds."""
    if isinstance(value, timedelta):
        return Decimal(value // _MICROSECOND)
    return Decimal(repr(value) if isinstance(value, float) else str(value))


def written(kind: str, number: Decimal) -> JsonValue:
    """Return a number as JSON has it."""
    match kind:
        case "int":
            return int(number)
        case "float":
            return float(number)
        case "duration":
            return duration_text(int(number))
        case _:
            return format(number, "f")


def read(kind: str, value: JsonValue) -> Decimal | None:
    """Return the number that JSON has for a type, or None where it is none."""
    if kind == "duration":
        return _microseconds(value) if isinstance(value, str) else None
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, str) and kind != "decimal":
        return None
    if kind == "int" and not isinstance(value, int):
        return None
    try:
        found = number_of(value)
    except ArithmeticError:
        return None
    return found if found.is_finite() else None


def duration_text(microseconds: int) -> str:
    """Return a duration in ISO 8601, in seconds."""
    seconds, fraction = divmod(abs(microseconds), 1_000_000)
    told = f"{seconds}.{fraction:06}".rstrip("0") if fraction else str(seconds)
    return f"{'-' if microseconds < 0 else ''}PT{told}S"


def _microseconds(text: str) -> Decimal | None:
    match = _DURATION.fullmatch(text)
    if match is None or text.endswith(("P", "T")):
        return None
    sign, days, hours, minutes, seconds, fraction = match.groups()
    whole = ((int(days or 0) * 24 + int(hours or 0)) * 60 + int(minutes or 0)) * 60
    found = (whole + int(seconds or 0)) * 1_000_000 + int((fraction or "").ljust(6, "0"))
    return Decimal(-found if sign else found)


def _quantum(type_: model.Builtin) -> Decimal:
    if type_.name != "decimal":
        return Decimal(1)
    places, digits = bound(type_, "decimal_places"), bound(type_, "max_digits")
    said = max((_places(it) for it in type_.constraints.values()), default=0)
    most = 2 if places is None else places
    if places is None and digits is not None:
        most = min(most, digits)
    return Decimal(1).scaleb(-(most if places is not None else max(most, said)))


def _places(value: model.Scalar) -> int:
    if not isinstance(value, str):
        return 0
    exponent = Decimal(value).as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _largest(type_: model.Builtin, quantum: Decimal) -> Decimal | None:
    """Return the largest decimal that has so few digits."""
    digits = bound(type_, "max_digits")
    if type_.name != "decimal" or digits is None:
        return None
    places = bound(type_, "decimal_places")
    whole = digits - (places if places is not None else _places_of(quantum))
    return WIDE.subtract(Decimal(1).scaleb(max(whole, 0)), quantum)


def _places_of(quantum: Decimal) -> int:
    exponent = quantum.as_tuple().exponent
    return -exponent if isinstance(exponent, int) else 0
