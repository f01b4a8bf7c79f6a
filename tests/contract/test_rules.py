"""Every rule of change has a page whose examples are what they claim to be, and a mirror."""

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from rpcgen.contract.changes import verdict
from rpcgen.contract.compare import compare, compared
from rpcgen.contract.rules import RULES, VERSION_RULES
from rpcgen.contract.versions import refusals
from rpcgen.language import model
from tests.contract.pages import OTHERS, WORDS, examples, pages
from tests.contract.states import Read

CORPUS = Path(__file__).parent / "corpus"

NEEDS_A_LEDGER = {"released-changed", "history-edited", "broken-ledger"}
"""Their examples are tried in test_ledger."""
HARMLESS = {"none", "note", "minor"}
WITHOUT_WAY_OUT = {
    "package-added": "harmless",
    "package-removed": "nothing in the file stands for a package that is gone",
    "broken-ledger": "is about files that nobody writes by hand",
}


def rule_of(page: Path) -> str:
    return page.stem


def states(page: Path, folder: Path, read: Read) -> list[list[model.Package]]:
    """Return the packages of each example, in the order of the page."""
    found = []
    for word, text in examples(page).items():
        path = folder / f"{word.lower()}.rpc"
        path.write_text(text, encoding="utf-8")
        found.append(read(path))
    return found


def rules_between(was: Sequence[model.Package], now: Sequence[model.Package]) -> set[str]:
    """Return the rules of all changes, and of what the versions do not allow."""
    found = compared(was, now)
    return {it.rule for it in found.changes} | {it.rule for it in refusals(was, now, found)}


def test_every_rule_has_a_page_and_every_page_a_rule() -> None:
    assert {it.stem for it in pages()} == {*RULES, *VERSION_RULES}


def test_a_rule_is_explained_in_one_place() -> None:
    assert {it.stem for it in pages()} & {it.stem for it in OTHERS.glob("*.md")} == set()


@pytest.mark.parametrize("page", pages(), ids=rule_of)
def test_a_page_begins_with_its_rule_and_what_it_comes_to(page: Path) -> None:
    lines = page.read_text(encoding="utf-8").splitlines()
    assert re.fullmatch(rf"# {page.stem}: [^A-Z].*[^.]", lines[0])
    assert max(len(it) for it in lines) <= 100
    if page.stem in RULES:
        rule = RULES[page.stem]
        assert lines[2] == f"Sent: {rule.request}. Given back: {rule.reply}."


@pytest.mark.parametrize("page", pages(), ids=rule_of)
def test_a_page_shows_what_was_and_is_and_what_to_do_instead(page: Path) -> None:
    found = tuple(examples(page))
    rule = RULES.get(page.stem)
    is_harmless = rule is not None and {rule.request, rule.reply} <= HARMLESS
    if page.stem == "broken-ledger":
        assert found == ()
    elif is_harmless or page.stem in WITHOUT_WAY_OUT:
        assert found == WORDS[:2]
    else:
        assert found == WORDS


@pytest.mark.parametrize("page", pages(), ids=rule_of)
def test_the_example_is_of_the_rule_and_the_way_out_is_allowed(
    page: Path, tmp_path: Path, read: Read
) -> None:
    if page.stem in NEEDS_A_LEDGER:
        return
    was, now, *instead = states(page, tmp_path, read)

    assert page.stem in rules_between(was, now)
    for better in instead:
        assert page.stem not in rules_between(was, better)
        assert verdict(compare(was, better)) != "break"
        assert refusals(was, better, compared(was, better)) == []


@pytest.mark.parametrize("name", RULES)
def test_a_rule_has_a_mirror_or_says_why_not(name: str) -> None:
    rule = RULES[name]
    assert (rule.mirror == "") == (rule.no_mirror != "")
    if rule.mirror:
        # Several rules may have one way back; from there one of them is the way.
        alike = {it for it, other in RULES.items() if other.mirror == rule.mirror}
        assert RULES[rule.mirror].mirror in alike


@pytest.fixture(scope="session")
def ways_back(read: Read) -> dict[str, set[str]]:
    """What is found on the way back from the cases of the corpus, by the rule of the way there."""
    found: dict[str, set[str]] = {it: set() for it in RULES}
    for case in CORPUS.iterdir():
        was, now = read(case / "was.rpc"), read(case / "is.rpc")
        back = {it.rule for it in compare(now, was)}
        for rule in {it.rule for it in compare(was, now)}:
            found[rule] |= back
    return found


@pytest.mark.parametrize("name", RULES)
def test_the_way_back_from_a_change_is_its_mirror(
    name: str, ways_back: dict[str, set[str]]
) -> None:
    rule = RULES[name]
    if rule.mirror:
        assert rule.mirror in ways_back[name]
    else:
        assert not {it for it in ways_back[name] if it.startswith("constant-")}
