"""Edits of fields and parameters: who is there, how it is called, whether it must be."""

from random import Random

from tests.proof.contracts import Contract, Member, Type
from tests.proof.edits.places import Edit, Place, fields, grown, one, places, swap, typed
from tests.proof.made import DEFAULTS, default_of, ordered, some_type

NAMED = ("Kind", "State", "Name", "Sizes", "shared.Color", "shared.Owner", "Leaf")


def add_required(contract: Contract, pick: Random) -> str | None:
    place = pick.choice(places(contract))
    return _add(place, pick, Member("added_required", _some(pick, place)))


def add_required_since(contract: Contract, pick: Random) -> str | None:
    """Only what flows back alone may demand what is new."""
    place = pick.choice(places(contract))
    made = Member("added_since", _some(pick, place), since=grown(contract, place.package))
    return _add(place, pick, made)


def add_optional(contract: Contract, pick: Random) -> str | None:
    place = pick.choice(places(contract))
    made = Member("added_optional", _some(pick, place), since=grown(contract, place.package))
    assert made.type is not None
    made.type.optional = True
    return _add(place, pick, made)


def add_defaulted(contract: Contract, pick: Random) -> str | None:
    place = pick.choice(places(contract))
    name = pick.choice([it for it in DEFAULTS if it != "Kind"])
    type_ = Type(name, [Type("str") for _ in range({"list": 1, "map": 2}.get(name, 0))])
    since = grown(contract, place.package)
    made = Member("added_defaulted", type_, default_of(pick, type_), since=since)
    return _add(place, pick, made) if made.default != "limit" else None


def _add(place: Place, pick: Random, made: Member) -> str | None:
    if any(it.name == made.name for it in place.members):
        return None
    at = pick.choice([len(place.members), pick.randint(0, len(place.members))])
    place.members.insert(at, made)
    if place.is_method:
        place.members[:] = ordered(place.members)
    return f"added {place.told(made)}"


def _some(pick: Random, place: Place) -> Type:
    return some_type(pick, NAMED if place.package.imports else ("Color", "Tag"))


def remove(contract: Contract, pick: Random) -> str | None:
    place, member = pick.choice(fields(contract))
    place.members.remove(member)
    return f"removed {place.told(member)}"


def rename(contract: Contract, pick: Random) -> str | None:
    place, member = pick.choice(fields(contract))
    told = place.told(member)
    member.name = f"{member.name}_now"
    return f"renamed {told} to {member.name}"


def rename_with_wire(contract: Contract, pick: Random) -> str | None:
    place, member = pick.choice(fields(contract))
    told = place.told(member)
    member.wire = member.wire or member.name
    member.name = f"{member.name}_now"
    return f"renamed {told} to {member.name}, the same on the wire"


def change_wire(contract: Contract, pick: Random) -> str | None:
    place, member = pick.choice(fields(contract))
    member.wire = None if member.wire else f"{member.name}-new"
    return f"changed the wire name of {place.told(member)}"


def exchange_names(contract: Contract, pick: Random) -> str | None:
    place = pick.choice(places(contract))
    if len(place.members) < 2:
        return None
    one_, other = pick.sample(place.members, 2)
    one_.name, other.name = other.name, one_.name
    one_.wire, other.wire = other.wire, one_.wire
    return f"exchanged the names {place.told(one_)} and {other.name}"


def reorder(contract: Contract, pick: Random) -> str | None:
    place = pick.choice(places(contract))
    return f"reordered {place.owner.name}" if swap(pick, place.members) else None


def make_optional(contract: Contract, pick: Random) -> str | None:
    found = one(pick, [it for it in typed(contract) if not it[2].optional])
    if found is None:
        return None
    place, member, type_ = found
    type_.optional = True
    _tidy(place)
    return f"{place.told(member)} may be absent"


def require(contract: Contract, pick: Random) -> str | None:
    found = one(pick, [it for it in typed(contract) if it[2].optional])
    if found is None:
        return None
    place, member, type_ = found
    type_.optional = False
    member.since = 0
    _tidy(place)
    return f"{place.told(member)} must be there"


def add_default(contract: Contract, pick: Random) -> str | None:
    fit = [it for it in typed(contract) if it[1].default is None and it[2].name in DEFAULTS]
    found = one(pick, fit)
    if found is None:
        return None
    place, member, type_ = found
    member.default = default_of(pick, type_)
    _tidy(place)
    return f"{place.told(member)} has the default {member.default}"


def change_default(contract: Contract, pick: Random) -> str | None:
    found = one(pick, [it for it in typed(contract) if it[1].default is not None])
    if found is None:
        return None
    place, member, type_ = found
    was, member.default = member.default, default_of(pick, type_)
    return f"the default of {place.told(member)}: {was} to {member.default}"


def remove_default(contract: Contract, pick: Random) -> str | None:
    found = one(pick, [it for it in typed(contract) if it[1].default is not None])
    if found is None:
        return None
    place, member, _ = found
    member.default = None
    if member.must_be_given:
        member.since = 0
    _tidy(place)
    return f"{place.told(member)} has no default"


def default_for_optional(contract: Contract, pick: Random) -> str | None:
    """`T?` becomes `T = v`."""
    fit = [it for it in typed(contract) if it[2].optional and it[2].name in DEFAULTS]
    found = one(pick, fit)
    if found is None:
        return None
    place, member, type_ = found
    type_.optional = False
    member.default = default_of(pick, type_)
    return f"{place.told(member)} has the default {member.default} instead of `?`"


def optional_for_default(contract: Contract, pick: Random) -> str | None:
    """`T = v` becomes `T?`, or `T? = v`."""
    fit = [it for it in typed(contract) if not it[2].optional and it[1].default is not None]
    found = one(pick, fit)
    if found is None:
        return None
    place, member, type_ = found
    type_.optional = True
    member.default = pick.choice([None, member.default])
    return f"{place.told(member)} has `?`, default {member.default}"


def change_since(contract: Contract, pick: Random) -> str | None:
    """History is edited."""
    found = one(pick, [it for it in fields(contract) if not it[1].must_be_given])
    if found is None:
        return None
    place, member = found
    member.since = 0 if member.since else contract.released
    return f"the since of {place.told(member)} is {member.since}"


def _tidy(place: Place) -> None:
    if place.is_method:
        place.members[:] = ordered(place.members)


EDITS: tuple[Edit, ...] = (
    add_required, add_required_since, add_optional, add_defaulted, remove, rename,
    rename_with_wire, change_wire, exchange_names, reorder, make_optional, require, add_default,
    change_default, remove_default, default_for_optional, optional_for_default, change_since,
)  # fmt: skip
