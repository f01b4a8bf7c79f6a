"""The least and the fullest value of a type. Pure; recursive types end.

The least value has what must be given and no more; of an enum the first value, of a union the
first variant. The fullest has every field, one item in each list and map, of an enum the last
value, of a union the last variant. Both are made within the constraints.
"""

from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from pydantic import JsonValue

from rpcgen.language import model
from rpcgen.language.check import TAG
from rpcgen.samples.numbers import NUMBERS, Scale, scale, written
from rpcgen.samples.plain import bound, plain, present
from rpcgen.samples.texts import FULL_TEXT, NoSampleError, text

UUIDS = "00000000-0000-0000-0000-{:012}"
_LEAST: Mapping[str, JsonValue] = {
    "bool": False,
    "datetime": "2026-01-01T00:00:00Z",
    "date": "2026-01-01",
    "time": "00:00:00",
    "json": None,
}
_FULL: Mapping[str, JsonValue] = {
    "bool": True,
    "datetime": "2026-05-01T12:30:15.250000+02:00",
    "date": "2026-05-01",
    "time": "12:30:15.250000",
    "json": {"any": [1, 2.5, "text é", True, None, {}]},
}


class _EndlessError(Exception):
    """The value would hold itself."""


def least(type_: model.Type) -> JsonValue:
    """Return the least value of a type. Raises NoSampleError."""
    return _made(type_, is_full=False)


def fullest(type_: model.Type) -> JsonValue:
    """Return the fullest value of a type. Raises NoSampleError."""
    return _made(type_, is_full=True)


def least_of(fields: Iterable[model.Field]) -> dict[str, JsonValue]:
    """Return the least value of each field that must be given, by its name on the wire."""
    return {it.wire: least(it.type) for it in fields if it.required}


def fullest_of(fields: Iterable[model.Field]) -> dict[str, JsonValue]:
    """Return the fullest value of each field, by its name on the wire."""
    return {it.wire: fullest(it.type) for it in fields}


def number_sample(type_: model.Builtin, wanted: str) -> JsonValue:
    """Return the number within the limits that is nearest to `wanted`."""
    numbers, number = scale(type_), Decimal(wanted)
    if type_.name == "float" and numbers.multiple is None:
        return float(_between(type_, numbers, number))
    return written(type_.name, numbers.nearest(number))


def _between(type_: model.Builtin, numbers: Scale, wanted: Decimal) -> Decimal:
    """Return a fraction that a person would have chosen, rather than the one next to a limit."""
    found = numbers.nearest(wanted)
    edge = {"gt": numbers.low, "lt": numbers.high}
    if all(name not in type_.constraints or found != limit for name, limit in edge.items()):
        return found
    if numbers.low is not None and numbers.high is not None:
        return Decimal(repr(float((numbers.low + numbers.high) / 2)))
    return found + (1 if numbers.high is None else -1)


def keys(type_: model.Type, count: int) -> list[str]:
    """Return so many different keys of a map. Raises NoSampleError."""
    found: dict[str, None] = {}
    for number in range(count * 3 + 1):
        if len(found) < count:
            found[_key(present(type_), number)] = None
    if len(found) < count:
        raise NoSampleError(f"found no {count} different keys for a map")
    return list(found)


def _made(type_: model.Type, *, is_full: bool) -> JsonValue:
    try:
        return _Maker(is_full=is_full).value(type_, ())
    except _EndlessError:
        raise NoSampleError("the type has no finite value") from None


class _Maker:
    """Makes one kind of value; `within` are the structs that it is in already."""

    def __init__(self, *, is_full: bool) -> None:
        self._is_full = is_full

    def value(self, type_: model.Type, within: Sequence[model.Struct]) -> JsonValue:
        match plain(type_):
            case model.Optional(inner):
                return self._optional(inner, within)
            case model.ListOf() as many:
                return self._items(many, within)
            case model.MapOf() as many:
                return self._entries(many, within)
            case model.Named(model.Struct() as struct):
                return self._members(struct, within)
            case model.Named(model.Union() as union):
                return self._variant(union, within)
            case model.Named(model.Enum(values=values)):
                return values[-1 if self._is_full else 0].wire
            case model.Builtin() as builtin:
                return self._scalar(builtin)
            case _:
                raise AssertionError("aliases were followed")

    def _optional(self, inner: model.Type, within: Sequence[model.Struct]) -> JsonValue:
        if not self._is_full:
            return None
        try:
            return self.value(inner, within)
        except _EndlessError:
            return None

    def _count(self, many: model.ListOf | model.MapOf) -> int:
        count = max(bound(many, "min_length") or 0, int(self._is_full))
        most = bound(many, "max_length")
        return count if most is None else min(count, most)

    def _items(self, many: model.ListOf, within: Sequence[model.Struct]) -> JsonValue:
        try:
            return [self.value(many.item, within) for _ in range(self._count(many))]
        except _EndlessError:
            if bound(many, "min_length"):
                raise
            return []

    def _entries(self, many: model.MapOf, within: Sequence[model.Struct]) -> JsonValue:
        try:
            return {it: self.value(many.value, within) for it in keys(many.key, self._count(many))}
        except _EndlessError:
            if bound(many, "min_length"):
                raise
            return {}

    def _members(
        self, struct: model.Struct, within: Sequence[model.Struct]
    ) -> dict[str, JsonValue]:
        if struct in within:
            raise _EndlessError
        found: dict[str, JsonValue] = {}
        for field in struct.fields:
            if field.required or self._is_full:
                value = self.value(field.type, [*within, struct])
                if value is not None or field.required:
                    found[field.wire] = value
        return found

    def _variant(self, union: model.Union, within: Sequence[model.Struct]) -> JsonValue:
        for variant in reversed(union.variants) if self._is_full else union.variants:
            try:
                return {TAG: variant.wire, **self._members(variant.struct, within)}
            except _EndlessError:
                continue
        raise _EndlessError

    def _scalar(self, type_: model.Builtin) -> JsonValue:
        if type_.name in NUMBERS:
            wanted = {"float": "2.5", "decimal": "2.5", "duration": "1500000"}
            return number_sample(type_, wanted.get(type_.name, "3") if self._is_full else "0")
        if type_.name == "str":
            return text(type_, FULL_TEXT if self._is_full else "")
        if type_.name == "bytes":
            return _bytes(type_, b"\xfb\xff" if self._is_full else b"")
        if type_.name == "uuid":
            return UUIDS.format(int(self._is_full) + 1)
        return (_FULL if self._is_full else _LEAST)[type_.name]


def _bytes(type_: model.Builtin, wanted: bytes) -> str:
    size = bound(type_, "min_length") or 0
    return b64encode(wanted.ljust(size, b"\0")[: bound(type_, "max_length")]).decode()


def _key(type_: model.Type, number: int) -> str:
    match type_:
        case model.Builtin("int"):
            return str(number_sample(type_, str(number)))
        case model.Builtin("uuid"):
            return UUIDS.format(number + 1)
        case model.Named(model.Enum(values=values)):
            return values[number % len(values)].wire
        case model.Builtin():
            return text(type_, "key", number=number)
        case _:
            raise AssertionError("nothing else is a key")
