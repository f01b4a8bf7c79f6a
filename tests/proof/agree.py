"""Whether two sides that know different contracts mean the same by two values. Pure.

Both values are in JSON's form as each side writes them; what only one side knows is not compared.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import TypeVar

from rpcgen.language import model
from tests.proof.pools import Wire
from tests.proof.values import plain

_NUMBERS = {"int", "float", "decimal"}


def differing(mine: Wire, my_type: model.Type, theirs: Wire, their_type: model.Type) -> str | None:
    """Return where the values differ in what both types know, such as `.items.0`; None nowhere."""
    if mine is None or theirs is None:
        return None if mine is theirs else _told(mine, theirs)
    match _solid(my_type), _solid(their_type):
        case model.ListOf(item=my_item), model.ListOf(item=their_item):
            return _lists(mine, my_item, theirs, their_item)
        case model.MapOf(value=my_value), model.MapOf(value=their_value):
            return _maps(mine, my_value, theirs, their_value)
        case model.Named(declaration=model.Struct() as my), model.Named(
            declaration=model.Struct() as their
        ):
            return members(mine, my.fields, theirs, their.fields)
        case model.Named(declaration=model.Union() as one), model.Named(
            declaration=model.Union() as other
        ):
            return _variants(mine, one, theirs, other)
        case model.Named(declaration=model.Enum() as one), model.Named(
            declaration=model.Enum() as other
        ):
            return _values(mine, one, theirs, other)
        case model.Builtin(name=my_name), model.Builtin(name=their_name):
            return _scalars(mine, my_name, theirs, their_name)
        case _:
            return None if _same(mine, theirs) else _told(mine, theirs)


def members(
    mine: Wire, my_fields: Sequence[model.Field], theirs: Wire, their_fields: Sequence[model.Field]
) -> str | None:
    """Return where two objects differ in the members that both declare."""
    if not isinstance(mine, dict) or not isinstance(theirs, dict):
        return _told(mine, theirs)
    for field in my_fields:
        other = same_member(field, my_fields, their_fields)
        if other is not None:
            # What is not written is absent, and so is null.
            one, two = mine.get(field.wire), theirs.get(other.wire)
            found = differing(one, field.type, two, other.type)
            if found is not None:
                return f".{field.name}{found}"
    return None


Member = TypeVar("Member", model.Field, model.Variant, model.EnumValue)


def same_member(member: Member, mine: Sequence[Member], theirs: Sequence[Member]) -> Member | None:
    """Return what a member is to the other side: of the same name, or renamed and of its wire name."""
    named = next((it for it in theirs if it.name == member.name), None)
    if named is not None:
        return named
    known = {it.name for it in mine}
    return next((it for it in theirs if it.wire == member.wire and it.name not in known), None)


def _variants(mine: Wire, my: model.Union, theirs: Wire, their: model.Union) -> str | None:
    if not isinstance(mine, dict) or not isinstance(theirs, dict):
        return _told(mine, theirs)
    sent, got = mine.get("type"), theirs.get("type")
    one = next(it for it in my.variants if it.wire == sent)
    other = same_member(one, my.variants, their.variants)
    if got != (sent if other is None else other.wire):
        return f".type{_told(sent, got)}"
    return None if other is None else members(mine, one.struct.fields, theirs, other.struct.fields)


def _values(mine: Wire, my: model.Enum, theirs: Wire, their: model.Enum) -> str | None:
    one = next(it for it in my.values if it.wire == mine)
    other = same_member(one, my.values, their.values)
    return None if theirs == (mine if other is None else other.wire) else _told(mine, theirs)


def _lists(mine: Wire, my: model.Type, theirs: Wire, their: model.Type) -> str | None:
    if not isinstance(mine, list) or not isinstance(theirs, list) or len(mine) != len(theirs):
        return _told(mine, theirs)
    for at, (one, other) in enumerate(zip(mine, theirs, strict=True)):
        found = differing(one, my, other, their)
        if found is not None:
            return f".{at}{found}"
    return None


def _maps(mine: Wire, my: model.Type, theirs: Wire, their: model.Type) -> str | None:
    if not isinstance(mine, dict) or not isinstance(theirs, dict) or mine.keys() != theirs.keys():
        return _told(mine, theirs)
    for key in mine:
        found = differing(mine[key], my, theirs[key], their)
        if found is not None:
            return f".{key}{found}"
    return None


def _scalars(mine: Wire, my: str, theirs: Wire, their: str) -> str | None:
    if {my, their} == {"int", "float"} and isinstance(mine, int | float):
        # The rules say so: a float has 53 bits, and a whole number is read as the nearest one.
        same = isinstance(theirs, int | float) and float(mine) == float(theirs)
    elif {my, their} <= _NUMBERS and my != their:
        # A decimal travels as text.
        same = Decimal(str(mine)) == Decimal(str(theirs))
    else:
        same = _same(mine, theirs)
    return None if same else _told(mine, theirs)


def _same(mine: Wire, theirs: Wire) -> bool:
    """Compare as JSON does: true is no 1, and an absent member is null."""
    match mine, theirs:
        case dict(), dict():
            names = {*mine, *theirs}
            return all(_same(mine.get(it), theirs.get(it)) for it in names)
        case list(), list():
            return len(mine) == len(theirs) and all(map(_same, mine, theirs))
        case bool(), bool():
            return mine is theirs
        case (bool(), _) | (_, bool()):
            return False
        case _:
            return mine == theirs


def _solid(type_: model.Type) -> model.Type:
    """Return the type of a value that is there."""
    found = plain(type_)
    while isinstance(found, model.Optional):
        found = plain(found.inner)
    return found


def _told(mine: Wire, theirs: Wire) -> str:
    return f": {mine!r} became {theirs!r}"
