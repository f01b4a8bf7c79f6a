"""Edits that nobody should notice."""

from random import Random

from tests.proof.contracts import Const, Contract, Marked
from tests.proof.edits.places import Edit, fields, groups, one, swap


def document(contract: Contract, pick: Random) -> str | None:
    found = pick.choice([*contract.main.declarations, *contract.methods()])
    found.doc = "What it is."
    return f"documented {found.name}"


def document_member(contract: Contract, pick: Random) -> str | None:
    place, member = pick.choice([it for it in fields(contract) if not it[0].is_method])
    member.doc = "What it is."
    return f"documented {place.told(member)}"


def deprecate(contract: Contract, pick: Random) -> str | None:
    marked: list[Marked] = [*contract.methods(), *(it for _, it in fields(contract))]
    found = pick.choice(marked)
    found.is_deprecated = not found.is_deprecated
    return f"deprecated {found.name}: {found.is_deprecated}"


def reorder_declarations(contract: Contract, pick: Random) -> str | None:
    pick.shuffle(contract.main.declarations)
    return "reordered the declarations"


def reorder_fields(contract: Contract, pick: Random) -> str | None:
    _, group = pick.choice(groups(contract, "struct", "error"))
    return f"reordered {group.name}" if swap(pick, group.members) else None


def literal_for_constant(contract: Contract, pick: Random) -> str | None:
    found = one(pick, [it for it in contract.types() if "limit" in it.limits.values()])
    if found is None:
        return None
    found.limits = {name: "10" if it == "limit" else it for name, it in found.limits.items()}
    return f"a literal instead of `limit` in {found.text()}"


def change_constant(contract: Contract, pick: Random) -> str | None:
    """Not neutral where the constant bounds something."""
    const = next(it for it in contract.main.declarations if isinstance(it, Const))
    const.value = pick.choice(["10", "9", "12"])
    return f"{const.name} is {const.value}"


def add_constant(contract: Contract, pick: Random) -> str | None:
    contract.main.declarations.append(Const(f"more{pick.randint(0, 999)}", "int", "1"))
    return "added a constant"


def remove_constant(contract: Contract, pick: Random) -> str | None:
    spare = [it for it in contract.main.declarations if it.name == "spare"]
    for it in spare:
        contract.main.declarations.remove(it)
    return "removed a constant" if spare else None


def raise_minor(contract: Contract, pick: Random) -> str | None:
    contract.grown()
    return "a newer minor"


EDITS: tuple[Edit, ...] = (
    document, document_member, deprecate, reorder_declarations, reorder_fields,
    literal_for_constant, change_constant, add_constant, remove_constant, raise_minor,
)  # fmt: skip
