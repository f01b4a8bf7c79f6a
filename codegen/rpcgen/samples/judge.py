"""Which rules of the contract a value in JSON breaks, and where. Pure.

What is judged flows to a server: everything must be known. What flows back is judged the same way
with `is_open`, which lets values and variants of open enums and unions be unknown.
"""

import datetime as dt
import re
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from pydantic import JsonValue

from rpcgen.language import model
from rpcgen.language.check import TAG
from rpcgen.language.patterns import matches
from rpcgen.language.values import INT_MAX, INT_MIN
from rpcgen.samples.numbers import NUMBERS, WIDE, number_of, read
from rpcgen.samples.plain import plain

_INT = re.compile(r"-?[0-9]{1,19}")
_FORMS: Mapping[str, re.Pattern[str]] = {
    "uuid": re.compile(r"(?i)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    "datetime": re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{5,}(Z|[+-][0-9]{2}:[0-9]{2})"),
    "date": re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"),
    "time": re.compile(r"[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?(Z|[+-][0-9]{2}:[0-9]{2})?"),
}
_READERS: Mapping[str, Callable[[str], object]] = {
    "uuid": UUID,
    "datetime": dt.datetime.fromisoformat,
    "date": dt.date.fromisoformat,
    "time": dt.time.fromisoformat,
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One rule that a value breaks."""

    path: str
    """As the runtime names it: names on the wire, indexes and keys, joined by dots."""
    rule: str
    """What is wrong, such as `breaks ge=1`."""

    def told(self, whole: str) -> str:
        """Return a sentence; `whole` is how the whole value is called."""
        return f"`{self.path}` {self.rule}" if self.path else f"{whole} {self.rule}"


def problems(
    type_: model.Type, value: JsonValue, path: str = "", *, is_open: bool = False
) -> Iterator[Problem]:
    """Yield what is wrong with a value."""
    judge = _Judge(is_open=is_open)
    yield from judge.value(type_, value, path)


def joined(*parts: object) -> str:
    """Return a path; empty parts are none."""
    return ".".join(text for it in parts if (text := str(it)))


class _Judge:
    def __init__(self, *, is_open: bool) -> None:
        self._is_open = is_open

    def value(self, type_: model.Type, value: JsonValue, path: str) -> Iterator[Problem]:
        match plain(type_):
            case model.Optional(inner):
                if value is not None:
                    yield from self.value(inner, value, path)
            case model.ListOf() as many:
                yield from self._list(many, value, path)
            case model.MapOf() as many:
                yield from self._map(many, value, path)
            case model.Named(model.Struct(fields=fields)):
                yield from self._struct(fields, value, path)
            case model.Named(model.Union() as union):
                yield from self._union(union, value, path)
            case model.Named(model.Enum() as enum):
                yield from self._enum(enum, value, path)
            case model.Builtin() as builtin:
                yield from (Problem(path, it) for it in broken(builtin, value))
            case _:
                raise AssertionError("aliases were followed")

    def _list(self, many: model.ListOf, value: JsonValue, path: str) -> Iterator[Problem]:
        if not isinstance(value, list):
            yield Problem(path, "is no list")
            return
        yield from (Problem(path, it) for it in _length(many.constraints, len(value)))
        for at, item in enumerate(value):
            yield from self.value(many.item, item, joined(path, at))

    def _map(self, many: model.MapOf, value: JsonValue, path: str) -> Iterator[Problem]:
        if not isinstance(value, dict):
            yield Problem(path, "is no map")
            return
        yield from (Problem(path, it) for it in _length(many.constraints, len(value)))
        for key, item in value.items():
            yield from self.value(many.key, _key(many.key, key), joined(path, key, "[key]"))
            yield from self.value(many.value, item, joined(path, key))

    def _struct(self, fields: list[model.Field], value: JsonValue, path: str) -> Iterator[Problem]:
        if not isinstance(value, dict):
            yield Problem(path, "is no object")
            return
        for field in fields:
            inner = joined(path, field.wire)
            if field.wire in value:
                yield from self.value(field.type, value[field.wire], inner)
            elif field.required:
                yield Problem(inner, "must be given")

    def _union(self, union: model.Union, value: JsonValue, path: str) -> Iterator[Problem]:
        tag = value.get(TAG) if isinstance(value, dict) else None
        if not isinstance(tag, str):
            yield Problem(path, "has no tag")
            return
        for variant in union.variants:
            if variant.wire == tag:
                # Of one variant the runtime makes no choice: paths do not name it.
                inner = joined(path, tag) if len(union.variants) > 1 else path
                yield from self._struct(variant.struct.fields, value, inner)
                return
        if union.closed or not self._is_open:
            inner = path if len(union.variants) > 1 else joined(path, TAG)
            yield Problem(inner, f"is no variant of `{union.name}`")

    def _enum(self, enum: model.Enum, value: JsonValue, path: str) -> Iterator[Problem]:
        is_known = any(it.wire == value for it in enum.values)
        if not is_known and (enum.closed or not self._is_open or not isinstance(value, str)):
            yield Problem(path, f"is no value of `{enum.name}`")


def broken(type_: model.Builtin, value: JsonValue) -> Iterator[str]:
    """Yield the rules of a built-in type that a value breaks."""
    name = type_.name
    if name in NUMBERS:
        number = read(name, value)
        yield from [_none(name)] if number is None else _order(type_, number)
    elif name == "str":
        yield from _text(type_, value) if isinstance(value, str) else [_none(name)]
    elif name == "bytes":
        size = _size(value)
        yield from [_none(name)] if size is None else _length(type_.constraints, size)
    elif not _has_form(name, value):
        yield _none(name)


def _has_form(name: str, value: JsonValue) -> bool:
    if name == "bool":
        return isinstance(value, bool)
    form = _FORMS.get(name)
    if form is None:
        return True
    if not isinstance(value, str) or form.fullmatch(value) is None:
        return False
    try:
        _READERS[name](value)
    except ValueError:
        return False
    return True


def _order(type_: model.Builtin, number: Decimal) -> Iterator[str]:
    if type_.name == "int" and not INT_MIN <= number <= INT_MAX:
        yield "is beyond 64 bits"
    for name, limit in type_.constraints.items():
        if name in {"max_digits", "decimal_places"}:
            continue
        if not _is_met(name, number, number_of(limit)):
            yield _told(name, limit)
    yield from _digits(type_, number)


def _is_met(name: str, number: Decimal, limit: Decimal) -> bool:
    match name:
        case "ge":
            return number >= limit
        case "gt":
            return number > limit
        case "le":
            return number <= limit
        case "lt":
            return number < limit
        case _:
            rest = abs(WIDE.remainder(number, limit))
            # As the engine does: fractions in two are rarely exact multiples.
            slack = abs(number) / 10**9 if number % 1 or limit % 1 else Decimal(0)
            return rest <= slack or abs(rest - limit) <= slack


def _digits(type_: model.Builtin, number: Decimal) -> Iterator[str]:
    _, digits, exponent = number.normalize(WIDE).as_tuple()
    assert isinstance(exponent, int), "the number is finite"
    places = max(0, -exponent)
    count = max(len(digits) + max(0, exponent), places)
    most = type_.constraints.get("max_digits")
    most_places = type_.constraints.get("decimal_places")
    if isinstance(most_places, int) and places > most_places:
        yield _told("decimal_places", most_places)
    if isinstance(most, int):
        fraction = most_places if isinstance(most_places, int) else 0
        if count > most or count - places > most - fraction:
            yield _told("max_digits", most)


def _text(type_: model.Builtin, value: str) -> Iterator[str]:
    yield from _length(type_.constraints, len(value))
    pattern = type_.constraints.get("pattern")
    if isinstance(pattern, str) and not matches(pattern, value):
        yield _told("pattern", pattern)


def _length(constraints: Mapping[str, model.Scalar], length: int) -> Iterator[str]:
    least, most = constraints.get("min_length"), constraints.get("max_length")
    if isinstance(least, int) and length < least:
        yield _told("min_length", least)
    if isinstance(most, int) and length > most:
        yield _told("max_length", most)


def _size(value: JsonValue) -> int | None:
    if not isinstance(value, str):
        return None
    plain_text = value.replace("-", "+").replace("_", "/").rstrip("=")
    try:
        return len(b64decode(plain_text + "=" * (-len(plain_text) % 4), validate=True))
    except ValueError:
        return None


def _key(type_: model.Type, key: str) -> JsonValue:
    """Return a key as a value of its type: in JSON every key is a text."""
    match plain(type_):
        case model.Builtin("int"):
            return int(key) if _INT.fullmatch(key) else key
        case _:
            return key


def _told(name: str, limit: model.Scalar) -> str:
    return f"breaks {name}={limit}"


def _none(name: str) -> str:
    return f"is no `{name}`"
