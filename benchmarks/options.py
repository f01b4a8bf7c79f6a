"""The options of `python -m benchmarks`."""

import argparse

from benchmarks.arguments import folder, listed, new_file, positive
from benchmarks.roster import SUBJECTS
from benchmarks.work import Work


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
    found.add_argument("--rounds", type=positive(int), default=5, help="default: 5")
    found.add_argument(
        "--seconds", type=positive(float), default=0.4, help="of a turn; default: 0.4"
    )
    found.add_argument("--work", type=listed(_work), default=list(Work), help=f"default: {works}")
    found.add_argument(
        "--callers",
        type=listed(positive(int)),
        default=[1, 16, 32, 256],
        help="default: 1,16,32,256",
    )
    found.add_argument(
        "--patience",
        type=positive(float),
        default=60.0,
        help="seconds after which a subject has stalled; default: 60",
    )
    found.add_argument("--json", type=new_file, metavar="FILE", help="write every round there")
    found.add_argument("--plot", type=folder, metavar="DIR", help="draw PNG and SVG there")
    found.add_argument("--uvloop", action="store_true", help="under all that is asynchronous")
    return found


def _work(text: str) -> Work:
    try:
        return Work(text)
    except ValueError:
        known = " ".join(it.value for it in Work)
        raise argparse.ArgumentTypeError(f"no work `{text}`; there are: {known}") from None
