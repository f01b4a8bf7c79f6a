"""mypy refuses code that a change of its contract breaks, and takes what an addition leaves whole."""

from collections.abc import Mapping, Sequence

import pytest

from tests.export.held import hold
from tests.typing.cases import Case, checked, read

BREAKS, ADDITIONS = read("breaks"), read("additions")
Said = Mapping[tuple[str, str], Sequence[str]]


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> Said:
    """What mypy says of each case, before and after."""
    return checked([*BREAKS, *ADDITIONS], tmp_path_factory.mktemp("cases"))


def name_of(case: Case) -> str:
    return case.name


@pytest.mark.parametrize("case", [*BREAKS, *ADDITIONS], ids=name_of)
def test_the_code_is_right_before_the_change(case: Case, said: Said) -> None:
    assert said.get(("before", case.name), []) == []


@pytest.mark.parametrize("case", BREAKS, ids=name_of)
def test_a_break_is_refused_with_the_words_of_the_corpus(case: Case, said: Said) -> None:
    told = said.get(("after", case.name), [])
    hold(case.path, case.text(told))
    assert any(": error: " in f": {it}" for it in told)


@pytest.mark.parametrize("case", ADDITIONS, ids=name_of)
def test_an_addition_leaves_the_code_right(case: Case, said: Said) -> None:
    assert said.get(("after", case.name), []) == []
    assert "says" not in case.parts


def test_each_case_has_a_name_of_its_own() -> None:
    names = [it.name for it in (*BREAKS, *ADDITIONS)]
    assert len(set(names)) == len(names)
