"""Members of then beside members of now: by their names, else by what they are called on the wire.

Pure.
"""

from collections.abc import Callable, Iterator, Sequence
from operator import attrgetter
from typing import Protocol, TypeVar


class Member(Protocol):
    """What has a name in Python and one on the wire."""

    name: str
    wire: str


M = TypeVar("M", bound=Member)


def pairs_of(
    was: Sequence[M], now: Sequence[M], wire: Callable[[M], str] = attrgetter("wire")
) -> Iterator[tuple[M | None, M | None]]:
    """Yield each member beside what it has become; None stands for what is not there."""
    after = {it.name: it for it in now}
    names = {it.name for it in was}
    by_wire = {wire(it): it for it in now if it.name not in names}
    taken: set[str] = set()
    for member in was:
        found = after.get(member.name) or by_wire.get(wire(member))
        if found is not None:
            taken.add(found.name)
        yield member, found
    yield from ((None, it) for it in now if it.name not in taken)
