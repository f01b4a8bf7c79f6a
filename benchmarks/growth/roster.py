"""The parts of a run, in their order."""

from collections.abc import Sequence

from benchmarks.growth.part import Part
from benchmarks.growth.parts import (
    bodies,
    callers,
    connections,
    contracts,
    imports,
    pending,
    servers,
)

PARTS = (
    servers.PART,
    callers.PART,
    pending.PART,
    bodies.PART,
    contracts.WITH_METHODS,
    contracts.WITH_MODELS,
    connections.PART,
    imports.PART,
)


def chosen(names: Sequence[str]) -> list[Part]:
    """Return the parts of these names, all without one. Raises ValueError."""
    known = [it.name for it in PARTS]
    for name in names:
        if name not in known:
            raise ValueError(f"no part `{name}`; there are: {' '.join(known)}")
    return [it for it in PARTS if not names or it.name in names]
