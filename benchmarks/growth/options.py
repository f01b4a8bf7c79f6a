"""The options of `python -m benchmarks.growth`."""

import argparse

from benchmarks.arguments import folder, new_file
from benchmarks.growth.roster import PARTS


def parser() -> argparse.ArgumentParser:
    """Return what reads them; a mistake ends the program with exit code 2."""
    found = argparse.ArgumentParser(
        prog="python -m benchmarks.growth",
        description="Measure what calls cost as there are more and larger ones.",
        epilog=f"Parts: {' '.join(it.name for it in PARTS)}. "
        "Exit codes: 0 done, 1 a measurement failed, 2 wrong usage, 130 stopped by Ctrl-C.",
    )
    found.add_argument("--only", nargs="+", default=[], metavar="NAME", help="default: all parts")
    found.add_argument(
        "--brief", action="store_true", help="one round of the first points, without a broker"
    )
    found.add_argument("--json", type=new_file, metavar="FILE", help="write every round there")
    found.add_argument("--plot", type=folder, metavar="DIR", help="draw PNG and SVG there")
    return found
