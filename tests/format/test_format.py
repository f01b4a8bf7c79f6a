"""Layout changes how a file looks and nothing else, whatever the file looked like before.

`RPCGEN_REFRESH=1` rewrites the expectations, and fails the run so that somebody reads them.
"""

import os
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rpcgen.language import syntax
from rpcgen.language.format import formatted
from rpcgen.language.load import MAX_FILE_BYTES
from rpcgen.language.parse import Parser
from tests.format.disorder import disordered
from tests.format.same import meaning, owned_comments, parsed, without_mistakes
from tests.python.random_contracts import Maker

CORPUS = Path(__file__).parent / "corpus"
ROOT = Path(__file__).parents[2]
SECONDS = 10
"""For a quarter of the largest file there may be, on a machine that does other things too."""


@pytest.fixture(scope="module")
def right_files(parser: Parser) -> list[syntax.File]:
    """Every file of the repository that has no mistakes in its syntax."""
    paths = [
        it for name in ("idl", "examples", "tests", "docs") for it in (ROOT / name).rglob("*.rpc")
    ]
    texts = [it.read_bytes().decode("utf-8", "replace").replace("\r\n", "\n") for it in paths]
    return [it for text in texts if (it := parsed(text, parser)) is not None]


def check(file: syntax.File, parser: Parser) -> None:
    """Hold layout against its promises."""
    text = formatted(file)
    again = without_mistakes(text, parser)
    assert meaning(again.items) == meaning(file.items), text
    assert owned_comments(again) == owned_comments(file), text
    assert formatted(again) == text


@pytest.mark.parametrize("path", sorted(CORPUS.glob("*.rpc")), ids=lambda it: it.stem)
def test_a_file_comes_out_as_the_one_beside_it(path: Path, parser: Parser) -> None:
    file = without_mistakes(path.read_text(encoding="utf-8"), parser)
    check(file, parser)
    expected = path.with_suffix(".laid-out")
    if os.environ.get("RPCGEN_REFRESH"):
        expected.write_text(formatted(file), encoding="utf-8")
        pytest.fail("expectation rewritten; read it, then run without RPCGEN_REFRESH")
    assert formatted(file) == expected.read_text(encoding="utf-8")


def test_every_file_of_the_repository_keeps_its_meaning_and_its_comments(
    parser: Parser, right_files: list[syntax.File]
) -> None:
    assert len(right_files) > 150
    for file in right_files:
        check(file, parser)


@settings(max_examples=30, deadline=None)
@given(contract=st.integers(0, 10_000), disorder=st.integers(0, 2**32))
def test_a_contract_in_disorder_keeps_its_meaning_and_its_comments(
    parser: Parser, contract: int, disorder: int
) -> None:
    file = without_mistakes(Maker(contract, "acme.made").text(), parser)
    check(without_mistakes(disordered(file, disorder), parser), parser)


@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_a_file_in_disorder_keeps_its_meaning_and_its_comments(
    parser: Parser, right_files: list[syntax.File], data: st.DataObject
) -> None:
    file = data.draw(st.sampled_from(right_files))
    # A mark that slips to another line may be told off; that is another test's subject.
    other = parsed(disordered(file, data.draw(st.integers(0, 2**32))), parser)
    if other is not None:
        check(other, parser)


def test_a_large_file_takes_seconds(parser: Parser) -> None:
    member = '  a_field_of_a_struct as "aField": list[str(min_length=1)]? since 1.1 # why\n'
    head, end = "package acme.large 1.1\nstruct Large {\n", "}\n"
    count = MAX_FILE_BYTES // 4 // len(member)
    file = without_mistakes(head + member * count + end, parser)
    began = time.monotonic()
    text = formatted(file)
    assert time.monotonic() - began < SECONDS
    assert text.count("# why") == count
