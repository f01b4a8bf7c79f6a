"""A page's project on the disk: its contracts compiled, its files in place."""

import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from rpcgen.compile import compile_paths
from rpcgen.language.diagnostics import render
from rpcgen.python.output import changes, write
from tests.docs.pages import ROOT, WRONG, Block, Page

BIN = Path(sys.executable).parent
MYPY_CACHE = ROOT / ".mypy_cache" / "docs"
SHOWN_PORTS = ("8080", "8081", "8443")
"""Each stands for a free port in what is run."""
SHOWN_FOLDER = "/run/jobs"
"""Stands for a folder of the page's project, for sockets."""
SECONDS = 100
"""In which all commands of a page must end."""
PATH = f"{BIN}:{os.environ.get('PATH', os.defpath)}:/usr/sbin"
"""Where commands are looked for; Debian keeps nginx where an ordinary user does not look."""
OWN_BIN = ".bin"
AS_SHOWN: Mapping[str, str] = {}

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


def write_files(page: Page, folder: Path, places: Mapping[str, str] = AS_SHOWN) -> None:
    """Put the page's named blocks where they say; `places` stand for what is shown."""
    for block in page.blocks:
        if block.file is not None:
            path = folder / block.file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(replaced(block.text, places), encoding="utf-8")


def free_places(folder: Path) -> Mapping[str, str]:
    """Return what stands for the shown ports and folder: nobody uses them right now."""
    sockets = folder / "run"
    sockets.mkdir()
    with ExitStack() as held:
        probes = [held.enter_context(socket.socket()) for _ in SHOWN_PORTS]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        ports = [str(it.getsockname()[1]) for it in probes]
    return {**dict(zip(SHOWN_PORTS, ports, strict=True)), SHOWN_FOLDER: str(sockets)}


def replaced(text: str, places: Mapping[str, str]) -> str:
    """Return the text with each key of `places` replaced."""
    if not places:
        return text
    return re.sub("|".join(map(re.escape, places)), lambda it: places[it[0]], text)


def stay_root(folder: Path) -> None:
    """Let nginx be who the tests are: as root it would become one who may not enter their folders.

    That is said in its configuration or on its command line, and neither is the page's business.
    """
    nginx = shutil.which("nginx", path=PATH)
    if os.geteuid() == 0 and nginx is not None:
        script = folder / OWN_BIN / "nginx"
        script.parent.mkdir(exist_ok=True)
        script.write_text(f"#!/bin/sh\nexec {nginx} -g 'user root;' \"$@\"\n", encoding="utf-8")
        script.chmod(0o700)


def missing(block: Block) -> list[str]:
    """Return the programs that the block needs and this machine does not have."""
    return [it for it in block.needs if shutil.which(it, path=PATH) is None]


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
        "PATH": f"{folder / OWN_BIN}:{PATH}",
        "HOME": str(folder),
        "LC_ALL": "C.UTF-8",
        "COLUMNS": "100",
        "MYPY_CACHE_DIR": str(MYPY_CACHE),
    }


def imports_its_own(page: Page) -> bool:
    """Whether one of the page's Python files imports another."""
    texts = {Path(it.file).stem: it.text for it in page.of("python") if it.file is not None}
    imported = re.compile(rf"^(from|import) ({'|'.join(texts)})\b", re.MULTILINE)
    return bool(texts) and any(imported.search(it) for it in texts.values())


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
