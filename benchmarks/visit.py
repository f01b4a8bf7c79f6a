"""One visit to a subject: every cell that is wanted of it, with new processes after a failure."""

from collections import deque
from collections.abc import Generator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from benchmarks.pair import Pair, Settings, StartError, started
from benchmarks.places import Places
from benchmarks.processes import SubjectError
from benchmarks.results import Cell, Failed, Found
from benchmarks.roster import Subject

Versions = dict[str, dict[str, str]]
"""What is installed where each subject runs."""


@dataclass(frozen=True, slots=True)
class Visits:
    """How visits are made, the same for all subjects."""

    places: Places
    folder: Path
    """For what the processes say."""
    settings: Settings
    versions: Versions
    """Added to."""

    def visit(
        self, subject: Subject, cells: Sequence[Cell]
    ) -> Generator[tuple[Cell, Found], None, None]:
        """Measure cells of one subject."""
        for receivers, alike in groupby(cells, lambda it: it.work.receivers):
            yield from self._measured(subject, receivers, deque(alike))

    def _measured(
        self, subject: Subject, receivers: int, left: deque[Cell]
    ) -> Generator[tuple[Cell, Found], None, None]:
        while left:
            try:
                with self._started(subject, receivers) as pair:
                    self.versions.setdefault(subject.name, pair.versions)
                    while left:
                        found = pair.measure(left[0])
                        yield left.popleft(), found
            except StartError as error:
                yield from ((it, Failed(str(error))) for it in left)
                return
            except SubjectError as error:
                yield left.popleft(), Failed(str(error))

    def _started(self, subject: Subject, receivers: int) -> AbstractContextManager[Pair]:
        return started(subject, receivers, self.places, self.folder, self.settings)
