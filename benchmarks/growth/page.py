"""Writes growth into the page of figures: `python -m benchmarks.growth.page FILE`."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.growth.points import from_json
from benchmarks.growth.roster import PARTS
from benchmarks.growth.summary import summed_up
from benchmarks.growth.table import as_markdown
from benchmarks.page import PAGE, put

PLOT = PAGE.parent / "growth.svg"
DRAWN = f"![Each figure against what grows]({PLOT.name})"


def write(run: Mapping[str, Any], page: str, *, is_drawn: bool) -> str:
    """Return the page with a run in it. Raises ValueError where it has no markers."""
    tables = as_markdown(summed_up(from_json(run["points"]), PARTS))
    parts = [machine(run), *([DRAWN] if is_drawn else []), tables]
    return put(page, "growth", "\n\n".join(parts))


def machine(run: Mapping[str, Any]) -> str:
    """Return what the figures depend on, in a line."""
    on = run["machine"]
    return (
        f"{on['processors']} processors ({on['processor']}), {on['memory_gib']} GiB, "
        f"{on['system']}, Python {on['python']}, asyncio's own event loop; {run['rounds']} rounds "
        f"of {run['seconds']:g} s for each figure of calls, begun {run['begun']}."
    )


def main(path: Path) -> None:
    """Write the page."""
    run = json.loads(path.read_text(encoding="utf-8"))
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(write(run, page, is_drawn=PLOT.exists()), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
