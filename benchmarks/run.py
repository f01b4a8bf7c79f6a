"""A whole run: rounds in which all subjects take their turn, so that a machine's drift cancels."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.environments import prepare
from benchmarks.pair import Settings
from benchmarks.places import Places
from benchmarks.results import Cell, Result
from benchmarks.roster import Road, Subject
from benchmarks.visit import Versions, Visits
from benchmarks.work import Work
from tests.broker.node import Node


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured of whom, and how often."""

    subjects: Sequence[Subject]
    cells: Sequence[Cell]
    rounds: int
    settings: Settings

    def cells_of(self, subject: Subject) -> list[Cell]:
        """Return what is measured of a subject."""
        return [it for it in self.cells if subject.does(it.work)]

    @property
    def size(self) -> int:
        """Return how many results there will be."""
        return self.rounds * sum(len(self.cells_of(it)) for it in self.subjects)


def cells(works: Sequence[Work], callers: Sequence[int]) -> list[Cell]:
    """Return every work with every number of callers, in an order that needs few processes."""
    ordered = sorted(dict.fromkeys(works), key=lambda it: it.receivers)
    return [Cell(work, number) for work in ordered for number in dict.fromkeys(callers)]


def run(
    plan: Plan, results: list[Result], versions: Versions, tell: Callable[[Result], None]
) -> None:
    """Add every result to the list, in the order in which they are found."""
    prepare((it.environment for it in plan.subjects), is_uvloop=plan.settings.is_uvloop)
    with _visits(plan, versions) as visits:
        for number in range(plan.rounds):
            for subject in plan.subjects:
                for result in _turn(visits, plan, number, subject):
                    results.append(result)
                    tell(result)


def _turn(visits: Visits, plan: Plan, number: int, subject: Subject) -> Iterator[Result]:
    # Closed, so that processes end here and not when the collector comes by.
    with closing(visits.visit(subject, plan.cells_of(subject))) as found:
        for cell, figures in found:
            yield Result(number, subject.name, cell, figures)


@contextmanager
def _visits(plan: Plan, versions: Versions) -> Iterator[Visits]:
    with ExitStack() as held:
        folder = Path(held.enter_context(TemporaryDirectory(prefix="rpcgen-bench-")))
        needs_node = any(it.road is Road.BROKER for it in plan.subjects)
        node = held.enter_context(Node()) if needs_node else None
        if node is not None:
            versions["node"] = {"RabbitMQ": node.ctl("version").strip()}
        yield Visits(Places(node), folder, plan.settings, versions)
