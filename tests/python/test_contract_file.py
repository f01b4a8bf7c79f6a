"""`contract.py` holds the contract: what was left out of it changes nothing."""

import ast
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lark import Lark

from rpcgen.compile import Compiled, compile_paths
from rpcgen.language.comments import without_comments
from rpcgen.python.literals import quoted
from tests.python import nasty, random_contracts

ROOT = Path(__file__).parent.parent.parent
COMMENTED = """\
# Not told.
## Told: "#1", # all of it.
package acme.notes 1.2   # not told


### not told
# not told

## Text with a # in it.
const greeting: str = "# \\" # \\\\"   # "not told"
const other: str = "it's"

## One.
# not told
## Two.
enum Kind { a, # not told
  b } #

error Gone(1)
service Notes {
  call find() raises Gone # not told
    since 1.2
}
# not told"""
TOLD = """\
## Told: "#1", # all of it.
package acme.notes 1.2

## Text with a # in it.
const greeting: str = "# \\" # \\\\"
const other: str = "it's"

## One.
## Two.
enum Kind { a,
  b }

error Gone(1)
service Notes {
  call find() raises Gone
    since 1.2
}"""


def write(folder: Path, texts: dict[str, str]) -> Path:
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def compiled(folder: Path) -> Compiled:
    found = compile_paths([folder], folder)
    assert not found.report, found.report.diagnostics[:3]
    return found


def told(found: Compiled, package: str) -> dict[str, str]:
    """Return the files that a package's `contract.py` holds."""
    [statement] = ast.parse(found.files[f"{package}/contract.py"]).body[2:]
    assert isinstance(statement, ast.AnnAssign)
    assert statement.value is not None
    lines: dict[str, list[str]] = ast.literal_eval(statement.value)
    return {path: "\n".join(it) + "\n" for path, it in lines.items()}


def test_comments_are_left_out_and_documentation_stays() -> None:
    assert "\n".join(without_comments(COMMENTED)) == TOLD


def test_what_is_left_has_no_comments() -> None:
    assert "\n".join(without_comments(TOLD)) == TOLD


def test_what_is_left_has_the_words_that_the_grammar_sees(tmp_path: Path) -> None:
    grammar = files("rpcgen.language").joinpath("grammar.lark").read_text(encoding="utf-8")
    lark = Lark(grammar, start="file", parser="lalr", keep_all_tokens=True)
    texts = [COMMENTED, *(it.read_text("utf-8") for it in ROOT.glob("idl/**/*.rpc"))]
    assert len(texts) > 4

    for text in texts:
        left = "\n".join(without_comments(text))
        trees = [lark.parse(it).scan_values(lambda _: True) for it in (text, left)]
        before, after = ([str(it).rstrip() for it in tree] for tree in trees)
        assert before == after


@pytest.mark.parametrize("source", ["idl", "tests/python/contracts", "tests/runtime/contract/new"])
def test_what_a_package_tells_compiles_to_the_same_code(source: str, tmp_path: Path) -> None:
    first = compiled(ROOT / source)
    for number, package in enumerate(_packages(first)):
        again = compiled(write(tmp_path / str(number), told(first, package)))
        same = {path: first.files[path] for path in again.files}
        assert again.files == same
        assert f"{package}/contract.py" in again.files


def test_what_strange_packages_tell_compiles_to_the_same_code(tmp_path: Path) -> None:
    texts = {"nasty.rpc": nasty.contract(), "notes.rpc": COMMENTED, **random_contracts.contracts(8)}
    first = compiled(write(tmp_path / "first", texts))
    everything: dict[str, str] = {}
    for package in _packages(first):
        everything |= told(first, package)
    assert everything.keys() == texts.keys()
    again = compiled(write(tmp_path / "again", everything))
    assert again.files == first.files


def test_a_package_tells_what_it_imports_and_what_that_imports(tmp_path: Path) -> None:
    texts = {
        "top.rpc": 'package acme.top 1.0\nimport "a/common.rpc" as common\nservice Top {}\n',
        "top2.rpc": 'package acme.top 1.0\nimport "b/common.rpc" as common\n'
        "struct Both { it: common.Two? }\n",
        "a/common.rpc": 'package acme.a.common 1.0\nimport "../deep/d.rpc" as d\n'
        "struct One { it: d.Deep }\n",
        "b/common.rpc": "package acme.b.common 1.0\nstruct Two {}\n",
        "deep/d.rpc": "package acme.deep 1.0\nstruct Deep {}\n",
        "other.rpc": "package acme.other 1.0\nstruct Other {}\n",
    }
    found = compiled(write(tmp_path, texts))

    assert sorted(texts.keys() - {"other.rpc"}) == list(told(found, "acme/top/v1"))
    assert list(told(found, "acme/deep/v1")) == ["deep/d.rpc"]
    # Two files call different packages `common`; one module holds what both declare.
    assert "_acme_b_common_v1.Two" in found.files["acme/top/v1/models.py"]


@given(st.text())
def test_a_literal_is_what_it_stands_for(text: str) -> None:
    assert ast.literal_eval(quoted(text)) == text


def _packages(found: Compiled) -> list[str]:
    return [it.removesuffix("/contract.py") for it in found.files if it.endswith("/contract.py")]
