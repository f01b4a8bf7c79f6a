"""Values that just meet one rule of the contract, and values that just break it. Pure.

Around the one part that is at its limit, all is as in the fullest value.
"""

from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeGuard

from pydantic import JsonValue

from rpcgen.language import model
from rpcgen.language.check import TAG
from rpcgen.samples.judge import joined, problems
from rpcgen.samples.numbers import NUMBERS, Scale, scale, written
from rpcgen.samples.plain import bound, is_optional, present
from rpcgen.samples.texts import not_matching, odd_texts, of_length
from rpcgen.samples.values import fullest, fullest_of, keys

MAX_LENGTH = 100_000
"""Characters, bytes, items: what is longer is not tried."""

_OTHERS: Mapping[str, Sequence[tuple[str, JsonValue]]] = {
    "bool": [("1 for bool", 1), ("str for bool", "true")],
    "int": [("str for int", "1"), ("bool for int", True), ("fraction for int", 1.5)],
    "float": [("str for float", "1.5"), ("bool for float", True), ("NaN for float", "NaN")],
    "str": [("int for str", 1)],
    "bytes": [("no base64", "*"), ("int for bytes", 1)],
    "uuid": [("no uuid", "00000000-0000-0000-0000-00000000000g")],
    "datetime": [("naive datetime", "2026-01-01T00:00:00"), ("no datetime", "yesterday")],
    "date": [("no date", "2026-02-30")],
    "time": [("no time", "25:00:00")],
    "duration": [("no duration", "soon")],
    "decimal": [("no decimal", "1,5"), ("NaN for decimal", "NaN")],
    "json": [],
}
"""For each built-in type values of another."""


@dataclass(frozen=True, slots=True)
class Boundary:
    """A value that is at the limit of one rule."""

    path: str
    """Where, as the runtime's InvalidArguments names it."""
    rule: str
    """Such as `ge=1`, or what stands where something else belongs."""
    value: JsonValue
    """The whole value."""
    is_inside: bool
    """Whether it is accepted."""


def boundaries(type_: model.Type) -> Iterator[Boundary]:
    """Yield the boundaries of a type, at any depth, always in the same order."""
    yield from _within(type_, ())


def argument_boundaries(method: model.Method) -> Iterator[Boundary]:
    """Yield the boundaries of a method's parameters; each value holds all arguments by name."""
    # What is no parameter is refused; what is no field is ignored.
    yield from _members(method.parameters, "", {}, ())


def _within(type_: model.Type, inside: Sequence[model.Struct]) -> Iterator[Boundary]:
    found = present(type_)
    match found:
        case model.ListOf() as many:
            yield from _list(many, inside)
        case model.MapOf() as many:
            yield from _map(many, inside)
        case model.Named(model.Struct() as struct):
            yield Boundary("", "text for object", "text", is_inside=False)
            if struct not in inside:
                yield from _members(struct.fields, "", {}, [*inside, struct])
        case model.Named(model.Union() as union):
            yield from _union(union, inside)
        case model.Named(model.Enum(values=values)):
            yield from (Boundary("", it.name, it.wire, is_inside=True) for it in values)
            unknown = unknown_name(it.wire for it in values)
            yield Boundary("", "unknown value", unknown, is_inside=False)
        case model.Builtin() as builtin:
            yield from _builtin(builtin)
        case _:
            raise AssertionError("aliases and `?` were followed")
    if is_optional(type_):
        yield Boundary("", "null", None, is_inside=True)
    elif found != model.Builtin("json", {}):
        yield Boundary("", "null", None, is_inside=False)


def _members(
    fields: Sequence[model.Field],
    tag: str,
    extra: dict[str, JsonValue],
    inside: Sequence[model.Struct],
) -> Iterator[Boundary]:
    whole = extra | {it.wire: fullest(it.type) for it in fields}
    for field in fields:
        for it in _within(field.type, inside):
            value = whole | {field.wire: it.value}
            yield Boundary(joined(tag, field.wire, it.path), it.rule, value, it.is_inside)
        without = {name: value for name, value in whole.items() if name != field.wire}
        path = joined(tag, field.wire)
        yield Boundary(path, "missing", without, is_inside=not field.required)
    stranger = unknown_name(it.wire for it in fields)
    path, value = joined(tag, stranger), {**whole, stranger: 1}
    yield Boundary(path, "unknown name", value, is_inside=bool(inside))


def _union(union: model.Union, inside: Sequence[model.Struct]) -> Iterator[Boundary]:
    yield Boundary("", "text for union", "text", is_inside=False)
    unknown = unknown_name(it.wire for it in union.variants)
    # Of one variant the runtime makes no choice: paths do not name it.
    is_choice = len(union.variants) > 1
    members = {} if is_choice else fullest_of(union.variants[0].struct.fields)
    path = "" if is_choice else TAG
    yield Boundary(path, "unknown variant", {TAG: unknown, **members}, is_inside=False)
    if is_choice:
        yield Boundary("", "no tag", {}, is_inside=False)
    for variant in union.variants:
        if variant.struct not in inside:
            prefix, deeper = variant.wire if is_choice else "", [*inside, variant.struct]
            yield from _members(variant.struct.fields, prefix, {TAG: variant.wire}, deeper)


def _list(many: model.ListOf, inside: Sequence[model.Struct]) -> Iterator[Boundary]:
    yield Boundary("", "object for list", {}, is_inside=False)
    for rule, length, is_inside in _lengths(many):
        yield Boundary("", rule, [fullest(many.item)] * length, is_inside)
    count = max(1, bound(many, "min_length") or 0)
    if bound(many, "max_length") != 0:
        rest = [fullest(many.item)] * (count - 1)
        for it in _within(many.item, inside):
            yield Boundary(joined(0, it.path), it.rule, [it.value, *rest], it.is_inside)


def _map(many: model.MapOf, inside: Sequence[model.Struct]) -> Iterator[Boundary]:
    yield Boundary("", "list for map", [], is_inside=False)
    item = fullest(many.value)
    for rule, length, is_inside in _lengths(many):
        if _has_keys(many.key, length):
            value: JsonValue = dict.fromkeys(keys(many.key, length), item)
            yield Boundary("", rule, value, is_inside)
    if bound(many, "max_length") == 0:
        return
    first, *rest = keys(many.key, max(1, bound(many, "min_length") or 0))
    others: dict[str, JsonValue] = dict.fromkeys(rest, item)
    for it in _within(many.value, inside):
        value = {first: it.value, **others}
        yield Boundary(joined(first, it.path), it.rule, value, it.is_inside)
    for key, rule, is_inside in _keys(many.key):
        if key not in others:
            path = joined(key, "[key]")
            yield Boundary(path, f"key: {rule}", {key: item, **others}, is_inside)


def _keys(type_: model.Type) -> Iterator[tuple[str, str, bool]]:
    """Yield keys at their limits; in JSON they are texts."""
    match present(type_):
        case model.Builtin("int") as whole:
            yield "x", "no int", False
            for it in _numbers(whole):
                yield str(it.value), it.rule, it.is_inside
        case model.Builtin("str") as texts:
            found = _texts(texts)
            yield from ((it.value, it.rule, it.is_inside) for it in found if _is_key(it.value))
        case model.Builtin("uuid"):
            yield "x", "no uuid", False
        case model.Named(model.Enum(values=values)):
            yield from ((it.wire, it.name, True) for it in values)
            yield unknown_name(it.wire for it in values), "unknown value", False
        case _:
            raise AssertionError("nothing else is a key")


def _is_key(value: JsonValue) -> TypeGuard[str]:
    """Whether a text is a key that a path can name."""
    return isinstance(value, str) and bool(value)


def _builtin(type_: model.Builtin) -> Iterator[Boundary]:
    if type_.name in NUMBERS:
        yield from _numbers(type_)
    elif type_.name == "str":
        yield from _texts(type_)
    elif type_.name == "bytes":
        for rule, length, is_inside in _lengths(type_):
            yield Boundary("", rule, b64encode(bytes(length)).decode(), is_inside)
    for rule, value in _OTHERS[type_.name]:
        yield Boundary("", rule, value, is_inside=False)


def _numbers(type_: model.Builtin) -> Iterator[Boundary]:
    numbers = scale(type_)
    for number, rule in _limits(type_, numbers):
        value = written(type_.name, number)
        is_inside = not any(problems(type_, value))
        yield Boundary("", rule, value, is_inside)


def _limits(type_: model.Builtin, numbers: Scale) -> Iterator[tuple[Decimal, str]]:
    """Yield the numbers on both sides of each limit."""
    is_int = type_.name == "int"
    for names, inner, edge, step in (
        (("ge", "gt"), numbers.least, numbers.low, numbers.next_down),
        (("le", "lt"), numbers.greatest, numbers.high, numbers.next_up),
    ):
        if inner is None or edge is None:
            continue
        rule = _rule(type_, names) or ("64 bits" if is_int else "max_digits")
        yield inner, rule
        yield step(edge), rule
    if numbers.multiple is not None:
        middle = numbers.nearest(numbers.multiple)
        rule = f"multiple_of={type_.constraints['multiple_of']}"
        yield middle, rule
        between = middle + (1 if is_int else numbers.multiple / 2)
        yield between, rule
    places = bound(type_, "decimal_places")
    if places is not None:
        middle = numbers.nearest(Decimal(0))
        yield middle + numbers.quantum / 10, f"decimal_places={places}"


def _texts(type_: model.Builtin) -> Iterator[Boundary]:
    for rule, length, is_inside in _lengths(type_):
        found = of_length(type_, length)
        if found is not None:
            yield Boundary("", rule, found, is_inside)
    pattern = type_.constraints.get("pattern")
    if isinstance(pattern, str):
        foreign = not_matching(type_, pattern)
        if foreign is not None:
            yield Boundary("", f"pattern={pattern}", foreign, is_inside=False)
    for found in odd_texts(type_):
        yield Boundary("", "odd characters", found, is_inside=True)


def _lengths(
    type_: model.Builtin | model.ListOf | model.MapOf,
) -> Iterator[tuple[str, int, bool]]:
    least, most = bound(type_, "min_length"), bound(type_, "max_length")
    if least is not None and least <= MAX_LENGTH:
        yield f"min_length={least}", least, True
        if least > 0:
            yield f"min_length={least}", least - 1, False
    if most is not None and most < MAX_LENGTH:
        yield f"max_length={most}", most, True
        yield f"max_length={most}", most + 1, False


def _has_keys(type_: model.Type, count: int) -> bool:
    match present(type_):
        case model.Named(model.Enum(values=values)):
            return count <= len(values)
        case _:
            return True


def _rule(type_: model.Builtin, names: Sequence[str]) -> str:
    said = [f"{it}={type_.constraints[it]}" for it in names if it in type_.constraints]
    return said[0] if said else ""


def unknown_name(known: Iterable[str]) -> str:
    """Return a name that is not among those."""
    taken, name = set(known), "not_in_the_contract"
    while name in taken:
        name += "_"
    return name
