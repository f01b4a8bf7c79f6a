"""Expected texts are files; `RPCGEN_REFRESH=1` writes them anew, and fails the run."""

import os
from pathlib import Path

HERE = Path(__file__).parent


def hold(path: Path, found: str) -> None:
    """Compare a file with what was found."""
    expected = path.read_text(encoding="utf-8") if path.exists() else None
    if expected != found and os.environ.get("RPCGEN_REFRESH") == "1":
        path.write_text(found, encoding="utf-8")
    assert expected == found, f"{path.name} says otherwise:\n{found}"
