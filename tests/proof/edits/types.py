"""Edits of types and of what constrains them."""

from copy import deepcopy
from random import Random

from tests.proof.contracts import Alias, Contract, Type
from tests.proof.edits.places import Edit, grown, one, typed
from tests.proof.made import LIMITS, some_type

RETYPED = (
    ("int", "float"), ("float", "int"), ("str", "uuid"), ("uuid", "str"), ("str", "bytes"),
    ("bytes", "str"), ("int", "str"), ("str", "int"), ("datetime", "date"), ("date", "str"),
    ("datetime", "str"), ("time", "str"), ("duration", "str"), ("float", "decimal"),
    ("int", "decimal"), ("decimal", "float"), ("decimal", "str"), ("bool", "int"), ("str", "json"),
    ("json", "str"), ("int", "json"), ("uuid", "json"), ("bool", "json"), ("str", "datetime"),
    ("decimal", "json"), ("Kind", "str"), ("str", "Kind"), ("Leaf", "json"), ("Name", "str"),
    ("Leaf", "Node"), ("Source", "Fixed"), ("Source", "Leaf"), ("Leaf", "Source"),
    ("State", "Kind"), ("shared.Tag", "Name"), ("shared.Owner", "json"), ("Sizes", "json"),
)  # fmt: skip
CHANGED = {
    "ge": ("-5", "0", "1", "3"), "le": ("7", "50", "100", "200", "limit"), "gt": ("-1", "0", "4"),
    "lt": ("9", "101"), "multiple_of": ("5", "10", "3"), "min_length": ("0", "1", "2", "3"),
    "max_length": ("1", "4", "6", "9", "limit"), "max_digits": ("3", "6", "9"),
    "decimal_places": ("1", "2", "4"),
    "pattern": ('"^[a-z]+$"', '"^[a-z0-9]+$"', '"[a-z]"', '"^[A-Z]"', '"^a"'),
}  # fmt: skip
FIT = {
    "int": ("ge", "gt", "le", "lt", "multiple_of"),
    "float": ("ge", "gt", "le", "lt"),
    "str": ("min_length", "max_length", "pattern"),
    "bytes": ("min_length", "max_length"),
    "list": ("min_length", "max_length"),
    "map": ("min_length", "max_length"),
    "decimal": ("ge", "gt", "le", "lt", "max_digits", "decimal_places"),
    "duration": ("ge", "gt", "le", "lt"),
}
SPANS = {"ge": ("0s", "1s", "2s"), "gt": ("500ms", "1s"), "le": ("30m", "1h", "2h"), "lt": ("3h",)}


def retype(contract: Contract, pick: Random) -> str | None:
    was, now = pick.choice(RETYPED)
    found = one(pick, [it for it in contract.types() if it.name == was])
    if found is None:
        return None
    found.name, found.inner, found.limits = now, [], {}
    return f"{was} to {now}"


def replace(contract: Contract, pick: Random) -> str | None:
    """Put any other type there."""
    found = pick.choice(list(contract.types()))
    was = found.text()
    now = some_type(pick, ("Kind", "Leaf", "Name"))
    found.name, found.inner, found.limits = now.name, now.inner, now.limits
    return f"{was} to {found.text()}"


def in_list(contract: Contract, pick: Random) -> str | None:
    found = pick.choice(list(contract.types()))
    inner = deepcopy(found)
    inner.optional = False
    found.name, found.inner, found.limits = "list", [inner], {}
    return f"{inner.text()} in a list"


def out_of_list(contract: Contract, pick: Random) -> str | None:
    found = one(pick, [it for it in contract.types() if it.name == "list"])
    if found is None:
        return None
    inner = found.inner[0]
    found.name, found.inner, found.limits = inner.name, inner.inner, inner.limits
    return f"a list of {inner.text()} to one"


def element_optional(contract: Contract, pick: Random) -> str | None:
    """`list[T]` becomes `list[T?]`, or the way back; maps too."""
    found = one(pick, [it for it in contract.types() if it.name in {"list", "map"}])
    if found is None:
        return None
    inner = found.inner[-1]
    inner.optional = not inner.optional
    return f"elements of {found.text()}"


def other_key(contract: Contract, pick: Random) -> str | None:
    found = one(pick, [it for it in contract.types() if it.name == "map"])
    if found is None:
        return None
    found.inner[0] = Type(pick.choice(["str", "int", "uuid", "Kind", "Name"]))
    return f"keys of {found.text()}"


def result_optional(contract: Contract, pick: Random) -> str | None:
    found = one(pick, [it for it in contract.methods() if it.result])
    if found is None or found.result is None:
        return None
    found.result.optional = not found.result.optional
    return f"{found.name} -> {found.result.text()}"


def add_limit(contract: Contract, pick: Random) -> str | None:
    found = one(pick, [it for it in contract.types() if it.name in FIT])
    if found is None:
        return None
    name = pick.choice([it for it in FIT[found.name] if it not in found.limits] or ["ge"])
    was = found.text()
    found.limits[name] = _limit(pick, found.name, name)
    return f"{was} to {found.text()}"


def change_limit(contract: Contract, pick: Random) -> str | None:
    found = one(pick, [it for it in contract.types() if it.limits])
    if found is None:
        return None
    name, was = pick.choice([*found.limits]), found.text()
    found.limits[name] = _limit(pick, found.name, name)
    return f"{was} to {found.text()}"


def remove_limit(contract: Contract, pick: Random) -> str | None:
    found = one(pick, [it for it in contract.types() if it.limits])
    if found is None:
        return None
    was = found.text()
    del found.limits[pick.choice([*found.limits])]
    return f"{was} to {found.text()}"


def other_limits(contract: Contract, pick: Random) -> str | None:
    found = one(pick, [it for it in contract.types() if it.name in LIMITS])
    if found is None:
        return None
    was = found.text()
    found.limits = dict(pick.choice(LIMITS[found.name]))
    return f"{was} to {found.text()}"


def _limit(pick: Random, type_: str, name: str) -> str:
    values = SPANS[name] if type_ == "duration" else CHANGED[name]
    return pick.choice([it for it in values if it != "limit" or type_ in {"int", "str"}])


def other_multiple(contract: Contract, pick: Random) -> str | None:
    found = one(pick, [it for it in contract.types() if it.name == "int"])
    if found is None:
        return None
    was = found.text()
    found.limits["multiple_of"] = pick.choice(["2", "3", "5", "10"])
    return f"{was} to {found.text()}"


def other_pattern(contract: Contract, pick: Random) -> str | None:
    found = one(pick, [it for it in contract.types() if it.name == "str"])
    if found is None:
        return None
    was = found.text()
    found.limits["pattern"] = _limit(pick, "str", "pattern")
    return f"{was} to {found.text()}"


def inline_alias(contract: Contract, pick: Random) -> str | None:
    alias = pick.choice(contract.main.aliases())
    found = one(pick, [it for it in contract.types() if it.name == alias.name])
    if found is None:
        return None
    known = deepcopy(alias.type)
    found.name, found.inner, found.limits = known.name, known.inner, known.limits
    return f"{alias.name} inlined as {known.text()}"


def name_type(contract: Contract, pick: Random) -> str | None:
    """Give a type of a field a name."""
    fit = [it for it in typed(contract) if it[0].package is contract.main and "." not in it[2].name]
    found = one(pick, fit)
    if found is None or any(it.name == "Fresh" for it in contract.main.aliases()):
        return None
    place, member, type_ = found
    known = deepcopy(type_)
    known.optional = False
    since = max(place.owner.since, member.since)
    contract.main.declarations.append(Alias("Fresh", known, since=since))
    type_.name, type_.inner, type_.limits = "Fresh", [], {}
    return f"{place.told(member)} is called Fresh"


def change_alias(contract: Contract, pick: Random) -> str | None:
    package = pick.choice(contract.packages())
    alias = pick.choice(package.aliases())
    was = alias.type.text()
    now = some_type(pick, ())
    alias.type = now
    return f"{alias.name} from {was} to {now.text()}"


def result_added(contract: Contract, pick: Random) -> str | None:
    found = one(pick, [it for it in contract.methods() if it.verb == "call" and not it.result])
    if found is None:
        return None
    grown(contract, contract.main)
    found.result = some_type(pick, ("Kind", "Leaf"))
    found.result.optional = pick.random() < 0.3
    return f"{found.name} -> {found.result.text()}"


def result_removed(contract: Contract, pick: Random) -> str | None:
    found = one(pick, [it for it in contract.methods() if it.result])
    if found is None:
        return None
    found.result = None
    return f"{found.name} answers nothing"


EDITS: tuple[Edit, ...] = (
    retype, retype, retype, replace, in_list, out_of_list, element_optional, other_key,
    result_optional, add_limit, add_limit, change_limit, change_limit, remove_limit, other_limits,
    other_multiple, other_pattern, inline_alias, name_type, change_alias, result_added, result_removed,
)  # fmt: skip
