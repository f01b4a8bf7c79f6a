"""What a run of a fleet found; values, and how they are kept as JSON. No I/O."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.fleet.calls import Calls
from benchmarks.fleet.census import Census
from benchmarks.fleet.journal import Arrivals
from benchmarks.fleet.plan import Plan

FIRST, NODE, SERVERS = "first start", "node restarted", "servers restarted"
"""The names of stages."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One thing that the fleet was put through; moments are seconds from its begin on."""

    name: str
    node_cpu: float
    """Processor time of the node, and below of all processes of the fleet."""
    fleet_cpu: float
    declared: int
    """Queues that the node was asked to declare."""
    failed_starts: int
    """Servers that found no broker in time, and were started again."""
    arrivals: Arrivals
    calls: Calls


@dataclass(frozen=True, slots=True)
class Found:
    """A whole run."""

    plan: Plan
    empty: Census
    served: Census
    """With the servers."""
    full: Census
    """With the clients, too, after they have called for a while."""
    served_s: float
    """Seconds until all servers served, at first."""
    servers_cpu: float
    """Of the node, for that."""
    calls_per_s: float
    """In the steady time, and the processor time of a call, of node and fleet together."""
    cpu_per_call: float
    stages: Sequence[Stage]

    def stage(self, name: str) -> Stage:
        """Return what one stage found."""
        return next(it for it in self.stages if it.name == name)


def to_json(found: Found) -> dict[str, Any]:
    """Return it as JSON has it."""
    return asdict(found)


def from_json(kept: Mapping[str, Any]) -> Found:
    """Return what JSON has."""
    censuses = {it: Census(**kept[it]) for it in ("empty", "served", "full")}
    stages = [_stage(it) for it in kept["stages"]]
    return Found(**{**kept, **censuses, "plan": Plan(**kept["plan"]), "stages": stages})


def _stage(kept: Mapping[str, Any]) -> Stage:
    arrivals, calls = Arrivals(**kept["arrivals"]), Calls(**kept["calls"])
    return Stage(**{**kept, "arrivals": arrivals, "calls": calls})
