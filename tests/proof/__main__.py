"""`python -m tests.proof --pairs 20000 --seed 7`: prove the rules of change by the wire."""

import argparse
import asyncio
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.proof.run import run
from tests.proof.tally import Tally


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 0 where the rules tell what happens, 1 where they do not."""
    parser = argparse.ArgumentParser(prog="python -m tests.proof", description=__doc__)
    parser.add_argument("--pairs", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", type=Path, help="a folder for the pairs that are wrong")
    given = parser.parse_args(arguments)
    began = time.monotonic()
    tally = asyncio.run(run(given.pairs, given.seed, _progress(given.pairs)))
    wrong = [*tally.wrong()]
    print(tally.text(time.monotonic() - began))
    if given.write is not None:
        given.write.mkdir(parents=True, exist_ok=True)
        for number, text in enumerate(wrong):
            (given.write / f"{number:03}.txt").write_text(text, encoding="utf-8")
    return 1 if wrong or tally.missing() else 0


def _progress(pairs: int) -> Callable[[Tally], None]:
    def show(tally: Tally) -> None:
        if sys.stderr.isatty():
            wrong = tally.false_compatible.counts.total()
            sys.stderr.write(f"\r{tally.pairs:,} of {pairs:,} pairs, false compatible: {wrong} ")

    return show


if __name__ == "__main__":
    sys.exit(main())
