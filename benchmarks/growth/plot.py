"""What is drawn of growth: a small panel for each figure, a line for each curve.

matplotlib is in an environment of its own: what is drawn goes there as JSON.
"""

import json
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

from benchmarks.environments import ROOT, NotInstalledError, interpreter, variables
from benchmarks.growth.part import Column
from benchmarks.growth.summary import Row, Table
from benchmarks.roster import PLOT


def plot(tables: Iterable[Table], folder: Path) -> None:
    """Write `growth.png` and `growth.svg`. Raises NotInstalledError."""
    ran = subprocess.run(
        [interpreter(PLOT), "-m", "benchmarks.growth.draw", str(folder.resolve())],
        cwd=ROOT,
        env=variables(is_uvloop=False),
        input=json.dumps(panels(tables)),
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode:
        raise NotInstalledError(ran.stderr.strip().splitlines()[-1])


def panels(tables: Iterable[Table]) -> list[Mapping[str, object]]:
    """Return one panel for each figure that is drawn. Pure."""
    return [
        _panel(table, column)
        for table in tables
        for column in table.part.columns
        if column.is_drawn and any(it.figures for it in table.rows)
    ]


def _panel(table: Table, column: Column) -> Mapping[str, object]:
    curves: dict[str, list[Row]] = {}
    for row in table.rows:
        if column.key in row.figures:
            curves.setdefault(row.curve, []).append(row)
    return {
        "title": f"{table.part.title}: {column.head}",
        "axis": table.part.axis,
        "curves": [_curve(name, rows, column.key) for name, rows in curves.items()],
    }


def _curve(name: str, rows: Iterable[Row], key: str) -> Mapping[str, object]:
    points = [(it.at, it.figures[key]) for it in rows]
    return {
        "name": name,
        "at": [at for at, _ in points],
        "middle": [it.middle for _, it in points],
        "least": [it.least for _, it in points],
        "most": [it.most for _, it in points],
    }
