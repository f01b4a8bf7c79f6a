"""The bar is for terminals, and is gone in the end; what fails stays to be read."""

import io

from benchmarks.growth.points import Point
from benchmarks.progress import Progress, Step
from benchmarks.results import Cell, Failed, Figures, Result
from benchmarks.work import Work

CELL = Cell(Work.ADD, 32)
STEPS: list[Step] = [
    Result(0, "http-async", CELL, Figures(1.0, 1.0, 1.0, 1.0, 1)),
    Result(0, "zerorpc", CELL, Failed("stalled")),
    Point("callers", "http", 100, 0, {"rate": 1.0}),
]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def told(out: io.StringIO) -> list[str]:
    progress = Progress(len(STEPS), out)
    for it in STEPS:
        progress.tell(it)
    progress.close()
    return out.getvalue().split("\r\x1b[K")


def test_a_terminal_sees_how_far_it_is() -> None:
    nothing, begins, first, failure, second, last, gone = told(Terminal())
    assert (nothing, gone) == ("", "")
    assert begins.endswith("] begins")
    assert first.startswith("[########                ] 0 min left, http-async add 32")
    assert failure == "zerorpc add 32: stalled\n"
    assert second.startswith("[################        ] 0 min left, zerorpc add 32")
    assert last.startswith("[########################] 0 min left, callers: http 100")


def test_a_file_sees_nothing() -> None:
    assert told(io.StringIO()) == [""]
