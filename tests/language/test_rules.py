"""Every rule has a page that explains it, with examples that are what they claim to be."""

import ast
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeAlias

import pytest

import rpcgen
from rpcgen.cli.main import main
from rpcgen.language.diagnostics import Report, render

Findings: TypeAlias = Callable[[Iterable[Path], Path], Report]

SOURCES = Path(rpcgen.__file__).parent
PAGES = SOURCES / "language" / "rules"
CORPUS = Path(__file__).parent / "corpus"
COMMON = "package acme.common 1.0\n\nstruct Project { id: uuid }\n"
"""What lies beside every example as `common.rpc`; the example itself is `volume.rpc`."""

WITHOUT_EXAMPLE = {
    "bad-character": "an example would make the page itself look different from what it says",
    "not-readable": "is about the file system; test_hostile has it",
    "not-utf8": "an example would make the page itself unreadable; test_hostile has it",
    "too-many": "would need 10,001 members; test_hostile has it",
    "too-many-files": "would need 1,001 files; test_hostile has it",
}


def rules_in_code() -> set[str]:
    """Return the first argument of every `report.add(…)` in the compiler."""
    found = set()
    for path in SOURCES.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and _is_report_add(node.func):
                rule = node.args[0]
                assert isinstance(rule, ast.Constant), f"{path}:{node.lineno}: not a literal"
                found.add(str(rule.value))
    return found


def _is_report_add(function: ast.expr) -> bool:
    return (
        isinstance(function, ast.Attribute)
        and function.attr == "add"
        and ast.unparse(function.value).endswith("report")
    )


def pages() -> list[Path]:
    return sorted(PAGES.glob("*.md"))


def examples(page: Path) -> list[str]:
    return re.findall(
        r"^```rpc\n(.*?)^```$", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )


def written(text: str, folder: Path) -> Path:
    (folder / "common.rpc").write_text(COMMON, encoding="utf-8")
    path = folder / "volume.rpc"
    path.write_text(text, encoding="utf-8")
    return path


def test_every_rule_has_a_page_and_every_page_a_rule() -> None:
    assert {it.stem for it in pages()} == rules_in_code()


def test_every_rule_has_a_case_in_the_corpus() -> None:
    texts = "".join(it.read_text(encoding="utf-8") for it in CORPUS.rglob("*.stderr"))
    shown = set(re.findall(r"error\[([a-z0-9-]+)\]", texts))
    assert rules_in_code() - shown == set(WITHOUT_EXAMPLE) - shown


@pytest.mark.parametrize("page", pages(), ids=lambda it: str(it.stem))
def test_a_page_begins_with_its_rule(page: Path) -> None:
    lines = page.read_text(encoding="utf-8").splitlines()
    assert re.fullmatch(rf"# {page.stem}: [^A-Z].*[^.]", lines[0])
    assert max(len(it) for it in lines) <= 100


@pytest.mark.parametrize("page", pages(), ids=lambda it: str(it.stem))
def test_the_wrong_example_breaks_the_rule_and_the_right_one_none(
    page: Path, tmp_path: Path, findings: Findings
) -> None:
    if page.stem in WITHOUT_EXAMPLE:
        assert examples(page) == []
        return
    wrong, right = examples(page)
    rules = {it.rule for it in findings([written(wrong, tmp_path)], tmp_path).diagnostics}
    assert rules == {page.stem}
    assert render(findings([written(right, tmp_path)], tmp_path)) == ""


def test_explain_prints_the_page(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "since-required"]) == 0
    assert capsys.readouterr().out == (PAGES / "since-required.md").read_text(encoding="utf-8")


def test_explain_alone_lists_every_rule(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [it.split()[0] for it in lines] == sorted(it.stem for it in SOURCES.glob("*/rules/*.md"))
    assert all(len(it.split(maxsplit=1)[1]) > 5 for it in lines)


def test_explain_of_an_unknown_rule_is_wrong_usage_and_offers_the_nearest(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["explain", "since-requird"]) == 2
    assert "did you mean `since-required`?" in capsys.readouterr().err
