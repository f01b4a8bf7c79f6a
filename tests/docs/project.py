"""A page's project on the disk: its contracts compiled, its files in place."""

import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from rpcgen.compile import compile_paths
from rpcgen.language.diagnostics import render
from rpcgen.python.output import changes, write
from tests.docs.pages import ROOT, WRONG, Block, Page

BIN = Path(sys.executable).parent
MYPY_CACHE = ROOT / ".mypy_cache" / "docs"
SHOWN_PORT = "8080"
"""Stands for a free port in what is run."""
SECONDS = 50

_HEAD = "package docs.example 1.3\n\n"
_PACKAGE = re.compile(r"^package [a-z0-9_.]+ [0-9.]+", re.MULTILINE)


def contract_of(block: Block) -> str:
    """Return a block as a whole `.rpc` file."""
    text = block.text
    if not _PACKAGE.search(text):
        text = _HEAD + text
    return f"{text}\n{block.value}\n" if block.mark == "with" else text


def compile_folder(source: Path, out: Path | None = None) -> str:
    """Compile all contracts below `source`; return the diagnostics."""
    compiled = compile_paths([source], source)
    if out is not None and not compiled.report:
        write(changes(out, compiled.files, compiled.folders))
    return render(compiled.report)


def write_contracts(page: Page, source: Path) -> list[Path]:
    """Put the page's named contracts below `source`, `idl/` left out; return them."""
    written = []
    for block in page.of("rpc"):
        if block.file is not None and not block.is_wrong:
            path = source / block.file.removeprefix("idl/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, encoding="utf-8")
            written.append(path)
    return written


def write_files(page: Page, folder: Path, port: str = SHOWN_PORT) -> None:
    """Put the page's named blocks where they say."""
    for block in page.blocks:
        if block.file is not None:
            path = folder / block.file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text.replace(SHOWN_PORT, port), encoding="utf-8")


def write_script(page: Page, path: Path) -> None:
    """Write the page's other Python blocks as one file; each stands at its line of the page."""
    lines: list[str] = []
    for block in page.of("python"):
        if block.file is None:
            lines += [""] * (block.line - 1 - len(lines))
            lines += block.text.splitlines()
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def environment(folder: Path) -> Mapping[str, str]:
    """Return an environment in which the venv's commands are found, and little else."""
    return {
        "PATH": f"{BIN}:{os.environ.get('PATH', os.defpath)}",
        "HOME": str(folder),
        "LC_ALL": "C.UTF-8",
        "COLUMNS": "100",
        "MYPY_CACHE_DIR": str(MYPY_CACHE),
    }


def run(command: Sequence[str], folder: Path, **variables: str) -> tuple[int, str]:
    """Run a command to its end; return its exit code and all that it said."""
    done = subprocess.run(
        command,
        cwd=folder,
        env={**environment(folder), **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    return done.returncode, done.stdout


def is_shown_to_fail(block: Block, page: Page) -> bool:
    """Whether a console block of the page shows what is said about a wrong block."""
    assert block.file is not None, "only files can be wrong"
    name = block.file.removeprefix(WRONG)
    return any(name in it.text for it in page.of("console"))
