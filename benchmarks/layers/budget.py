"""What a small call may cost: counts over `memory://`, kept in a file.

A path that has grown by more than a tenth is slower for everybody; one that has shrunk by as much
leaves a budget that would hide the next growth. Both are told, by layer. The event loop is left
out: how often it turns depends on what else the machine does.
"""

import json
import platform
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

from benchmarks.grid import in_columns
from benchmarks.layers.counts import NOTHING, Cost, counted
from benchmarks.layers.layer import Layer
from benchmarks.layers.roads import Road
from benchmarks.work import Work

Budget = Mapping[Road, Mapping[Layer, Cost]]

ROADS = (Road.MEMORY_ASYNC, Road.MEMORY_SYNC)
TOLERANCE = 0.1


def measured() -> Budget:
    """Count a call over each road, as of now."""
    return {it: _layers(it) for it in ROADS}


def version() -> str:
    """Return whose bytecode is counted: each minor version of Python has its own."""
    return ".".join(platform.python_version_tuple()[:2])


def kept(path: Path) -> Budget | None:
    """Return the budget of this Python; None where there is none yet."""
    found = _read(path).get(version())
    if found is None:
        return None
    return {
        Road(road): {Layer(layer): Cost(**cost) for layer, cost in layers.items()}
        for road, layers in found.items()
    }


def keep(path: Path, budget: Budget) -> None:
    """Write the budget of this Python; those of others stay."""
    told = {
        road.value: {
            layer.value: {"instructions": it.instructions, "c_calls": it.c_calls}
            for layer, it in layers.items()
        }
        for road, layers in budget.items()
    }
    text = json.dumps({**_read(path), version(): told}, indent=1, sort_keys=True)
    # Whole or not at all, whatever else reads it.
    fresh = path.with_suffix(f".{uuid4().hex}")
    fresh.write_text(text + "\n", encoding="utf-8")
    fresh.replace(path)


def verdict(before: Budget, now: Budget) -> str:
    """Return what is beyond the budget, with the layers; nothing where all is within."""
    return "\n\n".join(_verdicts(before, now))


def _verdicts(before: Budget, now: Budget) -> Iterator[str]:
    for road in ROADS:
        was, costs = before.get(road, {}), now[road]
        said = list(_said(total(was), total(costs)))
        if said:
            yield f"{road.value}: {' and '.join(said)}\n{_table(was, costs)}"


def total(layers: Mapping[Layer, Cost]) -> Cost:
    """Return what the layers cost together."""
    return sum(layers.values(), NOTHING)


def _said(before: Cost, now: Cost) -> Iterator[str]:
    pairs = {
        "instructions": (before.instructions, now.instructions),
        "calls into C": (before.c_calls, now.c_calls),
    }
    for what, (was, found) in pairs.items():
        if found > was * (1 + TOLERANCE):
            yield f"{what} have grown from {was:,.0f} to {found:,.0f}"
        elif found < was * (1 - TOLERANCE):
            yield f"{what} have shrunk from {was:,.0f} to {found:,.0f}"


def _table(before: Mapping[Layer, Cost], now: Mapping[Layer, Cost]) -> str:
    rows = [
        _row(it.value, before.get(it, NOTHING), now.get(it, NOTHING))
        for it in Layer
        if it in before or it in now
    ]
    heads = ["", "instructions before", "now", "into C before", "now"]
    return in_columns([heads, *rows, _row("all", total(before), total(now))])


def _row(name: str, before: Cost, now: Cost) -> list[str]:
    figures = (before.instructions, now.instructions, before.c_calls, now.c_calls)
    return [name, *(f"{it:,.0f}" for it in figures)]


def _layers(road: Road) -> dict[Layer, Cost]:
    found = counted(road, Work.ADD, f"memory://layers-{uuid4().hex}").layers()
    return {
        layer: Cost(round(it.instructions), round(it.c_calls))
        for layer, it in found.items()
        if layer is not Layer.LOOP
    }


def _read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return found
