"""Edits of enums, unions, errors and of what a type is called."""

from copy import deepcopy
from random import Random

from tests.proof.contracts import Alias, Contract, Group, Member, Package, Type
from tests.proof.edits.places import Edit, groups, grown, one, swap


def add_value(contract: Contract, pick: Random) -> str | None:
    package, enum = pick.choice(groups(contract, "enum"))
    enum.members.insert(
        pick.randint(0, len(enum.members)), Member("added", since=grown(contract, package))
    )
    return f"added a value to {enum.name}"


def add_variant(contract: Contract, pick: Random) -> str | None:
    package, union = pick.choice(groups(contract, "union"))
    struct = pick.choice(["Leaf", "Node", "Wide"])
    union.members.append(Member("added", Type(struct), since=grown(contract, package)))
    return f"added {struct} to {union.name}"


def remove_choice(contract: Contract, pick: Random) -> str | None:
    _, group = pick.choice(groups(contract, "enum", "union"))
    if len(group.members) < 2:
        return None
    gone = pick.choice(group.members)
    group.members.remove(gone)
    return f"removed {group.name}.{gone.name}"


def rename_choice(contract: Contract, pick: Random) -> str | None:
    _, group = pick.choice(groups(contract, "enum", "union"))
    member = pick.choice(group.members)
    member.wire = pick.choice([None, member.wire or member.name])
    was, member.name = member.name, f"{member.name}_now"
    return f"renamed {group.name}.{was}, on the wire {member.wire}"


def rewire_choice(contract: Contract, pick: Random) -> str | None:
    _, group = pick.choice(groups(contract, "enum", "union"))
    member = pick.choice(group.members)
    member.wire = None if member.wire else f"{member.name}-new"
    return f"{group.name}.{member.name} is {member.wire} on the wire"


def reorder_choices(contract: Contract, pick: Random) -> str | None:
    _, group = pick.choice(groups(contract, "enum", "union"))
    return f"reordered {group.name}" if swap(pick, group.members) else None


def exchange_choices(contract: Contract, pick: Random) -> str | None:
    """Two values or variants get each other's names on the wire."""
    _, group = pick.choice(groups(contract, "enum", "union"))
    if len(group.members) < 2:
        return None
    one_, other = pick.sample(group.members, 2)
    one_.wire, other.wire = other.wire or other.name, one_.wire or one_.name
    return f"exchanged {one_.name} and {other.name} of {group.name} on the wire"


def other_struct(contract: Contract, pick: Random) -> str | None:
    _, union = pick.choice(groups(contract, "union"))
    member = pick.choice(union.members)
    member.type = Type(pick.choice(["Leaf", "Node", "Wide"]))
    return f"{union.name}.{member.name} is {member.type.text()}"


def toggle_closed(contract: Contract, pick: Random) -> str | None:
    _, group = pick.choice(groups(contract, "enum", "union"))
    group.closed = not group.closed
    return f"{group.name} is {'closed' if group.closed else 'open'}"


def raise_more(contract: Contract, pick: Random) -> str | None:
    found = one(pick, [it for it in contract.methods() if it.verb == "call"])
    if found is None:
        return None
    known = {it.name for it in found.raises}
    error = one(pick, [it for it in ("Full", "Gone", "Late", "shared.Denied") if it not in known])
    if error is None:
        return None
    found.raises.append(Member(error, since=grown(contract, contract.main)))
    return f"{found.name} raises {error}"


def raise_new(contract: Contract, pick: Random) -> str | None:
    """A new error, now and then with the number of one that is gone."""
    found = one(pick, [it for it in contract.methods() if it.verb == "call"])
    if found is None or any(it.name == "Fresh" for _, it in groups(contract, "error")):
        return None
    since = grown(contract, contract.main)
    error = Group("error", "Fresh", [Member("size", Type("int"))], code=1010, since=since)
    contract.main.declarations.append(error)
    found.raises.append(Member("Fresh", since=since))
    return f"{found.name} raises the new Fresh"


def raise_less(contract: Contract, pick: Random) -> str | None:
    found = one(pick, [it for it in contract.methods() if it.raises])
    if found is None:
        return None
    gone = pick.choice(found.raises)
    found.raises.remove(gone)
    return f"{found.name} does not raise {gone.name}"


def other_code(contract: Contract, pick: Random) -> str | None:
    _, error = pick.choice(groups(contract, "error"))
    error.code += 500
    return f"{error.name} has the code {error.code}"


def exchange_codes(contract: Contract, pick: Random) -> str | None:
    one_, other = pick.sample(contract.main.groups("error"), 2)
    one_.code, other.code = other.code, one_.code
    return f"{one_.name} and {other.name} have each other's codes"


def toggle_retryable(contract: Contract, pick: Random) -> str | None:
    _, error = pick.choice(groups(contract, "error"))
    error.retryable = not error.retryable
    return f"{error.name} retryable: {error.retryable}"


def rename_declaration(contract: Contract, pick: Random) -> str | None:
    package = pick.choice(contract.packages())
    found = pick.choice(_types(package))
    was = found.name
    found.name = f"{was}Now"
    _point(package, was, found.name)
    if package is contract.shared:
        _point(contract.main, f"shared.{was}", f"shared.{found.name}")
    return f"{was} is called {found.name}"


def move_to_import(contract: Contract, pick: Random) -> str | None:
    """An enum or a struct of scalars moves to the imported package."""
    own = {it.name for it in _types(contract.main)}
    fit = [
        it
        for it in contract.main.groups("enum", "struct", "error")
        if not any(_mentions(it, name) for name in own) and not _mentions_import(it)
    ]
    found = one(pick, fit)
    if found is None:
        return None
    contract.main.declarations.remove(found)
    contract.shared.declarations.append(found)
    _point(contract.main, found.name, f"shared.{found.name}")
    return f"{found.name} moved to the import"


def copy_struct(contract: Contract, pick: Random) -> str | None:
    """Some uses of a struct or an enum get one of their own that is the same."""
    found = pick.choice(contract.main.groups("struct", "enum"))
    uses = [it for it in contract.types() if it.name == found.name]
    if not uses or any(it.name == f"{found.name}Copy" for _, it in groups(contract, found.kind)):
        return None
    copied = deepcopy(found)
    copied.name = f"{found.name}Copy"
    contract.main.declarations.append(copied)
    pick.choice(uses).name = copied.name
    return f"a use of {found.name} is one of {copied.name}"


def drop_unused(contract: Contract, pick: Random) -> str | None:
    used = {it.name for it in contract.types()}
    raised = {it.name for method in contract.methods() for it in method.raises}
    unused = [it for it in _types(contract.main) if it.name not in used | raised]
    found = one(pick, unused)
    if found is None:
        return None
    contract.main.declarations.remove(found)
    return f"removed {found.name}, which nobody used"


def add_unused(contract: Contract, pick: Random) -> str | None:
    if any(it.name == "Idle" for it in contract.main.aliases()):
        return None
    since = grown(contract, contract.main)
    contract.main.declarations.append(Alias("Idle", Type("int"), since=since))
    return "added Idle, which nobody uses"


def _types(package: Package) -> list[Alias | Group]:
    return [*package.groups("struct", "enum", "union", "error"), *package.aliases()]


def _mentions(group: Group, name: str) -> bool:
    types = [it.type for it in group.members if it.type]
    return (
        any(part.name == name for it in types for part in it.parts())
        or any("limit" in part.limits.values() for it in types for part in it.parts())
        or any(it.default == "limit" for it in group.members)
    )


def _mentions_import(group: Group) -> bool:
    types = [it.type for it in group.members if it.type]
    return any("." in part.name for it in types for part in it.parts())


def _point(package: Package, was: str, now: str) -> None:
    """Let every use of a name in a package be one of another name."""
    for type_ in package.types():
        if type_.name == was:
            type_.name = now
    for service in package.services():
        for method in service.methods:
            for raised in method.raises:
                raised.name = now if raised.name == was else raised.name


EDITS: tuple[Edit, ...] = (
    add_value, add_value, add_variant, add_variant, remove_choice, rename_choice, rewire_choice,
    reorder_choices, exchange_choices, other_struct, toggle_closed, toggle_closed, raise_more,
    raise_new, raise_less, other_code, exchange_codes, toggle_retryable, rename_declaration,
    move_to_import, copy_struct, drop_unused, add_unused,
)  # fmt: skip
