"""Every rule finds what the corpus says, and its page shows what it finds.

`RPCGEN_REFRESH=1` rewrites the expectations, and fails the run so that somebody reads them.
"""

import os
import re
from pathlib import Path

import pytest

import rpcgen
from rpcgen.cli.findings import Finding, written
from rpcgen.cli.lint import linted
from rpcgen.lint.rules import RULES

CORPUS = Path(__file__).parent / "corpus"
ROOMS = Path(rpcgen.__file__).parent
PAGES = ROOMS / "lint" / "rules"
OF_COMMENTS = {"unused-ignore", "unknown-ignore"}
IMPORTED = CORPUS / "common.rpc"


def cases() -> list[Path]:
    return sorted(it for it in CORPUS.glob("*.rpc") if it != IMPORTED)


def found_in(path: Path, root: Path) -> list[Finding]:
    """Look at a file that is called after a rule, strictly if the rule is for strict people."""
    is_strict = path.stem in RULES and RULES[path.stem].strict
    return linted([path], root, strict=is_strict)


@pytest.mark.parametrize("path", cases(), ids=lambda it: it.stem)
def test_a_rule_finds_what_stands_beside_the_file(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(CORPUS)
    found = found_in(path.relative_to(CORPUS), Path())
    assert path.stem in {it.rule for it in found}
    text = written(found, "text")
    expected = path.with_suffix(".txt")
    if os.environ.get("RPCGEN_REFRESH"):
        expected.write_text(text, encoding="utf-8")
        pytest.fail("expectation rewritten; read it, then run without RPCGEN_REFRESH")
    assert text == expected.read_text(encoding="utf-8")


def test_every_rule_has_a_page_and_a_file_in_the_corpus() -> None:
    rules = {*RULES, *OF_COMMENTS}
    assert {it.stem for it in PAGES.glob("*.md")} == rules
    assert {it.stem for it in cases()} == rules
    assert {it.stem for it in CORPUS.glob("*.txt")} == rules


def test_no_two_rooms_have_a_rule_of_the_same_name() -> None:
    names = [it.stem for it in ROOMS.glob("*/rules/*.md")]
    assert len(names) == len(set(names))


def pages() -> list[Path]:
    return sorted(PAGES.glob("*.md"))


@pytest.mark.parametrize("page", pages(), ids=lambda it: it.stem)
def test_a_page_begins_with_its_rule(page: Path) -> None:
    lines = page.read_text(encoding="utf-8").splitlines()
    assert re.fullmatch(rf"# {page.stem}: [^A-Z].*[^.]", lines[0])
    assert max(len(it) for it in lines) <= 100


@pytest.mark.parametrize("page", pages(), ids=lambda it: it.stem)
def test_the_wrong_example_breaks_the_rule_and_the_right_one_none(
    page: Path, tmp_path: Path
) -> None:
    examples = re.findall(r"^```rpc\n(.*?)^```$", page.read_text(), re.DOTALL | re.MULTILINE)
    (tmp_path / "common.rpc").write_text(IMPORTED.read_text(encoding="utf-8"), encoding="utf-8")
    path = tmp_path / f"{page.stem}.rpc"
    rules = []
    for example in examples:
        path.write_text(example, encoding="utf-8")
        rules.append({it.rule for it in found_in(path, tmp_path)})
    wrong, right = rules
    assert page.stem in wrong
    assert page.stem not in right


def test_what_is_imported_is_not_told_of_unless_it_is_asked_for(tmp_path: Path) -> None:
    bad = "package acme.other 1.0\n\nstruct Event { read_at: str }\n"
    good = (
        'package acme.lint 1.0\n\nimport "bad.rpc" as bad\n\n'
        "service Volumes {\n  call create(it: bad.Event)\n}\n"
    )
    (tmp_path / "bad.rpc").write_text(bad, encoding="utf-8")
    (tmp_path / "good.rpc").write_text(good, encoding="utf-8")
    assert linted([tmp_path / "good.rpc"], tmp_path, strict=False) == []
    both = [tmp_path / "good.rpc", tmp_path / "bad.rpc"]
    assert [it.rule for it in linted(both, tmp_path, strict=False)] == ["text-for-time"]
