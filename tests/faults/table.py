"""Writes the lines of runs into the tables of a page, between its markers.

`python -m tests.faults.table FILE…` reads what `--json` wrote; a later line of a row and a side replaces an
earlier one.
"""

import json
import os
import platform
import sys
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

from tests.faults.peers.environment import PACKAGES
from tests.faults.perform import Line
from tests.faults.rows.all import ROWS
from tests.faults.rows.row import Row
from tests.faults.sides import OURS, PEERS

PAGE = Path(__file__).parent.parent.parent / "docs" / "reliability.md"
BEGIN, END = "<!-- {}: written by `make faults` -->", "<!-- end of {} -->"
SHORTENED = (
    "**Shortened** (`--brief`): faults last a few seconds, and what is to happen many times happens "
    "a few times, whatever the rows below say."
)
KEPT = frozenset(("not_executed", "outcome_unknown", "duplicate_executions"))
"""Figures that are told where they are not 0, required or not."""

Lines = Mapping[tuple[str, str], Line]
"""By row and side."""


def read(paths: Iterable[Path]) -> Lines:
    """Return the last line of each row and side."""
    found: dict[tuple[str, str], Line] = {}
    for path in paths:
        for text in path.read_text(encoding="utf-8").splitlines():
            line = json.loads(text)
            found[line["test"], line["side"]] = line
    return found


def ours(lines: Lines) -> str:
    """Return the table of our rows."""
    rows = ["| row | fault | required | seen |", "|---|---|---|---|"]
    for row in ROWS.values():
        line = lines.get((row.id, OURS))
        if line is not None:
            required = ", ".join(str(it) for it in row.musts) or "the invariants"
            rows.append(f"| {row.id} | {row.fault} | {_words(required)} | {_seen(row, line)} |")
    return "\n".join(rows)


def peers(lines: Lines) -> str:
    """Return the table of the rows that all sides run."""
    sides = (OURS, *PEERS)
    rows = [f"| row | fault | {' | '.join(sides)} |", "|---|---|" + "---|" * len(sides)]
    for row in ROWS.values():
        if row.for_peers and any((row.id, it) in lines for it in sides):
            cells = [
                _compared(row, lines[row.id, it]) if (row.id, it) in lines else "" for it in sides
            ]
            rows.append(f"| {row.id} | {row.fault} | {' | '.join(cells)} |")
    return "\n".join(rows)


def machine(lines: Lines) -> str:
    """Return what it was run on, with, and under which load."""
    loads = sorted({str(it["load"]) for it in lines.values() if "load" in it})
    brief = " " + SHORTENED if any(it.get("is_brief") for it in lines.values()) else ""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / (1 << 30)
    return (
        f"{os.cpu_count()} processors, {memory:.0f} GiB, Linux {platform.release()}, "
        f"Python {platform.python_version()}, pika {version('pika')}, "
        f"{' '.join(PACKAGES).replace('==', ' ')}. {'; '.join(loads)}.{brief}"
    )


def put(page: str, name: str, text: str) -> str:
    """Return the page with a text between the markers of a name. Raises ValueError."""
    begin, end = BEGIN.format(name), END.format(name)
    before, found, rest = page.partition(begin)
    _, also, after = rest.partition(end)
    if not found or not also:
        raise ValueError(f"the page has no `{begin}` … `{end}`")
    return f"{before}{begin}\n{text}\n{end}{after}"


def _seen(row: Row, line: Line) -> str:
    if "impossible" in line:
        return f"not run: {line['impossible']}"
    if "failed" in line:
        return f"**failed**: {_short(line['failed'])}"
    missed = line["missed"]
    assert isinstance(missed, Sequence)
    told = _figures(row, line)
    return f"**missed**: {_words('; '.join(missed))}; {told}" if missed else told


def _compared(row: Row, line: Line) -> str:
    if "impossible" in line or "failed" in line:
        return _seen(row, line)
    missed = line["missed"]
    assert isinstance(missed, Sequence)
    broken = [it.rpartition(": ")[::2] for it in missed]
    told = [f"**{_words(must.split()[0])} {found}**" for must, found in broken]
    return ", ".join([*told, _figures(row, line, without={it.split()[0] for it in missed})])


def _figures(row: Row, line: Line, without: Iterable[str] = ()) -> str:
    names = [it.figure for it in row.musts if it.figure not in set(without)]
    names += [it for it in sorted(KEPT) if line.get(it) and it not in {*names, *without}]
    told = [f"{_words(it)} {line.get(it)}" for it in names]
    return ", ".join([*told, f"of {line['calls_sent']}"])


def _words(text: str) -> str:
    return text.replace("_", " ")


def _short(error: object) -> str:
    return str(error).splitlines()[0][:120].replace("|", "/")


def main(paths: Sequence[str]) -> None:
    """Write the page."""
    lines = read(Path(it) for it in paths)
    page = PAGE.read_text(encoding="utf-8")
    for name, text in (("machine", machine(lines)), ("rows", ours(lines)), ("peers", peers(lines))):
        page = put(page, name, text)
    PAGE.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
