"""Keywords are soft: each is a legal name of a field, parameter, value, variant and method."""

from pathlib import Path

import pytest

from rpcgen.compile import compile_paths
from rpcgen.language import model
from rpcgen.language.diagnostics import Report, render
from rpcgen.language.load import LoadedFile
from rpcgen.language.parse import Parser
from rpcgen.language.resolve import resolve
from rpcgen.language.source import Source
from rpcgen.language.words import KEYWORDS

NAMES = sorted(KEYWORDS | {"as", "since", "deprecated", "true", "false"})
CONTRACT = """package t.keywords 1.2

enum Kind {{ {word} }}
enum Kinds {{ first {word} last }}
struct Before {{ {word}: int }}
struct After {{
  plain: int
  {word}: str
  optional: int?
  {word}_after_optional: int
  with_default: int = 3
  {word}_after_default: int
  named: Before
  {word}_after_named: Kind?
}}
struct Plain {{ plain: int }}
struct Tricky {{ kind: Kind {word}: Kind = {word} more: list[Kind] }}
struct TrickyAfterVersion {{ kind: Kind since 1.1 {word}: Kind? since 1.2 deprecated 1.2 }}
union Source {{ first: Plain {word}: Plain }}
error Problem(1) {word_after_code}
service Service {{
  call {word}({word}: Before) -> After
  cast next(first: Kind {word}: Kind? last: int = 1)
  call last() raises Problem
  call {word}_later() -> Kind
}}
"""


def compiled(text: str, parser: Parser) -> tuple[model.Package, str]:
    report = Report()
    syntax = parser.parse(Source("keywords.rpc", text), report)
    loaded = LoadedFile(Path("keywords.rpc"), "keywords.rpc", syntax)
    (package,) = resolve([loaded], report)
    return package, render(report)


@pytest.mark.parametrize("word", NAMES)
def test_a_keyword_names_anything_even_right_after_a_type(word: str, parser: Parser) -> None:
    package, messages = compiled(
        CONTRACT.format(word=word, word_after_code=f"{{ {word}: int }}"), parser
    )
    assert messages == ""
    tricky = package.declarations["Tricky"]
    assert isinstance(tricky, model.Struct)
    assert [it.name for it in tricky.fields] == ["kind", word, "more"]
    service = package.declarations["Service"]
    assert isinstance(service, model.Service)
    assert [it.name for it in service.methods] == [word, "next", "last", f"{word}_later"]
    assert [it.name for it in service.methods[1].parameters] == ["first", word, "last"]


def test_a_contract_full_of_keywords_becomes_python(tmp_path: Path) -> None:
    fields = "\n".join(f"  {it}: int" for it in NAMES)
    methods = "\n".join(f"  call {it}({', '.join(f'{it}: int' for it in NAMES)})" for it in NAMES)
    text = f"package t.full 1.0\nstruct All {{\n{fields}\n}}\nservice Every {{\n{methods}\n}}\n"
    (tmp_path / "full.rpc").write_text(text, encoding="utf-8")
    result = compile_paths([tmp_path], tmp_path)
    assert render(result.report) == ""
    for name, source in result.files.items():
        compile(source, name, "exec")
