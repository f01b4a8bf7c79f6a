"""How much memory this process has; Linux alone tells. Standard library only."""

import gc
from dataclasses import dataclass
from pathlib import Path

_ROLLUP = Path("/proc/self/smaps_rollup")


@dataclass(frozen=True, slots=True)
class Resident:
    """In KiB; proc(5) under `smaps_rollup`."""

    rss: int
    """All pages that are there."""
    pss: int
    """Each page that is shared with other processes by their part of it."""


def resident() -> Resident:
    """Return what is held once what nobody holds is given back. Raises OSError elsewhere."""
    gc.collect()
    lines = _ROLLUP.read_text(encoding="ascii").splitlines()[1:]
    found = {name: int(value.split()[0]) for name, _, value in (it.partition(":") for it in lines)}
    return Resident(found["Rss"], found["Pss"])
