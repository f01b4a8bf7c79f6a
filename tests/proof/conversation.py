"""One conversation between two sides, from the opened line to what failed."""

from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass
from itertools import count
from random import Random

from tests.proof.failures import Failure
from tests.proof.line import Ends, open_line
from tests.proof.pools import hints_of
from tests.proof.talk import Talk
from tests.proof.values import Values

_NUMBERS = count()


@dataclass(frozen=True, slots=True)
class Said:
    """What became of a conversation."""

    failures: Sequence[Failure]
    """The first one of each method, part and form."""
    exchanged: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """What is to be said."""

    ends: Ends
    seed: str
    tries: int
    """Values for each method and direction."""
    url: str | None = None
    """Where the server is; within this process where nothing is said."""
    edges: int = 0
    """Values at the limits of both contracts, the same way."""
    all_methods: bool = False
    """Whether methods are tried that are the same on both sides."""
    is_one_enough: bool = False
    """Whether the first failure ends it."""

    async def held(self) -> Said:
        """Hold it. Raises ValueError for what a server cannot serve."""
        hints = hints_of([*self.ends.client.packages, *self.ends.server.packages])
        found: dict[tuple[str, str, str], Failure] = {}
        async with open_line(self.ends, self.url or f"memory://proof-{next(_NUMBERS)}") as line:
            talk = Talk(
                line=line,
                client=Values(Random(f"{self.seed} client"), hints),
                server=Values(Random(f"{self.seed} server"), hints),
                tries=self.tries,
                edges=self.edges,
                is_late=self.ends.is_late,
                has_strangers=self.url is None and not self.ends.is_late,
                newest=self.ends.server.minors(),
            )
            async with aclosing(talk.failures(all_methods=self.all_methods)) as failures:
                async for it in failures:
                    found.setdefault((it.method, it.part, it.form), it)
                    if self.is_one_enough:
                        break
            return Said([*found.values()], talk.exchanged)
