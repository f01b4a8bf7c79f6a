"""Draws a run as PNG and SVG: bars of calls and messages per second, with the spread.

matplotlib is in an environment of its own: what is drawn goes there as JSON, `python -m
benchmarks.plot FOLDER`.
"""

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.environments import ROOT, NotInstalledError, interpreter, variables
from benchmarks.roster import PLOT, Road, Role
from benchmarks.summary import Row, Table
from benchmarks.table import title
from benchmarks.work import Work

NAME, BRIEF = "performance", "performance-brief"
"""All that is drawn, and of it what everybody asks first: one small call."""
COLOURS = {Role.OURS: "#1f6feb", Role.PEER: "#9aa4af", Role.LIMIT: "#d0d7de"}
CALLERS = 32
"""Whose figures are drawn; where the run did not have them, those of the most callers."""


def plot(tables: Iterable[Table], folder: Path) -> None:
    """Write `performance` and `performance-brief`, PNG and SVG. Raises NotInstalledError."""
    drawn = _drawn(list(tables))
    pictures = {
        NAME: [_panel(it) for it in drawn],
        BRIEF: [_panel(it) for it in drawn if it.cell.work is Work.ADD],
    }
    command = [interpreter(PLOT), "-m", "benchmarks.plot", str(folder.resolve())]
    given = json.dumps({name: panels for name, panels in pictures.items() if panels})
    ran = subprocess.run(
        command,
        cwd=ROOT,
        env=variables(is_uvloop=False),
        input=given,
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode:
        raise NotInstalledError(ran.stderr.strip().splitlines()[-1])


def _drawn(tables: list[Table]) -> list[Table]:
    shown = [it for it in tables if it.road is not Road.MEMORY and it.cell.work is not Work.BYTES]
    counts = {it.cell.callers for it in shown}
    callers = CALLERS if CALLERS in counts else max(counts, default=1)
    return [it for it in shown if it.cell.callers == callers]


def _panel(table: Table) -> Mapping[str, object]:
    rows = sorted((it for it in table.rows if it.has_figures), key=Row.median)
    return {"title": title(table).replace("`", ""), "bars": [_bar(it) for it in rows]}


def _bar(row: Row) -> Mapping[str, object]:
    value, (least, most) = row.median(), row.spread
    return {
        "name": row.subject.name,
        "value": value,
        "spread": [value - least, most - value],
        "colour": COLOURS[row.subject.role],
    }


def draw(pictures: Mapping[str, list[Mapping[str, Any]]], folder: Path) -> None:
    """Write the pictures by their names; in the environment that has matplotlib."""
    import_module("matplotlib").use("Agg")
    pyplot: Any = import_module("matplotlib.pyplot")
    for name, panels in pictures.items():
        _draw(pyplot, panels, folder / name)


def _draw(pyplot: Any, panels: list[Mapping[str, Any]], file: Path) -> None:
    sizes = [max(1, len(it["bars"])) + 1.5 for it in panels]
    figure, axes = pyplot.subplots(
        len(panels),
        1,
        figsize=(8, 0.32 * sum(sizes)),
        squeeze=False,
        layout="constrained",
        height_ratios=sizes,
    )
    for panel, (axis,) in zip(panels, axes, strict=True):
        _draw_panel(panel, axis)
    for ending in ("png", "svg"):
        figure.savefig(f"{file}.{ending}", dpi=120, metadata=_metadata(ending))


def _draw_panel(panel: Mapping[str, Any], axis: Any) -> None:
    bars = panel["bars"]
    axis.barh(
        [it["name"] for it in bars],
        [it["value"] for it in bars],
        color=[it["colour"] for it in bars],
        xerr=list(zip(*(it["spread"] for it in bars), strict=True)) or None,
        error_kw={"elinewidth": 0.8, "capsize": 2},
    )
    axis.set_title(f"{panel['title']}: per second", loc="left", fontsize=9)
    axis.tick_params(labelsize=8)
    for side in ("top", "right"):
        axis.spines[side].set_visible(False)


def _metadata(ending: str) -> Mapping[str, None]:
    # The same figures give the same file.
    return {"Date": None} if ending == "svg" else {}


if __name__ == "__main__":
    draw(json.loads(sys.stdin.read()), Path(sys.argv[1]))
