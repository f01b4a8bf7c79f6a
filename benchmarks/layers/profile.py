"""A call over one road: counted in this process, timed in processes of its own."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.layers.counts import Counts, counted
from benchmarks.layers.roads import Road
from benchmarks.layers.times import Times, timed
from benchmarks.pair import Settings, started
from benchmarks.places import Places
from benchmarks.roster import Subject, chosen
from benchmarks.work import Work

PATIENCE = 10.0
"""Seconds after which a process has stalled."""


@dataclass(frozen=True, slots=True)
class Profile:
    """A call, by its layers."""

    road: Road
    work: Work
    counts: Counts
    times: Times


def profiled(road: Road, work: Work, places: Places, folder: Path, seconds: float) -> Profile:
    """Profile calls over a road; what the processes say goes to the folder.

    Every part is timed for so many seconds in a round, the whole call for four times as long.
    Raises SubjectError, UnknownFunctionError, and what a call raises.
    """
    subject, settings = _subject(road), Settings(4 * seconds, PATIENCE, is_uvloop=False)
    with places.place(subject) as url:
        counts = counted(road, work, url)
    with started(subject, 1, places, folder, settings) as pair:
        return Profile(road, work, counts, timed(road, work, pair, seconds))


def to_json(profile: Profile) -> Mapping[str, object]:
    """Return a profile as plain values."""
    return {
        "road": profile.road.value,
        "work": profile.work.value,
        "spread": profile.counts.spread,
        "cpu_us": asdict(profile.times),
        "counts": [
            {
                "side": spot.side,
                "layer": spot.layer.value,
                "function": spot.function,
                **asdict(cost),
            }
            for spot, cost in profile.counts.dearest()
        ],
    }


def _subject(road: Road) -> Subject:
    return next(it for it in chosen([road.value]) if it.name == road.value)
