"""Expected texts as files: `RPCGEN_REFRESH=1` writes them anew, and fails the run all the same."""

import difflib
import os
from pathlib import Path


def hold(path: Path, now: str) -> None:
    """Compare a file with what it should hold."""
    written = path.read_text(encoding="utf-8") if path.exists() else ""
    if written != now and os.environ.get("RPCGEN_REFRESH") == "1":
        path.parent.mkdir(exist_ok=True)
        path.write_text(now, encoding="utf-8", newline="\n")
    assert written == now, "\n".join(
        difflib.unified_diff(written.splitlines(), now.splitlines(), path.name, "now", n=2)
    )
