"""Mutated contracts: the compiler answers with a report or with files, and never raises."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rpcgen.compile import Compiled
from rpcgen.language.diagnostics import Report, render
from rpcgen.language.load import Loader
from rpcgen.language.parse import Parser
from rpcgen.language.resolve import resolve
from rpcgen.language.words import KEYWORDS
from rpcgen.python import names
from rpcgen.python.render import Renderer

ROOT = Path(__file__).parents[2]
TOKEN = re.compile(r'"(?:[^"\\\n]|\\.)*"|##?[^\n]*|\w+|\s+|->|.', re.DOTALL)
WORDS = [
    *sorted(KEYWORDS),
    *("as", "since", "deprecated", "true", "false", "int", "str", "list", "map", "Volume", "x"),
    *("{", "}", "(", ")", "[", "]", ",", ":", "=", "?", ".", "->", ";", "//", "/*", "|", "@"),
    *('"', '"a"', "'", "##", "## x\n", "# x\n", "\n", "1", "1.1", "-1", "30s", "1e999", "а"),
]


def texts() -> list[str]:
    found = [*ROOT.glob("idl/**/*.rpc"), *Path(__file__).parent.glob("corpus/**/*.rpc")]
    read = [it.read_bytes().decode("utf-8", "replace") for it in sorted(found) if it.is_file()]
    return [it for it in read if len(it) < 6_000]


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """Draw a contract with some of its tokens deleted, doubled, swapped, replaced or cut off."""
    tokens = TOKEN.findall(draw(st.sampled_from(texts())))
    for _ in range(draw(st.integers(1, 6))):
        if not tokens:
            break
        place = draw(st.integers(0, len(tokens) - 1))
        other = draw(st.integers(0, len(tokens) - 1))
        new = draw(st.one_of(st.sampled_from(WORDS), st.text(max_size=3)))
        match draw(st.integers(0, 6)):
            case 0:
                del tokens[place]
            case 1:
                tokens.insert(place, tokens[other])
            case 2:
                tokens[place], tokens[other] = tokens[other], tokens[place]
            case 3:
                tokens.insert(place, new)
            case 4:
                tokens[place] = new
            case 5:
                del tokens[min(place, other) : max(place, other)]
            case _:
                del tokens[place:]
    return "".join(tokens)


@pytest.fixture(scope="module")
def compiler(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Compiled]:
    """Do what `compile_paths` does, with one parser and one renderer for all examples."""
    folder = tmp_path_factory.mktemp("mutations")
    parser, renderer = Parser(), Renderer()

    def compiled(text: str) -> Compiled:
        path = folder / "mutated.rpc"
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
        report = Report()
        loader = Loader(folder, report, parser)
        loader.load(path)
        packages = resolve(loader.files.values(), report)
        files: dict[str, str] = {}
        for package in packages:
            names.check(package, report)
        for package in packages if not report else []:
            files |= renderer.files(package)
        return Compiled(report, packages, [path], files, {})

    return compiled


@settings(
    max_examples=700,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(text=mutated())
def test_a_mutated_contract_gets_a_report_or_becomes_python(
    text: str, compiler: Callable[[str], Compiled]
) -> None:
    compiled = compiler(text)
    messages = render(compiled.report)
    assert bool(messages) == bool(compiled.report)
    for name, source in compiled.files.items():
        compile(source, name, "exec")
