"""Every wrong file in the corpus gets exactly the messages that stand beside it.

`RPCGEN_REFRESH=1` rewrites the expectations, and fails the run so that nobody forgets to read them.
"""

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeAlias

import pytest

from rpcgen.compile import compile_paths
from rpcgen.language.diagnostics import Report, render

Findings: TypeAlias = Callable[[Iterable[Path], Path], Report]

CORPUS = Path(__file__).parent / "corpus"
RIGHT = CORPUS / "right"
LEAST = 100


def wrong_files() -> list[Path]:
    """Return the files with a mistake; a folder that ends in `.d` is one of several files."""
    found = [it for it in CORPUS.rglob("*.rpc") if ".d/" not in it.as_posix()]
    found += CORPUS.rglob("*.d")
    return sorted(it for it in found if not it.is_relative_to(RIGHT))


def case_name(path: Path) -> str:
    return str(path.relative_to(CORPUS).with_suffix(""))


@pytest.mark.parametrize("path", wrong_files(), ids=case_name)
def test_a_wrong_file_gets_the_messages_beside_it(
    path: Path, findings: Findings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(CORPUS)
    relative = path.relative_to(CORPUS)
    found = render(findings([relative], relative if relative.is_dir() else Path()))
    expected = path.with_suffix(".stderr")
    if os.environ.get("RPCGEN_REFRESH"):
        expected.write_text(found, encoding="utf-8")
        pytest.fail("expectation rewritten; read it, then run without RPCGEN_REFRESH")
    assert found == expected.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", sorted(RIGHT.glob("*.rpc")), ids=case_name)
def test_a_right_file_compiles(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(CORPUS)
    compiled = compile_paths([path.relative_to(CORPUS)], Path("right"))
    assert render(compiled.report) == ""
    for name, text in compiled.files.items():
        compile(text, name, "exec")


def test_the_corpus_is_as_large_as_it_was() -> None:
    assert len(wrong_files()) >= LEAST


def test_every_expectation_belongs_to_a_file() -> None:
    expected = {it.with_suffix("") for it in CORPUS.rglob("*.stderr")}
    assert expected == {it.with_suffix("") for it in wrong_files()}
