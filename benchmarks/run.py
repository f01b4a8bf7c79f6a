"""A whole run: every subject takes its turn at a cell, then at the next one; round after round.

So what is compared was measured within seconds, and a machine's drift cancels.
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.environments import prepare
from benchmarks.pair import Settings, started
from benchmarks.places import Places
from benchmarks.results import Cell, Result
from benchmarks.roster import Road, Subject
from benchmarks.stand import Stand, Start
from benchmarks.work import Work
from tests.broker.node import Node

Versions = dict[str, dict[str, str]]
"""What is installed where each subject runs."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured of whom, and how often."""

    subjects: Sequence[Subject]
    cells: Sequence[Cell]
    rounds: int
    settings: Settings

    @property
    def size(self) -> int:
        """Return how many results there will be."""
        return self.rounds * sum(it.does(cell.work) for it in self.subjects for cell in self.cells)


def cells(works: Sequence[Work], callers: Sequence[int]) -> list[Cell]:
    """Return every work with every number of callers, in an order that needs few processes."""
    ordered = sorted(dict.fromkeys(works), key=lambda it: it.receivers)
    return [Cell(work, number) for work in ordered for number in dict.fromkeys(callers)]


def run(
    plan: Plan, results: list[Result], versions: Versions, tell: Callable[[Result], None]
) -> None:
    """Add every result to the list, in the order in which they are found."""
    prepare((it.environment for it in plan.subjects), is_uvloop=plan.settings.is_uvloop)
    with _starter(plan, versions) as starter:
        for number in range(plan.rounds):
            for receivers, alike in groupby(plan.cells, lambda it: it.work.receivers):
                stage = _Stage(list(alike), partial(starter, receivers), versions)
                # Closed, so that processes end here and not when the collector comes by.
                with closing(stage.turns(number, plan.subjects)) as turns:
                    for result in turns:
                        results.append(result)
                        tell(result)


@dataclass(frozen=True, slots=True)
class _Stage:
    """Where all subjects stand that have something to do in some cells."""

    cells: Sequence[Cell]
    starter: Callable[[Subject], Start]
    versions: Versions
    """Added to."""

    def turns(self, number: int, subjects: Sequence[Subject]) -> Generator[Result, None, None]:
        """Measure them in turn; every other round the other way round."""
        wanted = [it for it in subjects if any(it.does(cell.work) for cell in self.cells)]
        with ExitStack() as held:
            stands = {it: held.enter_context(closing(Stand(self.starter(it)))) for it in wanted}
            told = {it.name: stand.versions for it, stand in stands.items() if stand.versions}
            self.versions.update(told)
            for cell in self.cells:
                for subject in wanted if number % 2 == 0 else wanted[::-1]:
                    if subject.does(cell.work):
                        found = stands[subject].measure(cell)
                        yield Result(number, subject.name, cell, found)


@contextmanager
def _starter(plan: Plan, versions: Versions) -> Iterator[Callable[[int, Subject], Start]]:
    """Give what starts a subject with so many servers."""
    with ExitStack() as held:
        folder = Path(held.enter_context(TemporaryDirectory(prefix="rpcgen-bench-")))
        needs_node = any(it.road is Road.BROKER for it in plan.subjects)
        node = held.enter_context(Node(is_small=False)) if needs_node else None
        if node is not None:
            versions["node"] = {"RabbitMQ": node.ctl("version").strip()}
        places = Places(node)
        yield lambda receivers, subject: partial(
            started, subject, receivers, places, folder, plan.settings
        )
