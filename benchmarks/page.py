"""Writes a run into the page of figures, between its markers: `python -m benchmarks.page FILE`.

Of a second file, which is of a run under uvloop, the page tells what was reached.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.environments import ROOT
from benchmarks.goals import outcomes
from benchmarks.results import from_json
from benchmarks.roster import SUBJECTS
from benchmarks.summary import summed_up
from benchmarks.table import as_markdown, goals_as_markdown

PAGE = ROOT / "docs" / "performance.md"
PLOT = PAGE.parent / "performance.svg"
DRAWN = f"![Calls and messages per second: ours dark, the limits light]({PLOT.name})"
BEGIN, END = "<!-- {}: written by `make bench` -->", "<!-- end of {} -->"


def write(runs: Sequence[Mapping[str, Any]], page: str, *, is_drawn: bool) -> str:
    """Return the page with runs in it, the first in full.

    Raises ValueError where it has no markers.
    """
    tables = [summed_up(from_json(it["results"])) for it in runs]
    reached = [
        outcome
        for run, found in zip(runs, tables, strict=True)
        for outcome in outcomes(found, is_uvloop=run["uvloop"])
    ]
    shown = as_markdown(tables[0])
    page = put(page, "goals", goals_as_markdown(reached))
    page = put(page, "machine", machine(runs[0]))
    return put(page, "figures", f"{DRAWN}\n\n{shown}" if is_drawn else shown)


def put(page: str, name: str, text: str) -> str:
    """Return the page with a text between the markers of a name. Raises ValueError."""
    begin, end = BEGIN.format(name), END.format(name)
    before, found, rest = page.partition(begin)
    _, also, after = rest.partition(end)
    if not found or not also:
        raise ValueError(f"the page has no `{begin}` … `{end}`")
    return f"{before}{begin}\n{text}\n{end}{after}"


def machine(run: Mapping[str, Any]) -> str:
    """Return what the figures depend on, in a paragraph."""
    on = run["machine"]
    loop = "uvloop" if run["uvloop"] else "asyncio's own event loop"
    return (
        f"{on['processors']} processors ({on['processor']}), {on['memory_gib']} GiB, "
        f"{on['system']}, Python {on['python']}, {loop}; {run['rounds']} rounds of "
        f"{run['seconds']:g} s for each figure, begun {run['begun']}. "
        f"Packages: {_packages(run['versions'])}."
    )


def _packages(versions: Mapping[str, Mapping[str, str]]) -> str:
    """Return the versions of what the roster pins, and of what ours and the limits stand on."""
    wanted = {_name(it) for subject in SUBJECTS for it in subject.environment.packages}
    wanted |= {"RabbitMQ", "pika", "pydantic_core", "uvicorn"}
    found = {
        f"{name} {version}"
        for installed in versions.values()
        for name, version in installed.items()
        if name in wanted
    }
    return ", ".join(sorted(found, key=str.lower))


def _name(requirement: str) -> str:
    return requirement.partition("==")[0].partition("[")[0]


def main(*paths: Path) -> None:
    """Write the page."""
    runs = [json.loads(it.read_text(encoding="utf-8")) for it in paths]
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(write(runs, page, is_drawn=PLOT.exists()), encoding="utf-8")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
