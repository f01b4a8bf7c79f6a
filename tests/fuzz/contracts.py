"""The compiler, from the bytes of `.rpc` files to Python: a report or files, and never a traceback.

An input is the text of `a.rpc`; a line `--- name.rpc` begins another file beside it.
"""

import ast
import atexit
import re
import tempfile
import unicodedata
import warnings
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from zlib import crc32

from rpcgen.compile import Compiled
from rpcgen.language.diagnostics import Diagnostic, Report, render
from rpcgen.language.load import Loader, files_below
from rpcgen.language.parse import Parser
from rpcgen.language.resolve import resolve
from rpcgen.python import names
from rpcgen.python.output import HEADER
from rpcgen.python.render import Renderer

MAX_FILES = 6
MAX_REPORT = 100_000
"""Characters."""
EACH = 4
"""One input of so many is compiled twice, as that takes twice as long."""

_NEXT_FILE = re.compile(rb"^--- ([a-z]{1,12}\.rpc)\n", re.MULTILINE)
_GENERATED_PATH = re.compile(r"([a-z][a-z0-9_]*/)+([a-z0-9_]+\.py|py\.typed)")
_IMPORTED = frozenset(
    "__future__ abc builtins collections dataclasses datetime decimal enum pkgutil pydantic "
    "rpcgen_runtime typing typing_extensions uuid".split()
)
_RULES = {it.name for it in resources.files("rpcgen.language").joinpath("rules").iterdir()}


def contract(data: bytes, *, front: Callable[[Path], Compiled] | None = None) -> None:
    """Compile `data`; judge what comes out. Raises whatever the compiler raises."""
    front = front or _compiled
    folder = _holding(files_in(data))
    found = front(folder)
    report = render(found.report)
    assert bool(found.report) != bool(found.files), "neither a report nor files, or both"
    _judge_report(found.report, report)
    for name, text in found.files.items():
        _judge_generated(name, text)
    if crc32(data) % EACH == 0:
        again = front(folder)
        assert report == render(again.report), "two runs say different things"
        assert found.files == again.files, "two runs write different files"
    told = {name: text for it in found.files.items() for name, text in _told(*it)}
    if told:
        again = front(_holding(told))
        assert found.files == again.files, "`contract.py` holds another contract"


def files_in(data: bytes) -> dict[str, bytes]:
    """Return the files that an input holds, by name."""
    parts = _NEXT_FILE.split(data, MAX_FILES - 1)
    rest = dict(zip(parts[1::2], parts[2::2], strict=True))
    return {"a.rpc": parts[0]} | {name.decode(): text for name, text in rest.items()}


def _compiled(folder: Path) -> Compiled:
    """Do what `compile_paths` does, with one parser and one renderer for all inputs."""
    parser, renderer = _tools()
    report = Report()
    loader = Loader(folder, report, parser)
    for path in files_below(folder):
        loader.load(path)
    packages = resolve(loader.files.values(), report)
    for package in packages:
        names.check(package, report)
    files: dict[str, str] = {}
    for package in [] if report else packages:
        files |= renderer.files(package)
    return Compiled(report, packages, sorted(loader.files), files, {})


@cache
def _tools() -> tuple[Parser, Renderer]:
    return Parser(), Renderer()


def _holding(files: Mapping[str, bytes]) -> Path:
    """Return the folder that holds these files alone."""
    folder = _folder()
    for old in folder.iterdir():
        old.unlink()
    for name, text in files.items():
        (folder / name).write_bytes(text)
    return folder


@cache
def _folder() -> Path:
    place = tempfile.TemporaryDirectory(prefix="rpcgen-fuzz-")
    atexit.register(place.cleanup)
    return Path(place.name)


def _judge_report(report: Report, shown: str) -> None:
    assert len(shown) < MAX_REPORT, "the report is too long"
    assert all(it.isprintable() or it in "\n\t" for it in shown), "the report steers the terminal"
    for diagnostic in report.diagnostics:
        assert f"{diagnostic.rule}.md" in _RULES, f"`{diagnostic.rule}` is explained nowhere"
        _judge_message(diagnostic)
        for span in (diagnostic.span, *(it for it, _ in diagnostic.seen)):
            line, column = span.source.position(span.start)
            assert 0 <= span.start <= span.stop, f"{diagnostic} is nowhere"
            assert column - 1 <= len(span.source.line(line)), f"{diagnostic} is behind its line"


def _judge_message(diagnostic: Diagnostic) -> None:
    message = diagnostic.message
    assert message.strip(), f"`{diagnostic.rule}` has no message"
    assert unicodedata.category(message[0]) != "Lu", f"begins in upper case: {message}"
    assert not message.endswith("."), f"ends with a full stop: {message}"
    assert diagnostic.accepted is None or diagnostic.accepted.strip(), f"accepts nothing: {message}"


def _judge_generated(name: str, text: str) -> None:
    assert _GENERATED_PATH.fullmatch(name), f"`{name}` is no place for a generated file"
    text.encode()
    assert not text or text.startswith(HEADER), f"{name} does not say where it is from"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tree = ast.parse(text, name)
        compile(text, name, "exec", dont_inherit=True)
    foreign = set(_imports(tree)) - _IMPORTED
    assert not foreign, f"{name} imports {foreign}"


def _imports(tree: ast.Module) -> Iterator[str]:
    """Yield the packages that a generated file imports from outside its own root."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (it.name.partition(".")[0] for it in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield (node.module or "").partition(".")[0]


def _told(name: str, text: str) -> Iterator[tuple[str, bytes]]:
    """Yield the `.rpc` files that a generated file holds."""
    if name.endswith("/contract.py"):
        for node in ast.parse(text).body:
            if isinstance(node, ast.AnnAssign) and node.value is not None:
                for path, lines in ast.literal_eval(node.value).items():
                    yield path, "\n".join(lines).encode()
