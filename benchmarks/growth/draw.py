"""Draws panels that come as JSON: `python -m benchmarks.growth.draw FOLDER`.

Runs in the environment that has matplotlib, and imports nothing of ours.
"""

import json
import sys
from collections.abc import Iterable, Mapping
from importlib import import_module
from itertools import chain
from pathlib import Path
from typing import Any

NAME = "growth"
ACROSS = 3
"""Panels in a row."""
COLOURS = {"http": "#1f6feb", "amqp": "#d1622b", "memory": "#2da44e"}
"""By the first word of a curve's name; a second word makes its line broken."""
OTHER = "#57606a"
FAR = 20
"""Where the most is so many times the least, an axis goes in powers."""


def draw(panels: list[Mapping[str, Any]], folder: Path) -> None:
    """Write the two files."""
    import_module("matplotlib").use("Agg")
    pyplot: Any = import_module("matplotlib.pyplot")
    down = -(-len(panels) // ACROSS)
    figure, axes = pyplot.subplots(
        down, ACROSS, figsize=(3.4 * ACROSS, 2.5 * down), squeeze=False, layout="constrained"
    )
    places = list(chain(*axes))
    for panel, axis in zip(panels, places, strict=False):
        _draw_panel(panel, axis)
    for axis in places[len(panels) :]:
        axis.set_visible(False)
    for ending in ("png", "svg"):
        figure.savefig(folder / f"{NAME}.{ending}", dpi=110, metadata=_metadata(ending))


def _draw_panel(panel: Mapping[str, Any], axis: Any) -> None:
    curves = panel["curves"]
    for curve in curves:
        road, _, other = curve["name"].partition(",")
        colour = COLOURS.get(road, OTHER)
        line = "--" if other else "-"
        axis.plot(curve["at"], curve["middle"], line, color=colour, marker=".", label=curve["name"])
        axis.fill_between(curve["at"], curve["least"], curve["most"], color=colour, alpha=0.15)
    is_far = _is_far(chain(*(it["at"] for it in curves)))
    axis.set_xscale("log" if is_far else "linear")
    axis.set_yscale("log" if _is_far(chain(*(it["middle"] for it in curves))) else "linear")
    if not is_far:
        axis.set_xticks(sorted(set(chain(*(it["at"] for it in curves)))))
    if axis.get_yscale() == "linear":
        axis.set_ylim(bottom=0)
    _dress(panel, axis)


def _dress(panel: Mapping[str, Any], axis: Any) -> None:
    axis.set_title(panel["title"], loc="left", fontsize=9)
    axis.set_xlabel(panel["axis"], fontsize=8)
    axis.tick_params(which="both", labelsize=7)
    axis.legend(fontsize=6, frameon=False)
    for side in ("top", "right"):
        axis.spines[side].set_visible(False)


def _is_far(values: Iterable[float]) -> bool:
    found = list(values)
    return min(found) > 0 and max(found) / min(found) > FAR


def _metadata(ending: str) -> Mapping[str, None]:
    # The same figures give the same file.
    return {"Date": None} if ending == "svg" else {}


if __name__ == "__main__":
    draw(json.loads(sys.stdin.read()), Path(sys.argv[1]))
