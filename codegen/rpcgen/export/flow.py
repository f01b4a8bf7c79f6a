"""Which way a value flows, and which types that makes a difference for. Pure.

What flows to a server keeps its constraints and holds known values alone; what flows back has no
constraints, and open enums and unions may hold more.
"""

from collections.abc import Iterator
from enum import Enum

from rpcgen.language import model
from rpcgen.language.types import parts


class Flow(Enum):
    """Which way a value flows."""

    REQUEST = "request"
    """To a server: parameters of calls, casts and fanouts."""
    REPLY = "reply"
    """From it: results, data of errors, events."""


class Differences:
    """Knows which declared types have two forms; each is looked at once."""

    def __init__(self) -> None:
        self._known: dict[model.TypeDeclaration, bool] = {}

    def in_(self, declaration: model.TypeDeclaration) -> bool:
        """Whether the two forms of a type differ."""
        if declaration not in self._known:
            reached = _reached(declaration)
            differs = any(_differs_itself(it) for it in reached)
            # Where it does not, nothing that it reaches does.
            self._known |= {declaration: True} if differs else dict.fromkeys(reached, False)
        return self._known[declaration]


def _reached(start: model.TypeDeclaration) -> set[model.TypeDeclaration]:
    found: set[model.TypeDeclaration] = set()
    pending = [start]
    while pending:
        declaration = pending.pop()
        if declaration not in found:
            found.add(declaration)
            pending += _mentioned(declaration)
    return found


def _mentioned(declaration: model.TypeDeclaration) -> Iterator[model.TypeDeclaration]:
    if isinstance(declaration, model.Union):
        yield from (it.struct for it in declaration.variants)
    for type_ in _types(declaration):
        yield from (it.declaration for it in parts(type_) if isinstance(it, model.Named))


def _types(declaration: model.TypeDeclaration) -> list[model.Type]:
    match declaration:
        case model.Alias(type=type_) if type_ is not None:
            return [type_]
        case model.Struct(fields=fields):
            return [it.type for it in fields]
        case _:
            return []


def _differs_itself(declaration: model.TypeDeclaration) -> bool:
    match declaration:
        case model.Enum(closed=closed) | model.Union(closed=closed):
            return not closed
        case _:
            inside = (it for type_ in _types(declaration) for it in parts(type_))
            return any(_is_constrained(it) for it in inside)


def _is_constrained(type_: model.Type) -> bool:
    match type_:
        case model.Builtin(constraints=limits) | model.ListOf(constraints=limits):
            return bool(limits)
        case model.MapOf(constraints=limits):
            return bool(limits)
        case _:
            return False
