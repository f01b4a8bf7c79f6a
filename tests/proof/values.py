"""Values of a contract's types as they stand in JSON: valid ones, near the edges of both contracts.

The same random source gives the same values.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import TypeVar

from rpcgen.language import model
from rpcgen.samples import (
    argument_boundaries,
    boundaries,
    fullest,
    fullest_of,
    least,
    least_of,
    problems,
)
from tests.proof.pools import Hints, Wire, pool, sizes

Kind = TypeVar("Kind")
GIVEN = (0.3, 1.0, 0.5, 0.8)
"""How often what need not be given is, in turn."""
MAX_DEPTH = 6
"""Levels after which what need not be there is not."""
WIDE_DEPTH = 2
"""Levels down to which lists and maps may be longer than a few."""
LONGEST = 12
"""Items of a list or a map."""


def edges(mine: model.Method, theirs: model.Method | None) -> Iterator[dict[str, Wire]]:
    """Yield arguments at the limits of one or the other contract; valid ones, and others too."""
    for method in (mine, theirs):
        for it in () if method is None else argument_boundaries(method):
            if isinstance(it.value, dict):
                yield it.value


def result_edges(mine: model.Type, theirs: model.Type | None) -> Iterator[Wire]:
    """Yield values of a type at the limits of one or the other contract."""
    for type_ in (mine, theirs):
        for it in () if type_ is None else boundaries(type_):
            if not any(problems(mine, it.value)):
                yield it.value


def plain(type_: model.Type) -> model.Type:
    """Return `type_` without the names at its top that stand for something."""
    while isinstance(type_, model.Named) and isinstance(type_.declaration, model.Alias):
        assert type_.declaration.type is not None
        type_ = type_.declaration.type
    return type_


@dataclass(slots=True)
class Values:
    """A source of values."""

    pick: Random
    hints: Hints
    _pools: dict[tuple[str, str], list[Wire]] = field(default_factory=dict)

    def objects(self, fields: Sequence[model.Field], count: int) -> Iterator[dict[str, Wire]]:
        """Yield objects of fields or parameters: the least, the fullest, and some between."""
        yield from (least_of(fields), fullest_of(fields))
        for at in range(2, count):
            yield self._members(fields, GIVEN[at % len(GIVEN)], 0)

    def few(self, found: Iterator[Kind], count: int) -> list[Kind]:
        """Return some of what there is, at most so many."""
        known = list(found) if count else []
        return known if len(known) <= count else self.pick.sample(known, count)

    def results(self, type_: model.Type, count: int) -> Iterator[Wire]:
        """Yield values of a type, as `objects` does."""
        yield from (least(type_), fullest(type_))
        for at in range(2, count):
            yield self.some(type_, GIVEN[at % len(GIVEN)])

    def some(self, type_: model.Type, given: float, depth: int = 0) -> Wire:
        """Return a value of a type."""
        match plain(type_):
            case model.Optional(inner=inner):
                return self.some(inner, given, depth) if self._gives(given, depth) else None
            case model.Builtin() as builtin:
                return self.pick.choice(self._pool(builtin))
            case model.ListOf(item=item, constraints=limits):
                return [self.some(item, given, depth + 1) for _ in range(self._size(limits, depth))]
            case model.MapOf(key=key, value=inner, constraints=limits):
                return self._map(key, inner, self._size(limits, depth), given, depth)
            case model.Named(declaration=declaration):
                return self._declared(declaration, given, depth)

    def _declared(self, declaration: model.TypeDeclaration, given: float, depth: int) -> Wire:
        match declaration:
            case model.Enum(values=values):
                return self.pick.choice(values).wire
            case model.Struct(fields=fields):
                return self._members(fields, given, depth)
            case model.Union():
                return self._variant(declaration, given, depth)
            case _:
                raise AssertionError("an alias was looked through")

    def _variant(self, union: model.Union, given: float, depth: int) -> Wire:
        variants = union.variants
        if depth >= MAX_DEPTH:
            variants = sorted(variants, key=lambda it: _weight(it.struct))[:1]
        variant = self.pick.choice(variants)
        return {"type": variant.wire, **self._members(variant.struct.fields, given, depth)}

    def _members(self, fields: Sequence[model.Field], given: float, depth: int) -> dict[str, Wire]:
        return {
            it.wire: self.some(it.type, given, depth + 1)
            for it in fields
            if it.required or self._gives(given, depth)
        }

    def _gives(self, given: float, depth: int) -> bool:
        return depth < MAX_DEPTH and self.pick.random() < given

    def _size(self, limits: Mapping[str, model.Scalar], depth: int) -> int:
        fewest, most = _int(limits, "min_length", 0), _int(limits, "max_length", LONGEST)
        if depth >= MAX_DEPTH:
            return fewest
        near = sizes(self.hints) if depth <= WIDE_DEPTH else []
        fit = [it for it in (fewest, fewest + 1, 2, *near) if fewest <= it <= min(most, LONGEST)]
        return self.pick.choice(fit or [fewest])

    def _map(
        self, key: model.Type, inner: model.Type, size: int, given: float, depth: int
    ) -> dict[str, Wire]:
        found: dict[str, Wire] = {}
        for _ in range(size * 8):
            if len(found) == size:
                break
            name = self.some(key, given, depth + 1)
            found[name if isinstance(name, str) else json.dumps(name)] = None
        return {it: self.some(inner, given, depth + 1) for it in found}

    def _pool(self, type_: model.Builtin) -> list[Wire]:
        key = type_.name, repr(sorted(type_.constraints.items()))
        if key not in self._pools:
            self._pools[key] = pool(type_, self.hints)
        return self._pools[key]


def _int(limits: Mapping[str, model.Scalar], name: str, absent: int) -> int:
    found = limits.get(name, absent)
    return found if isinstance(found, int) else absent


def _weight(struct: model.Struct) -> int:
    return sum(it.required for it in struct.fields)
