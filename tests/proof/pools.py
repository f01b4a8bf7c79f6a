"""Values of built-in types to choose from: usual ones, odd ones, and those near what contracts say.

Pure.
"""

from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import TypeAlias

from pydantic import JsonValue

from rpcgen.language import model
from rpcgen.language.types import parts
from rpcgen.samples import least, problems

Wire: TypeAlias = JsonValue

_FIXED: Mapping[str, tuple[Wire, ...]] = {
    "bool": (True, False),
    "uuid": ("12345678-9abc-4ef0-8234-56789abcdef0", "00000000-0000-0000-0000-000000000001"),
    "datetime": ("2026-05-01T12:00:00.500000+02:00", "1999-12-31T23:59:59Z"),
    "date": ("2026-05-01", "0001-01-01"),
    "time": ("12:30:00", "23:59:59.999999"),
    "json": ({}, [1, None], "a", 1, True, 2.5, {"a": {"type": "b"}}, None),
}
_INTS = (0, 1, -1, 5, 7, 10, 15, 60, 100, 2**53 + 1, 2**63 - 1, -(2**63))
_FLOATS = (0.0, 1.0, 2.5, -1.5, 0.75, 1e-7, 8.0, 1e18, 5e300)
_TEXTS = (
    "", "a", "abc", "7", "A7", "x y", 'é\n"', "abcdefgh", "null", "disk", "5", "2.5", "true",
    "00000000-0000-0000-0000-00000000000a", "2026-05-01", "PT90S", "AAECAw==",
)  # fmt: skip
_SECONDS = (0, 1, 60, 90, 3_600, 7_200, 0.5, 86_400 * 400)
_DECIMALS = ("0", "0.25", "10", "-1.5", "123456", "0.001", "99.99", "1234567.5")
_MOST = 64
"""Characters or bytes of what is made as long as a number says."""


@dataclass(frozen=True, slots=True)
class Hints:
    """What constraints and defaults speak of."""

    numbers: frozenset[Decimal]
    """Seconds, for durations."""
    texts: frozenset[str]


def hints_of(packages: Iterable[model.Package]) -> Hints:
    """Return what the constraints and defaults of all types say."""
    said = [*_said(packages)]
    numbers = (_number(it) for it in said)
    texts = (it for it in said if isinstance(it, str) and it.isalnum())
    return Hints(frozenset(it for it in numbers if it is not None), frozenset(texts))


def pool(type_: model.Builtin, hints: Hints) -> list[Wire]:
    """Return valid values of a built-in type; one at least. Raises NoSampleError."""
    known = _FIXED.get(type_.name) or _POOLS[type_.name](hints)
    return [it for it in known if not any(problems(type_, it))] or [least(type_)]


def sizes(hints: Hints) -> list[int]:
    """Return lengths that may matter."""
    return sorted({near for it in hints.numbers for near in _near(int(it)) if 0 <= near <= _MOST})


def _ints(hints: Hints) -> Iterable[Wire]:
    near = {it for number in hints.numbers for it in _near(int(number))}
    return sorted({*_INTS, *near, *(it * 30 for it in near)})


def _floats(hints: Hints) -> Iterable[Wire]:
    near = (float(it) + step for it in hints.numbers for step in (-0.5, 0.0, 0.5))
    return sorted({*_FLOATS, *near})


def _texts(hints: Hints) -> Iterable[Wire]:
    return sorted({*_TEXTS, *hints.texts, *("z" * it for it in sizes(hints))})


def _blobs(hints: Hints) -> Iterable[Wire]:
    whole = bytes(range(250, 256)) + b"x" * _MOST
    return [b64encode(whole[:it]).decode() for it in sorted({0, 1, 2, 3, *sizes(hints)})]


def _durations(hints: Hints) -> Iterable[Wire]:
    near = {float(it) + step for it in hints.numbers for step in (-0.5, 0.0, 0.5)}
    return [f"PT{it:f}S" for it in sorted({*_SECONDS, *near}) if 0 <= it < 10**9]


def _decimals(hints: Hints) -> Iterable[Wire]:
    near = (it + Decimal(step) for it in hints.numbers for step in ("-0.01", "0", "0.01"))
    return sorted({*_DECIMALS, *(f"{it:f}" for it in near)})


_POOLS: Mapping[str, Callable[[Hints], Iterable[Wire]]] = {
    "int": _ints,
    "float": _floats,
    "str": _texts,
    "bytes": _blobs,
    "duration": _durations,
    "decimal": _decimals,
}


def _near(number: int) -> tuple[int, int, int]:
    return number - 1, number, number + 1


def _number(said: object) -> Decimal | None:
    match said:
        case timedelta():
            return Decimal(str(said.total_seconds()))
        case bool():
            return None
        case int() | float():
            return Decimal(str(said))
        case _:
            return None


def _said(packages: Iterable[model.Package]) -> Iterator[object]:
    for type_, default in _typed(packages):
        yield default
        for part in parts(type_):
            if isinstance(part, model.Builtin | model.ListOf | model.MapOf):
                yield from part.constraints.values()


def _typed(packages: Iterable[model.Package]) -> Iterator[tuple[model.Type, object]]:
    for package in packages:
        for declaration in package.declarations.values():
            match declaration:
                case model.Alias(type=type_) if type_ is not None:
                    yield type_, None
                case model.Struct(fields=fields) | model.Error(fields=fields):
                    yield from ((it.type, it.default) for it in fields)
                case model.Service(methods=methods):
                    for method in methods:
                        yield from ((it.type, it.default) for it in method.parameters)
                        if method.result is not None:
                            yield method.result, None
                case _:
                    pass
