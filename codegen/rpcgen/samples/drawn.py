"""Valid values drawn from a generator of random numbers: the same ones for the same seed. Pure.

For answers that look like life, without a library; what is to be searched is `strategies`.
"""

import datetime as dt
from base64 import b64encode
from collections.abc import Iterable, Sequence
from decimal import Decimal
from random import Random
from uuid import UUID

from pydantic import JsonValue

from rpcgen.language import model
from rpcgen.language.check import TAG
from rpcgen.samples.judge import broken
from rpcgen.samples.numbers import NUMBERS, scale, written
from rpcgen.samples.plain import bound, plain
from rpcgen.samples.texts import holds, of_length
from rpcgen.samples.values import least, number_sample

MORE = 3
"""Items above the least number."""
DEEP = 4
"""Levels from which on nothing is drawn that need not be there."""
_BEGINNING = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
_LARGE = {"duration": 86_400_000_000}
_LARGEST = 1_000
_SYLLABLES = "ba de fi go hu ka le mi no pu ra se ti vo zu".split()


def drawn(type_: model.Type, random: Random) -> JsonValue:
    """Return a value of a type. Raises NoSampleError."""
    return _Drawer(random).value(type_, 0)


def drawn_of(fields: Iterable[model.Field], random: Random) -> dict[str, JsonValue]:
    """Return a value of each field, by its name on the wire."""
    return {it.wire: drawn(it.type, random) for it in fields}


class _Drawer:
    def __init__(self, random: Random) -> None:
        self._random = random

    def value(self, type_: model.Type, depth: int) -> JsonValue:
        match plain(type_):
            case model.Optional(inner):
                is_there = depth < DEEP and self._random.random() < 0.75
                return self.value(inner, depth + 1) if is_there else None
            case model.ListOf() as many:
                return [self.value(many.item, depth + 1) for _ in range(self._count(many, depth))]
            case model.MapOf() as many:
                return self._entries(many, depth)
            case model.Named(model.Struct() as struct):
                return self._members(struct, depth)
            case model.Named(model.Union() as union) as named:
                return self._variant(union, depth) if depth < DEEP else least(named)
            case model.Named(model.Enum(values=values)):
                return self._random.choice(values).wire
            case model.Builtin() as builtin:
                return self._scalar(builtin)
            case _:
                raise AssertionError("aliases were followed")

    def _count(self, many: model.ListOf | model.MapOf | model.Builtin, depth: int) -> int:
        fewest, most = bound(many, "min_length") or 0, bound(many, "max_length")
        wanted = fewest + (MORE if depth < DEEP else 0)
        return self._random.randint(fewest, wanted if most is None else min(most, wanted))

    def _entries(self, many: model.MapOf, depth: int) -> JsonValue:
        found: dict[str, JsonValue] = {}
        count = self._count(many, depth)
        for _ in range(10 * count):
            if len(found) < count:
                found[str(self.value(many.key, depth))] = self.value(many.value, depth + 1)
        is_enough = len(found) >= (bound(many, "min_length") or 0)
        return found if is_enough else least(many)

    def _members(self, struct: model.Struct, depth: int) -> dict[str, JsonValue]:
        found: dict[str, JsonValue] = {}
        for field in struct.fields:
            value = self.value(field.type, depth + 1)
            if value is not None or field.required:
                found[field.wire] = value
        return found

    def _variant(self, union: model.Union, depth: int) -> JsonValue:
        variant = self._random.choice(union.variants)
        return {TAG: variant.wire, **self._members(variant.struct, depth + 1)}

    def _scalar(self, type_: model.Builtin) -> JsonValue:
        random = self._random
        moment = _BEGINNING + dt.timedelta(seconds=random.randrange(365 * 86_400))
        match type_.name:
            case name if name in NUMBERS:
                return self._number(type_)
            case "bool":
                return random.random() < 0.5
            case "str":
                return self._text(type_)
            case "bytes":
                return b64encode(random.randbytes(self._count(type_, 0))).decode()
            case "uuid":
                return str(UUID(int=random.getrandbits(128), version=4))
            case "datetime":
                return moment.isoformat().replace("+00:00", "Z")
            case "date":
                return moment.date().isoformat()
            case "time":
                return moment.time().isoformat()
            case _:
                return {"text": self._words(1), "number": random.randrange(_LARGEST)}

    def _number(self, type_: model.Builtin) -> JsonValue:
        numbers = scale(type_)
        large = Decimal(_LARGE.get(type_.name, _LARGEST))
        low = Decimal(0) if numbers.low is None else max(numbers.low, -large)
        low = low if numbers.low is None or numbers.low < 0 else numbers.low
        high = low + large if numbers.high is None else min(numbers.high, low + large)
        wanted = low + (high - low) * self._random.randrange(1_001) / 1_000
        rounded = wanted.quantize(numbers.quantum) if type_.name != "float" else wanted
        value = written(type_.name, numbers.nearest(rounded))
        return number_sample(type_, "0") if any(broken(type_, value)) else value

    def _text(self, type_: model.Builtin) -> str:
        pattern = type_.constraints.get("pattern")
        if not isinstance(pattern, str):
            fewest, most = bound(type_, "min_length") or 0, bound(type_, "max_length")
            return self._words(max(1, fewest // 4))[:most].ljust(fewest, "a")
        length = self._count(type_, 0)
        found = of_length(type_, length) or str(least(type_))
        return self._varied(type_, found)

    def _words(self, count: int) -> str:
        return " ".join("".join(self._random.choices(_SYLLABLES, k=3)) for _ in range(count))

    def _varied(self, type_: model.Builtin, found: str) -> str:
        """Return a text with other characters where its pattern lets it have them."""
        characters: Sequence[str] = "abcdefghijklmnopqrstuvwxyz0123456789"
        for at in range(min(len(found), 12)):
            other = found[:at] + self._random.choice(characters) + found[at + 1 :]
            found = other if holds(type_, other) else found
        return found
