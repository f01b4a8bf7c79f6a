"""Pairs written by hand, and those that random ones found: the proof sees what happens to them.

Each file has both contracts and, in `# wire:`, whether all values get through. A file of the new
contract that is not there is the old one.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.proof.conversation import Conversation
from tests.proof.failures import Failure
from tests.proof.judge import ALL, COMPATIBLE, HUNT, Judged, is_on_the_wire, judged
from tests.proof.line import Ends
from tests.proof.sides import Compiler, imported

CORPUS = sorted((Path(__file__).parent / "corpus").glob("*.txt"))


@dataclass(frozen=True, slots=True)
class Known:
    """One file."""

    fails: bool
    was: Mapping[str, str]
    now: Mapping[str, str]


@pytest.mark.parametrize("path", CORPUS, ids=lambda it: it.stem)
def test_what_gets_through_is_known(path: Path, tmp_path: Path) -> None:
    known = _read(path)

    told = [it.text() for it in _failures(known, tmp_path)]
    assert bool(told) == known.fails, told


@pytest.mark.parametrize("path", CORPUS, ids=lambda it: it.stem)
def test_the_rules_say_what_happens(path: Path, tmp_path: Path) -> None:
    known = _read(path)
    found = _judged(known, tmp_path)

    told = [f"{it.severity} {it.rule}: {it.path}" for it in found.changes]
    assert not (known.fails and found.verdict in COMPATIBLE), told
    assert known.fails or not is_on_the_wire(found.changes), told


def _failures(known: Known, folder: Path) -> Sequence[Failure]:
    compiler = Compiler(folder)
    was, now = compiler.compile(known.was), compiler.compile(known.now)
    with imported(was) as one, imported(now) as other:
        ends = Ends(one, other, is_late=False)
        said = Conversation(ends=ends, seed="", tries=HUNT, edges=ALL, all_methods=True)
        return asyncio.run(said.held()).failures


def _judged(known: Known, folder: Path) -> Judged:
    compiler = Compiler(folder)
    was, now = compiler.compile(known.was), compiler.compile(known.now)
    with imported(was) as one, imported(now) as other:
        return asyncio.run(judged(one, other, "corpus", all_methods=True))


def _read(path: Path) -> Known:
    head, *parts = path.read_text(encoding="utf-8").split("=== ")
    texts = dict(it.split("\n", 1) for it in parts)
    was, now = (
        {name.partition("/")[2]: text for name, text in texts.items() if name.startswith(side)}
        for side in ("was/", "now/")
    )
    assert ("# wire: fails" in head) != ("# wire: works" in head), "the file says which"
    return Known("# wire: fails" in head, was, {**was, **now})
