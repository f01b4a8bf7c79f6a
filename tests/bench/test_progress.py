"""The bar is for terminals, and is gone in the end; what fails stays to be read."""

import io

from benchmarks.progress import Progress
from benchmarks.results import Cell, Failed, Figures, Result
from benchmarks.work import Work

CELL = Cell(Work.ADD, 32)
RESULTS = [
    Result(0, "http-async", CELL, Figures(1.0, 1.0, 1.0, 1.0, 1)),
    Result(0, "zerorpc", CELL, Failed("stalled")),
]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def told(out: io.StringIO) -> list[str]:
    progress = Progress(len(RESULTS), out)
    for it in RESULTS:
        progress.tell(it)
    progress.close()
    return out.getvalue().split("\r\x1b[K")


def test_a_terminal_sees_how_far_it_is() -> None:
    first, half, failure, full, last = told(Terminal())
    assert (first, last) == ("", "")
    assert half.startswith("[############            ] 0 min left, http-async add 32")
    assert failure == "zerorpc add 32: stalled\n"
    assert full.startswith("[########################] 0 min left, zerorpc add 32")


def test_a_file_sees_nothing() -> None:
    assert told(io.StringIO()) == [""]
