"""Console blocks: commands with what they print, played in one shell per page."""

import os
import re
import shlex
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.docs.pages import Page
from tests.docs.project import SECONDS, environment, missing, replaced, stay_root

_DONE = "@@ done"
_WAIT = """\
for _ in $(seq 400); do grep -qF {last} .background && break; sleep 0.05; done
cat .background
"""


@dataclass(slots=True)
class Step:
    """One line that begins with `$ `, with the lines that it prints; `…` stands for anything."""

    command: str
    line: int
    expected: list[str] = field(default_factory=list)

    def matches(self, printed: str) -> bool:
        """Whether `printed` is what the page shows."""
        return re.fullmatch("".join(_pattern(it) for it in self.expected), printed) is not None

    @property
    def script(self) -> str:
        """The command for the shell; the exit code outlives the line that marks the end."""
        text = f"{self.command}\n"
        if self.command.endswith(" &"):
            # There at once, however long the shell takes to begin the command.
            text = f": > .background\n{self.command.removesuffix('&')}> .background 2>&1 &\n"
            if self.expected:
                text += _WAIT.format(last=shlex.quote(self.expected[-1]))
        return f"{text}status=$?; echo '{_DONE}'; (exit $status)\n"


def steps_of(page: Page) -> list[Step]:
    """Return the commands of all console blocks of a page that this machine can run."""
    steps: list[Step] = []
    for block in page.of("console"):
        if missing(block):
            continue
        for number, row in enumerate(block.text.splitlines(), block.line):
            if row.startswith("$ "):
                steps.append(Step(row.removeprefix("$ "), number))
            elif row.startswith("> ") and not steps[-1].expected:
                steps[-1].command += "\n" + row.removeprefix("> ")
            elif steps:
                steps[-1].expected.append(row)
    return steps


def play(steps: Sequence[Step], folder: Path, places: Mapping[str, str]) -> list[str]:
    """Run the commands in one shell; return what each printed. What they started ends with it.

    `places` stand for what is shown.
    """
    script = replaced("".join(it.script for it in steps), places)
    stay_root(folder)
    said = folder / ".said"
    with said.open("wb") as output:
        process = subprocess.Popen(
            ["bash", "-c", script],
            cwd=folder,
            env=environment(folder),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        process.wait(SECONDS)
    finally:
        _end_group(process.pid)
        process.wait()
    shown = {place: it for it, place in places.items()}
    return replaced(said.read_text(encoding="utf-8"), shown).split(f"{_DONE}\n")[:-1]


def _end_group(leader: int) -> None:
    try:
        os.killpg(leader, signal.SIGKILL)
    except ProcessLookupError:
        return


def _pattern(row: str) -> str:
    if row == "…":
        return r"(?:.*\n)*"
    return ".*".join(re.escape(it) for it in row.split("…")) + "\n"
