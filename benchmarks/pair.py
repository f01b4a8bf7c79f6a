"""The server and the client of one subject, at a place of their own, and what they are asked."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.environments import NotInstalledError
from benchmarks.measure import Sample
from benchmarks.places import Places
from benchmarks.processes import Process, SubjectError
from benchmarks.results import Cell, Figures
from benchmarks.roster import Road, Subject
from benchmarks.subject import Place, Tally

COUNTING = 0.02
"""Seconds between two questions how much has arrived."""


class StartError(SubjectError):
    """A subject could not be started; asking for something else is in vain."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How every subject is measured."""

    seconds: float
    """For each cell."""
    patience: float
    """How much later than that an answer may come."""
    is_uvloop: bool


@dataclass(frozen=True, slots=True)
class Pair:
    """Two processes that run; where messages do not leave a process there is no server."""

    server: Process | None
    client: Process
    settings: Settings
    versions: dict[str, str]
    """What is installed where the client runs."""

    def measure(self, cell: Cell) -> Figures:
        """Return what the client measured, once it was answered right. Raises SubjectError."""
        patience = self.settings.patience
        if cell.work.is_answered:
            self.client.ask({"check": cell.work.value}, patience)
        before = self._tally()
        load = {
            "work": cell.work.value,
            "callers": cell.callers,
            "seconds": self.settings.seconds,
        }
        # The warm-up and the last answers take their time, too.
        found = Sample(**self.client.ask(load, 2 * self.settings.seconds + patience))
        if cell.work.is_answered:
            return _figures(found, found.seconds, self._tally().cpu - before.cpu)
        after = self._arrived(before.heard, found.calls * cell.work.receivers)
        return _figures(found, after.last - found.begun, after.cpu - before.cpu)

    def _arrived(self, before: int, wanted: int) -> Tally:
        """Return the tally once all messages have arrived."""
        patient_until = time.monotonic() + self.settings.seconds + self.settings.patience
        while (tally := self._tally()).heard - before < wanted:
            if time.monotonic() > patient_until:
                raise SubjectError(f"stalled: {tally.heard - before} of {wanted} messages arrived")
            time.sleep(COUNTING)
        return tally

    def _tally(self) -> Tally:
        told = (self.server or self.client).ask({"tally": True}, self.settings.patience)
        # What the client's process used is in what it measured.
        return Tally(**(told if self.server else {**told, "cpu": 0.0}))


@contextmanager
def started(
    subject: Subject, receivers: int, places: Places, folder: Path, settings: Settings
) -> Iterator[Pair]:
    """Give the two processes of a subject. Raises StartError."""
    with ExitStack() as held:
        url = held.enter_context(places.place(subject, receivers))
        place = Place(url, receivers, settings.is_uvloop and subject.is_async)
        try:
            server = None
            if subject.road is not Road.MEMORY:
                server = held.enter_context(Process("server", subject, place, folder))
                server.ready()
            client = held.enter_context(Process("client", subject, place, folder))
            versions = client.ready()["ready"]
        except (SubjectError, NotInstalledError) as error:
            raise StartError(str(error)) from error
        yield Pair(server, client, settings, versions)


def _figures(found: Sample, seconds: float, server_cpu: float) -> Figures:
    cpu_us = 1e6 * (found.cpu + server_cpu) / found.all_calls
    return Figures(found.calls / seconds, found.p50_ms, found.p99_ms, cpu_us, found.calls)
