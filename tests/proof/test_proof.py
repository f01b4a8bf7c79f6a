"""The rules of change tell what happens on the wire: a thousand random pairs say so.

`RPCGEN_PAIRS` and `RPCGEN_SEED` ask for more or others; `make proof` takes 20,000, and shows
progress.
"""

import asyncio
import os
import time

from tests.proof.run import run
from tests.proof.tally import Tally

PAIRS, SEED = "RPCGEN_PAIRS", "RPCGEN_SEED"


def test_what_the_rules_say_of_a_change_is_what_happens_on_the_wire() -> None:
    pairs, seed = int(os.environ.get(PAIRS, "1000")), int(os.environ.get(SEED, "1"))
    began = time.monotonic()
    tally = asyncio.run(run(pairs, seed, _ignore))
    print(tally.text(time.monotonic() - began))
    wrong = [*tally.wrong()]

    assert not wrong, "\n".join(wrong)
    assert tally.pairs >= pairs
    assert not tally.missing()


def _ignore(_: Tally) -> None:
    """Nobody watches."""
