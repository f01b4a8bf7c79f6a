"""Where the packages of the peers are: folders below `.venv-bench`, made on demand."""

import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from benchmarks.roster import HERE, UVLOOP, Environment

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / ".venv-bench"
_PIP = ("-m", "pip", "install", "-qq", "--disable-pip-version-check")


class NotInstalledError(Exception):
    """An environment could not be made; the message is the last line of what pip said."""


def prepare(environments: Iterable[Environment], *, is_uvloop: bool) -> None:
    """Make what is not there yet, so that nothing is installed while something is measured."""
    for environment in {**dict.fromkeys(environments), **({UVLOOP: None} if is_uvloop else {})}:
        _made(environment)


def interpreter(environment: Environment) -> str:
    """Return the Python that has the packages. Raises NotInstalledError."""
    return sys.executable if environment == HERE else str(_folder(environment) / "bin" / "python")


def variables(*, is_uvloop: bool) -> dict[str, str]:
    """Return the environment variables of a subject's process. Raises NotInstalledError."""
    path = [str(ROOT), *([str(_folder(UVLOOP))] if is_uvloop else [])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path), "PYTHONWARNINGS": "ignore"}


def _folder(environment: Environment) -> Path:
    reason = _made(environment)
    if reason is not None:
        raise NotInstalledError(reason)
    return FOLDER / environment.name


@cache
def _made(environment: Environment) -> str | None:
    """Return why the environment could not be made, if so; it is not tried again."""
    folder = FOLDER / environment.name
    ready = folder / ".ready"
    wanted = "\n".join((sys.version, *environment.packages))
    if environment == HERE or (ready.exists() and ready.read_text(encoding="utf-8") == wanted):
        return None
    print(f"installing {environment.name} into {FOLDER.name} (once)…", file=sys.stderr)
    reason = _failure(*_commands(environment, folder))
    if reason is None:
        (FOLDER / ".gitignore").write_text("*\n", encoding="utf-8")
        ready.write_text(wanted, encoding="utf-8")
    return reason


def _commands(environment: Environment, folder: Path) -> Iterator[list[str]]:
    if environment == UVLOOP:
        # No interpreter of its own: it is there for all of them.
        yield [sys.executable, *_PIP, "--upgrade", "--target", str(folder), *environment.packages]
        return
    yield [sys.executable, "-m", "venv", "--clear", str(folder)]
    yield [str(folder / "bin" / "python"), *_PIP, *environment.packages]


def _failure(*commands: list[str]) -> str | None:
    """Run commands until one fails; return the last line of what it said."""
    for command in commands:
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
        if ran.returncode:
            said = [it for it in f"{ran.stdout}\n{ran.stderr}".splitlines() if it.strip()]
            return said[-1] if said else f"`{command[0]}` failed"
    return None
