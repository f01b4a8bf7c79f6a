"""The processes of a fleet: those of its servers, those of its clients, asked all at once."""

import math
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Protocol

from benchmarks.lines import Line
from benchmarks.processes import Process
from benchmarks.roster import HERE, Road, Role, Subject
from benchmarks.subject import Place


class Crew(Protocol):
    """What lives in one of the processes."""

    async def do(self, line: Line) -> Line:
        """Do what a line says, and return what there is to say."""
        ...


class Crews:
    """All processes of a kind; the lines that they are told reach all of them at once."""

    def __init__(self, processes: list[Process], threads: ThreadPoolExecutor) -> None:
        self._processes, self._threads = processes, threads

    def ask(self, line: Mapping[str, object], within: float) -> list[Line]:
        """Return what each of them answers. Raises SubjectError."""
        return list(self._threads.map(lambda it: it.ask(line, within), self._processes))


@contextmanager
def crews(kind: str, count: int, each: int, url: str, folder: Path) -> Iterator[Crews]:
    """Give processes that hold `count` of a kind together, at most `each` in one."""
    with ExitStack() as held:
        processes = [
            held.enter_context(_process(kind, size, url, folder / f"{kind}-{number}"))
            for number, size in enumerate(shares(count, each))
        ]
        for process in processes:
            process.ready()
        yield Crews(processes, held.enter_context(ThreadPoolExecutor(len(processes))))


def shares(count: int, each: int) -> list[int]:
    """Return how many are in each process, as evenly as may be."""
    processes = math.ceil(count / each)
    return [count // processes + (number < count % processes) for number in range(processes)]


def subject(kind: str) -> Subject:
    """Return what a process of a kind imports."""
    return Subject(
        f"fleet-{kind}",
        kind,
        Road.BROKER,
        Role.OURS,
        HERE,
        is_async=True,
        scheme="amqp",
        room="benchmarks.fleet",
    )


def _process(kind: str, size: int, url: str, folder: Path) -> Process:
    folder.mkdir()
    return Process("fleet.member", subject(kind), Place(url, size), folder)
