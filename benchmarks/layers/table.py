"""The tables of profiles, as a terminal shows them and as a page does. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict

from benchmarks.grid import Grid, in_columns, piped
from benchmarks.layers.counts import NOTHING, Cost
from benchmarks.layers.layer import Layer
from benchmarks.layers.meter import CLIENT, SERVER
from benchmarks.layers.profile import Profile
from benchmarks.table import WORKS
from benchmarks.work import Work

PARTS: Mapping[str, str] = {
    "stub": "stub, stamp",
    "validation": "validation of what is sent",
    "encoding": "encoding",
    "decoding": "decoding, with its validation",
    "dispatch": "dispatch, executor, handler",
    "rest": "transport, library, event loop",
}
"""The parts that are timed, as they are shown."""


def as_text(profiles: Sequence[Profile]) -> str:
    """Return the tables in columns."""
    return "\n\n".join(f"{title}\n{in_columns(rows)}" for title, rows in _tables(profiles))


def as_markdown(profiles: Sequence[Profile]) -> str:
    """Return the tables as a page has them, and how steady the counts were."""
    tables = [f"{title}:\n\n{piped(rows)}" for title, rows in _tables(profiles)]
    return "\n\n".join([*tables, _steadiness(profiles)])


def functions(profile: Profile) -> str:
    """Return the functions of a call in columns, the dearest first."""
    rows = [
        [
            spot.function,
            spot.side,
            spot.layer.value,
            f"{cost.instructions:.4g}",
            f"{cost.c_calls:.3g}",
        ]
        for spot, cost in profile.counts.dearest()
    ]
    heads = ["", "side", "layer", "instructions", "into C"]
    return f"{profile.road.value}, {WORKS[profile.work]}\n{in_columns([heads, *rows])}"


def _tables(profiles: Sequence[Profile]) -> Iterator[tuple[str, Grid]]:
    for work in Work:
        alike = [it for it in profiles if it.work is work]
        if alike:
            yield f"{WORKS[work]}, instructions + calls into C", _counted(alike)
            yield f"{WORKS[work]}, µs of processor time, and the part of the call", _timed(alike)


def _counted(profiles: Sequence[Profile]) -> Grid:
    columns = {name: costs for it in profiles for name, costs in _sides(it)}
    rows = [
        [layer.value, *(_cell(it.get(layer, NOTHING)) for it in columns.values())]
        for layer in Layer
        if any(layer in it for it in columns.values())
    ]
    sums = [_cell(sum(it.values(), NOTHING)) for it in columns.values()]
    return [["", *columns], *rows, ["all", *sums]]


def _sides(profile: Profile) -> Iterator[tuple[str, Mapping[Layer, Cost]]]:
    sides = {it: costs for it in (CLIENT, SERVER) if (costs := profile.counts.layers(it))}
    for side, costs in sides.items():
        yield f"{profile.road.value} {side}" if len(sides) > 1 else profile.road.value, costs


def _timed(profiles: Sequence[Profile]) -> Grid:
    rows = [
        [shown, *(_time(asdict(it.times)[part], it.times.whole) for it in profiles)]
        for part, shown in PARTS.items()
    ]
    sums = [f"{it.times.whole:,.1f}" for it in profiles]
    return [["", *(it.road.value for it in profiles)], *rows, ["all", *sums]]


def _cell(cost: Cost) -> str:
    return "" if cost == NOTHING else f"{cost.instructions:,.0f} + {cost.c_calls:,.0f}"


def _time(microseconds: float, whole: float) -> str:
    return f"{microseconds:,.1f}, {microseconds / whole:.0%}"


def _steadiness(profiles: Sequence[Profile]) -> str:
    apart = [it for it in profiles if it.counts.spread > 0]
    if not apart:
        return "The middle half of the rounds counted the same."
    told = [f"{it.road.value} `{it.work.value}` {it.counts.spread:.1%}" for it in apart]
    return f"The middle half of the rounds counted the same, but for: {', '.join(told)}."
