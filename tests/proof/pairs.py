"""Pairs of contracts: a random one, and the same after one to three edits. The same seed, the same.

A pair is told as text in full: both contracts and what was done between them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from tests.proof.contracts import Contract
from tests.proof.edits.all import EDITS
from tests.proof.edits.places import Edit
from tests.proof.made import made

VARIANTS = 8
"""Edited contracts for each random one: it is compiled once for all of them."""
_COUNTS = (1, 1, 1, 1, 1, 2, 2, 3)


@dataclass(frozen=True, slots=True)
class Step:
    """One edit with its own source of chance: it can be left out and the others stay the same."""

    edit: Edit
    seed: str


@dataclass(frozen=True, slots=True)
class Pair:
    """Two contracts."""

    name: str
    was: Mapping[str, str]
    now: Mapping[str, str]
    steps: Sequence[Step]
    done: Sequence[str]
    """What the edits did."""
    minors: tuple[int, int]
    """The minor of each."""

    def text(self) -> str:
        """Return it for people, and for a file of the corpus."""
        parts = [f"# {self.name}: {'; '.join(self.done)}"]
        parts += [f"=== was/{name}\n{text.strip()}" for name, text in self.was.items()]
        parts += [
            f"=== now/{name}\n{text.strip()}"
            for name, text in self.now.items()
            if text != self.was.get(name)
        ]
        parts += [f"=== now/{name}" for name in self.was.keys() - self.now.keys()]
        return "\n".join(parts) + "\n"


@dataclass(frozen=True, slots=True)
class Base:
    """A random contract and its edited ones."""

    contract: Contract
    name: str
    number: int

    def pairs(self) -> Iterator[Pair]:
        """Yield the pairs; those whose edits found no place are left out."""
        for variant in range(VARIANTS):
            name = f"{self.name}.{variant}"
            pick = Random(name)
            first = EDITS[(self.number * VARIANTS + variant) % len(EDITS)]
            edits = [first, *pick.choices(EDITS, k=pick.choice(_COUNTS) - 1)]
            steps = [Step(it, f"{name} {at}") for at, it in enumerate(edits)]
            found = edited(self.contract, steps, name)
            if found is not None:
                yield found


def bases(seed: int) -> Iterator[Base]:
    """Yield contracts without end."""
    number = 0
    while True:
        yield Base(made(f"{seed} {number}"), f"{seed}.{number}", number)
        number += 1


def edited(contract: Contract, steps: Sequence[Step], name: str) -> Pair | None:
    """Return the pair that these edits make, or None where they change nothing."""
    changed = contract.copy()
    done = [said for it in steps if (said := it.edit(changed, Random(it.seed))) is not None]
    was, now = contract.files(), changed.files()
    if was == now:
        return None
    return Pair(name, was, now, steps, done, (contract.main.minor, changed.main.minor))
