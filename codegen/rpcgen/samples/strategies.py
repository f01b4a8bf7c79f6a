"""Strategies of hypothesis for values in JSON, made from the contract.

The only file that imports hypothesis, which is an extra: `rpcgen[test]`. What the strategies give
is valid by `judge`, so that a test needs no `assume`.
"""

import re
import warnings
from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument
from hypothesis.strategies import SearchStrategy
from pydantic import JsonValue

from rpcgen.language import model
from rpcgen.language.check import TAG
from rpcgen.language.values import INT_MAX, INT_MIN
from rpcgen.samples.boundaries import unknown_name
from rpcgen.samples.judge import broken
from rpcgen.samples.numbers import NUMBERS, duration_text, scale, written
from rpcgen.samples.plain import bound, plain
from rpcgen.samples.texts import holds, of_length

MODEST = 1_000_000
"""How large numbers are that the contract does not limit, where modest values are asked for."""
MORE = 5
"""Items above the least number."""
_CHARACTERS = st.characters(codec="utf-8")
_YEAR = 365 * 86_400 * 1_000_000


def values(
    type_: model.Type, *, to_server: bool = True, is_modest: bool = False
) -> SearchStrategy[JsonValue]:
    """Return the values of a type.

    Without `to_server` there is also what a newer server may send: values, variants and names that
    the contract does not have. `is_modest` keeps numbers without limits small.
    """
    return _Strategies(to_server=to_server, is_modest=is_modest).of(type_)


def arguments(
    method: model.Method, *, to_server: bool = True, is_modest: bool = False
) -> SearchStrategy[dict[str, JsonValue]]:
    """Return arguments of a method, by their names on the wire."""
    made = _Strategies(to_server=to_server, is_modest=is_modest)
    return made.fields(method.parameters)


@dataclass(frozen=True, slots=True)
class _Open:
    """What a newer server may say that this contract does not know."""

    name: str

    def variant(self) -> SearchStrategy[JsonValue]:
        return st.just({TAG: self.name, "more": 1})


class _Strategies:
    def __init__(self, *, to_server: bool, is_modest: bool) -> None:
        self._to_server = to_server
        self._is_modest = is_modest
        self._structs: dict[model.Struct, SearchStrategy[dict[str, JsonValue]]] = {}

    def of(self, type_: model.Type) -> SearchStrategy[JsonValue]:
        match plain(type_):
            case model.Optional(inner):
                return st.none() | self.of(inner)
            case model.ListOf() as many:
                return self._lists(many)
            case model.MapOf() as many:
                return self._maps(many)
            case model.Named(model.Struct() as struct):
                return self._struct(struct).map(_as_json)
            case model.Named(model.Union() as union):
                return self._union(union)
            case model.Named(model.Enum() as enum):
                return self._enum(enum)
            case model.Builtin() as builtin:
                return self._builtin(builtin)
            case _:
                raise AssertionError("aliases were followed")

    def fields(self, fields: Iterable[model.Field]) -> SearchStrategy[dict[str, JsonValue]]:
        """Return objects with those fields."""
        required: dict[str, SearchStrategy[JsonValue]] = {}
        others: dict[str, SearchStrategy[JsonValue]] = {}
        for field in fields:
            (required if field.required else others)[field.wire] = self.of(field.type)
        return st.fixed_dictionaries(required, optional=others)

    def _struct(self, struct: model.Struct) -> SearchStrategy[dict[str, JsonValue]]:
        if struct not in self._structs:
            # Asked for again while it is made, where it holds itself.
            self._structs[struct] = st.deferred(lambda: made)
            made = self._with_more(struct, self.fields(struct.fields))
        return self._structs[struct]

    def _with_more(
        self, struct: model.Struct, known: SearchStrategy[dict[str, JsonValue]]
    ) -> SearchStrategy[dict[str, JsonValue]]:
        if self._to_server:
            return known
        name = unknown_name([TAG, *(it.wire for it in struct.fields)])
        more = st.fixed_dictionaries({}, optional={name: _json(is_modest=True)})
        return st.tuples(known, more).map(lambda both: both[0] | both[1])

    def _lists(self, many: model.ListOf) -> SearchStrategy[JsonValue]:
        least, most = _sizes(many)
        return st.lists(self.of(many.item), min_size=least, max_size=most).map(_as_json)

    def _maps(self, many: model.MapOf) -> SearchStrategy[JsonValue]:
        least, most = _sizes(many)
        keys = self.of(many.key).map(str)
        found = st.dictionaries(keys, self.of(many.value), min_size=least, max_size=most)
        return found.map(_as_json)

    def _enum(self, enum: model.Enum) -> SearchStrategy[JsonValue]:
        known = [it.wire for it in enum.values]
        if not self._to_server and not enum.closed:
            known.append(unknown_name(known))
        return st.sampled_from(known)

    def _union(self, union: model.Union) -> SearchStrategy[JsonValue]:
        found = [self._variant(it) for it in union.variants]
        if not self._to_server and not union.closed:
            found.append(_Open(unknown_name(it.wire for it in union.variants)).variant())
        return st.one_of(found)

    def _variant(self, variant: model.Variant) -> SearchStrategy[JsonValue]:
        tag: dict[str, JsonValue] = {TAG: variant.wire}
        return self._struct(variant.struct).map(lambda members: tag | members)

    def _builtin(self, type_: model.Builtin) -> SearchStrategy[JsonValue]:
        match type_.name:
            case name if name in NUMBERS:
                return self._numbers(type_).filter(lambda it: not any(broken(type_, it)))
            case "str":
                return _texts(type_)
            case "bytes":
                least, most = _sizes(type_, more=32)
                return st.binary(min_size=least, max_size=most).map(_base64)
            case "json":
                return _json(is_modest=self._is_modest)
            case name:
                return _PLAIN[name]

    def _numbers(self, type_: model.Builtin) -> SearchStrategy[JsonValue]:
        if type_.name == "float" and "multiple_of" not in type_.constraints:
            return self._floats(type_)
        numbers = scale(type_)
        step = numbers.multiple or numbers.quantum
        widest = self._widest(type_.name)
        low = -widest if numbers.low is None else max(numbers.low, -widest)
        high = widest if numbers.high is None else min(numbers.high, widest)
        if low > high:
            # The limits are far out: modesty is no reason to leave them.
            low, high = numbers.low or -widest, numbers.high or widest
        counts = st.integers(_ceiling(low / step), int(high // step))
        return counts.map(lambda it: written(type_.name, it * step))

    def _widest(self, kind: str) -> Decimal:
        if kind == "duration":
            return Decimal(_YEAR)
        if self._is_modest:
            return Decimal(MODEST)
        return Decimal(INT_MAX if kind == "int" else 10**12)

    def _floats(self, type_: model.Builtin) -> SearchStrategy[JsonValue]:
        numbers = scale(type_)
        low = None if numbers.low is None else float(numbers.low)
        high = None if numbers.high is None else float(numbers.high)
        if self._is_modest and low is None and high is None:
            return st.integers(-MODEST, MODEST).map(lambda it: it / 8)
        return st.floats(low, high, allow_nan=False, allow_infinity=False)


def _ceiling(number: Decimal) -> int:
    return -int(-number // 1)


def _sizes(many: model.Builtin | model.ListOf | model.MapOf, more: int = MORE) -> tuple[int, int]:
    least, most = bound(many, "min_length") or 0, bound(many, "max_length")
    return least, least + more if most is None else min(most, least + more)


def _texts(type_: model.Builtin) -> SearchStrategy[JsonValue]:
    pattern = type_.constraints.get("pattern")
    least, most = _sizes(type_, more=40)
    if not isinstance(pattern, str):
        return st.text(_CHARACTERS, min_size=least, max_size=most)
    lengths = [of_length(type_, it) for it in range(least, most + 1)]
    known = [it for it in lengths if it is not None]
    # What a pattern matches comes in more forms than lengths do.
    return st.one_of([st.sampled_from(known)] * bool(known) + _matches(type_, pattern) * 4)


def _matches(type_: model.Builtin, pattern: str) -> list[SearchStrategy[str]]:
    """Return what Python's engine matches too; nothing where it reads the pattern differently."""
    try:
        with warnings.catch_warnings(action="error"):
            compiled = re.compile(pattern)
        found = st.from_regex(compiled, alphabet=_CHARACTERS)
        found.validate()
    except (re.error, FutureWarning, InvalidArgument, OverflowError):
        return []
    return [found.filter(lambda it: holds(type_, it))]


def _json(*, is_modest: bool) -> SearchStrategy[JsonValue]:
    whole = st.integers(-MODEST, MODEST) if is_modest else st.integers(INT_MIN, INT_MAX)
    fractions = whole.map(lambda it: it / 8)
    scalars: SearchStrategy[JsonValue] = (
        st.none() | st.booleans() | whole | fractions | st.text(_CHARACTERS, max_size=20)
    )
    return st.recursive(scalars, _containers, max_leaves=8)


def _containers(inner: SearchStrategy[JsonValue]) -> SearchStrategy[JsonValue]:
    lists = st.lists(inner, max_size=3).map(_as_json)
    return lists | st.dictionaries(st.text(_CHARACTERS, max_size=8), inner, max_size=3).map(
        _as_json
    )


def _as_json(value: JsonValue) -> JsonValue:
    return value


def _base64(value: bytes) -> str:
    return b64encode(value).decode()


_ZONES = st.integers(-23 * 60, 23 * 60)


def _moment(parts: "tuple[object, int]") -> str:
    moment, offset = parts
    sign = "-" if offset < 0 else "+"
    hours, minutes = divmod(abs(offset), 60)
    return f"{str(moment).replace(' ', 'T')}{sign}{hours:02}:{minutes:02}"


_PLAIN: dict[str, SearchStrategy[JsonValue]] = {
    "bool": st.booleans(),
    "uuid": st.uuids().map(str),
    "datetime": st.tuples(st.datetimes(), _ZONES).map(_moment),
    "date": st.dates().map(str),
    "time": st.times().map(str),
    "duration": st.integers(-_YEAR, _YEAR).map(duration_text),
}
