"""What is kept breaks no promise, and what the targets run over is as it should be."""

from random import Random

import pytest

from rpcgen.language.words import KEYWORDS
from tests.fuzz.contracts import files_in
from tests.fuzz.kept import MAX_BYTES, MAX_FILES, inputs, name_of, size_of
from tests.fuzz.mutations import changed
from tests.fuzz.targets import TARGETS
from tests.fuzz.words import DICTIONARIES, words

LEAST = 15
"""Inputs of one target."""


@pytest.mark.parametrize("target", TARGETS)
def test_what_is_kept_breaks_no_promise(target: str) -> None:
    for file in inputs(target):
        try:
            TARGETS[target](file.read_bytes())
        except Exception as error:
            raise AssertionError(f"{target}/{file.name}: {error!r}") from error


@pytest.mark.parametrize("target", TARGETS)
def test_what_is_kept_is_small_and_named_by_its_content(target: str) -> None:
    count, size = size_of(target)
    assert LEAST <= count <= MAX_FILES
    assert size <= MAX_BYTES
    assert [it.name for it in inputs(target)] == [name_of(it.read_bytes()) for it in inputs(target)]


def test_the_dictionary_of_contracts_has_every_keyword() -> None:
    assert {it.encode() for it in KEYWORDS} <= set(words("contract"))


def test_every_target_has_a_dictionary() -> None:
    assert DICTIONARIES.keys() == TARGETS.keys()
    assert {it.name for it in DICTIONARIES["url"].parent.iterdir()} == {
        it.name for it in DICTIONARIES.values()
    }


def test_words_are_read_from_their_escapes() -> None:
    assert b'"\\ud800"' in words("contract")
    assert b"\xff" in words("contract")


def test_an_input_may_hold_several_files() -> None:
    assert files_in(b"x\n--- b.rpc\ny\n--- c.rpc\n") == {
        "a.rpc": b"x\n",
        "b.rpc": b"y\n",
        "c.rpc": b"",
    }


def test_changes_are_many_and_come_from_the_seed_alone() -> None:
    data = b'{"jsonrpc":"2.0","id":1,"method":"a","params":[1,{"a":"b"}]}'
    found = [changed(data, Random(it), words("envelope"), b",") for it in range(100)]
    assert found == [changed(data, Random(it), words("envelope"), b",") for it in range(100)]
    assert len(set(found)) > 80


@pytest.mark.parametrize("data", [b"", b"{", b"]}", b'"', b"\xff\0", b",\n,"])
def test_whatever_is_changed_stays_bytes(data: bytes) -> None:
    for seed in range(200):
        assert isinstance(changed(data, Random(seed), words("contract"), b"\n"), bytes)
