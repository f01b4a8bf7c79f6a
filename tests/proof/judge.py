"""One pair judged twice: by the rules of change, and by what gets through between both sides."""

from collections.abc import Sequence
from dataclasses import dataclass

from rpcgen.contract.changes import Change, verdict
from rpcgen.contract.compare import compare
from rpcgen.contract.rules import RULES
from tests.proof.conversation import Conversation, Said
from tests.proof.expected import AHEAD
from tests.proof.failures import Failure
from tests.proof.line import Ends
from tests.proof.sides import Side

COMPATIBLE = ("none", "note", "minor")
TRIES = 6
"""Values for each method and direction."""
EDGES = 12
"""Values at the limits of both contracts."""
ALL = 10_000
"""All of them."""
HUNT = 50
"""The same, where a failing value must be found; the edges of both contracts come on top."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What both judges say."""

    changes: Sequence[Change]
    failures: Sequence[Failure]
    """Between the old client and the new server."""
    late: Sequence[Failure]
    """Between the new client and the old server; looked for where old clients are served."""
    own: Sequence[Failure]
    """Within one contract: what no comparison is to blame for."""
    exchanged: int

    @property
    def verdict(self) -> str:
        """Return what the rules say."""
        return verdict(self.changes)

    @property
    def rules(self) -> list[str]:
        """Return the rules that decide."""
        return sorted({it.rule for it in self.changes if it.severity == self.verdict})


async def judged(was: Side, now: Side, seed: str, *, all_methods: bool = False) -> Judged:
    """Return both judgements of a pair."""
    changes = compare(was.packages, now.packages)
    old = await _met(was, now, seed, changes, all_methods=all_methods)
    if verdict(changes) not in COMPATIBLE:
        return Judged(changes, old.failures, [], [], old.exchanged)
    ends = Ends(now, was, is_late=True)
    conversation = Conversation(ends=ends, seed=seed, tries=TRIES, all_methods=all_methods)
    late = await conversation.held()
    is_surprise = old.failures or (late.failures and not is_ahead(changes))
    own = [it for side in (was, now) if is_surprise for it in await _alone(side, seed)]
    exchanged = old.exchanged + late.exchanged
    return Judged(changes, old.failures, late.failures, own, exchanged)


def is_ahead(changes: Sequence[Change]) -> bool:
    """Whether what serves old clients is known to fail between new clients and old servers."""
    return any(it.rule in AHEAD for it in changes)


def is_on_the_wire(changes: Sequence[Change]) -> bool:
    """Whether a rule that speaks of the wire says that a peer fails."""
    new = {it.path.rpartition(".")[2] for it in changes if it.rule == "method-added"}
    return any(
        it.severity == "break" and RULES[it.rule].judges == "wire" and not _has_moved(it, new)
        for it in changes
    )


def _has_moved(change: Change, new: set[str]) -> bool:
    """Whether a method went to another service: one server that has both is reached by its bare name.

    Through a broker it is not: there the service's Target is in the way.
    """
    return change.rule == "method-removed" and change.path.rpartition(".")[2] in new


async def _met(
    was: Side, now: Side, seed: str, changes: Sequence[Change], *, all_methods: bool
) -> Said:
    """Let the old client meet the new server; longer where they should fail and do not."""
    ends, is_break = Ends(was, now, is_late=False), verdict(changes) == "break"
    said = await Conversation(
        ends=ends,
        seed=seed,
        tries=TRIES,
        edges=0 if is_break else EDGES,
        all_methods=all_methods,
        is_one_enough=is_break,
    ).held()
    if said.failures or not is_on_the_wire(changes):
        return said
    more = await Conversation(
        ends=ends, seed=seed, tries=HUNT, edges=ALL, is_one_enough=True
    ).held()
    return Said(more.failures, said.exchanged + more.exchanged)


async def _alone(side: Side, seed: str) -> Sequence[Failure]:
    """Return what a side does not tell itself."""
    said = await Conversation(
        ends=Ends(side, side, is_late=False), seed=seed, tries=HUNT, edges=EDGES, all_methods=True
    ).held()
    return said.failures
