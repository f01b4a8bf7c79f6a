"""Which Python runs a side: what the peers need goes into an environment of its own, on demand."""

import subprocess
import sys
from functools import cache
from pathlib import Path

PACKAGES = ("oslo.messaging==18.3.1",)
FOLDER = Path(__file__).parent.parent.parent.parent / ".venv-peers"
_READY = FOLDER / ".ready"


@cache
def interpreter(side: str) -> str:
    """Return the Python that has what a side needs; the first time that may take a minute."""
    if side != "oslo":
        return sys.executable
    python = FOLDER / "bin" / "python"
    wanted = "\n".join(PACKAGES)
    if not _READY.exists() or _READY.read_text() != wanted:
        print("installing the peers into .venv-peers (once)…", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", "--clear", FOLDER], check=True)
        options = ["-qq", "--disable-pip-version-check"]
        command = [str(python), "-m", "pip", "install", *options, *PACKAGES]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        _READY.write_text(wanted)
    return str(python)
