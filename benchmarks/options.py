"""The options of `python -m benchmarks`."""

import argparse
import math
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from benchmarks.roster import SUBJECTS
from benchmarks.work import Work

T = TypeVar("T")
N = TypeVar("N", int, float)


def parser() -> argparse.ArgumentParser:
    """Return what reads them; a mistake ends the program with exit code 2."""
    found = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure us, our peers and what lies below, side by side.",
        epilog=f"Subjects: {' '.join(it.name for it in SUBJECTS)}. "
        "Exit codes: 0 done, 1 one of ours failed, 2 wrong usage, 130 stopped by Ctrl-C.",
    )
    works = ",".join(it.value for it in Work)
    found.add_argument("--only", nargs="+", default=[], metavar="NAME", help="default: all")
    found.add_argument("--rounds", type=_above(int), default=7, help="default: 7")
    found.add_argument("--seconds", type=_above(float), default=0.4, help="of a turn; default: 0.4")
    found.add_argument("--work", type=_listed(_work), default=list(Work), help=f"default: {works}")
    found.add_argument(
        "--callers",
        type=_listed(_above(int)),
        default=[1, 16, 32, 256],
        help="default: 1,16,32,256",
    )
    found.add_argument(
        "--patience",
        type=_above(float),
        default=60.0,
        help="seconds after which a subject has stalled; default: 60",
    )
    found.add_argument("--json", type=_file, metavar="FILE", help="write every round there")
    found.add_argument("--plot", type=_folder, metavar="DIR", help="draw PNG and SVG there")
    found.add_argument("--uvloop", action="store_true", help="under all that is asynchronous")
    return found


def _above(kind: type[N]) -> Callable[[str], N]:
    def number(text: str) -> N:
        with suppress(ValueError):
            if 0 < (value := kind(text)) < math.inf:
                return value
        raise argparse.ArgumentTypeError(f"`{text}` is not a number above 0")

    return number


def _work(text: str) -> Work:
    try:
        return Work(text)
    except ValueError:
        known = " ".join(it.value for it in Work)
        raise argparse.ArgumentTypeError(f"no work `{text}`; there are: {known}") from None


def _listed(kind: Callable[[str], T]) -> Callable[[str], list[T]]:
    def items(text: str) -> list[T]:
        return [kind(it) for it in text.split(",")]

    return items


def _file(text: str) -> Path:
    path = Path(text)
    _folder(str(path.parent))
    return path


def _folder(text: str) -> Path:
    path = Path(text)
    if not path.is_dir():
        raise argparse.ArgumentTypeError(f"there is no folder `{path}`")
    return path
