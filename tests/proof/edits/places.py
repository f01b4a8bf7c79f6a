"""Where an edit can be made: members, types and methods of a contract, picked at random.

An edit is a function that changes a contract in one place and says what it did, or returns None
where the contract has no such place. Whether the result is allowed the compiler says.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import TypeAlias, TypeVar

from tests.proof.contracts import Contract, Group, Member, Method, Package, Type

T = TypeVar("T")
Edit: TypeAlias = Callable[[Contract, Random], str | None]


@dataclass(frozen=True, slots=True)
class Place:
    """A list of fields or parameters, and whose it is."""

    package: Package
    owner: Group | Method
    members: list[Member]

    @property
    def is_method(self) -> bool:
        """Whether these are parameters."""
        return isinstance(self.owner, Method)

    def told(self, member: Member) -> str:
        """Return the name of a member for people."""
        return f"{self.owner.name}.{member.name}"


def one(pick: Random, found: Sequence[T]) -> T | None:
    """Return one of them, or None where there is none."""
    return pick.choice(found) if found else None


def places(contract: Contract) -> list[Place]:
    """Return where fields and parameters stand."""
    found = [
        Place(package, group, group.members)
        for package in contract.packages()
        for group in package.groups("struct", "error")
    ]
    return found + [Place(contract.main, it, it.params) for it in contract.methods()]


def fields(contract: Contract) -> list[tuple[Place, Member]]:
    """Return every field and parameter with where it stands."""
    return [(place, it) for place in places(contract) for it in place.members]


def typed(contract: Contract) -> list[tuple[Place, Member, Type]]:
    """Return every field and parameter with its type."""
    return [(place, it, it.type) for place, it in fields(contract) if it.type is not None]


def groups(contract: Contract, *kinds: str) -> list[tuple[Package, Group]]:
    """Return the declarations of these kinds, with their packages."""
    return [(package, it) for package in contract.packages() for it in package.groups(*kinds)]


def grown(contract: Contract, package: Package) -> int:
    """Return the minor of an addition; who imports a package grows with it."""
    contract.grown()
    return contract.grown(package)


def swap(pick: Random, items: list[T]) -> bool:
    """Exchange two neighbours; False where there are none."""
    if len(items) < 2:
        return False
    at = pick.randrange(len(items) - 1)
    items[at], items[at + 1] = items[at + 1], items[at]
    return True
