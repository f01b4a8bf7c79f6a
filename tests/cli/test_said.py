"""What commands print, in files: `$ rpcgen …`, its output, `! ` before stderr's lines, `[code]`.

URL stands for the server's address, `// ` begins a comment. `RPCGEN_REFRESH=1` rewrites the files, and
fails the run so that somebody reads them.
"""

import os
import shlex
from pathlib import Path

import pytest

from tests.cli.shell import Ran, Shell

FOLDER = Path(__file__).parent / "said"
FILES = sorted(FOLDER.glob("*.txt"))
PROMPT, COMMENT = "$ rpcgen ", "// "


def test_there_are_files() -> None:
    assert len(FILES) >= 4


@pytest.mark.parametrize("path", FILES, ids=lambda it: it.stem)
def test_commands_say_what_the_file_says(
    shell: Shell, url: str, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(FOLDER)
    monkeypatch.setenv("COLUMNS", "80")
    expected = path.read_text(encoding="utf-8")
    rows: list[str] = []
    for row in expected.splitlines():
        if row.startswith(PROMPT):
            words = shlex.split(row.removeprefix(PROMPT).replace("URL", url))
            rows += [row, *_said(shell(*words), url)]
        elif row.startswith(COMMENT):
            rows += ["", row] if rows else [row]
    found = "\n".join(rows) + "\n"
    if os.environ.get("RPCGEN_REFRESH"):
        path.write_text(found, encoding="utf-8")
        pytest.fail("expectation rewritten; read it, then run without RPCGEN_REFRESH")
    assert found == expected


def _said(ran: Ran, url: str) -> list[str]:
    # How argparse tells the usage differs from Python to Python.
    complaint = ran.err.splitlines()[-1:] if ran.err.startswith("usage:") else ran.err.splitlines()
    rows = [*ran.out.splitlines(), *(f"! {it}" for it in complaint)]
    rows = [it.replace(url, "URL") for it in rows]
    return [*rows, f"[{ran.code}]"] if ran.code else rows
