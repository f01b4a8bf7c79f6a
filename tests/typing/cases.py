"""Cases of what a change of a contract means to those who use it, one a file:

Why it matters, in one sentence.
--- before
what the contract declares
--- after
what it declares after the change
--- client
code that mypy takes before the change; `case` is the generated package
--- says
what mypy says after it, each with the line of the code; not there: nothing
"""

import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rpcgen.compile import compile_paths
from rpcgen.python.output import changes, write

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
AGES = ("before", "after")
CACHE = ROOT / ".mypy_cache" / "cases"

_SECTION = re.compile(r"^--- (before|after|client|says)\n", re.MULTILINE)
_SAID = re.compile(r"^(\w+)/(\w+)\.py:(\d+: .*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Case:
    """One change, and code that notices it or does not."""

    path: Path
    parts: Mapping[str, str]

    @property
    def name(self) -> str:
        """The name of the file, and of the packages."""
        return self.path.stem

    def contract(self, age: str) -> str:
        """Return the whole contract of before or after the change."""
        return f"package {age}.{self.name} 1.1\n\n{self.parts[age]}"

    def client(self, age: str) -> str:
        """Return the code, with imports from that contract's package."""
        return self.parts["client"].replace("from case import", f"from {age}.{self.name}.v1 import")

    def text(self, said: Sequence[str]) -> str:
        """Return the file as it should be, when mypy says this after the change."""
        kept = self.path.read_text(encoding="utf-8").partition("--- says\n")[0]
        return kept + "".join(["--- says\n", *(f"{it}\n" for it in said)] if said else [])


def read(kind: str) -> list[Case]:
    """Return the cases of a folder."""
    found = []
    for path in sorted((HERE / kind).glob("*.txt")):
        _, *parts = _SECTION.split(path.read_text(encoding="utf-8"))
        found.append(Case(path, dict(zip(parts[::2], parts[1::2], strict=True))))
    return found


def checked(cases: Sequence[Case], folder: Path) -> Mapping[tuple[str, str], Sequence[str]]:
    """Compile all contracts, check all code in one run; return what was said of age and case."""
    for case in cases:
        for age in AGES:
            _write(folder / "idl" / age / f"{case.name}.rpc", case.contract(age))
            _write(folder / "client" / age / f"{case.name}.py", case.client(age))
    compiled = compile_paths([folder / "idl"], folder / "idl")
    assert not compiled.report, [(str(it.span), it.message) for it in compiled.report.in_order()]
    write(changes(folder / "generated", compiled.files, compiled.folders))
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for age, name, said in _SAID.findall(_mypy(folder)):
        found[age, name].append(said.replace(f"{age}.{name}.v1", "case"))
    return found


def _mypy(folder: Path) -> str:
    command = [
        *(sys.executable, "-m", "mypy", "--strict", "--explicit-package-bases"),
        *("--no-error-summary", "--cache-dir", str(CACHE), "."),
    ]
    path = f"{folder / 'generated'}:{ROOT / 'runtime'}"
    done = subprocess.run(
        command,
        cwd=folder / "client",
        env={"MYPYPATH": path, "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in {0, 1}, done.stdout + done.stderr
    return done.stdout


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
