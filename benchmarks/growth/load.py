"""One stretch of calls, and what it cost a client and its servers."""

from collections.abc import Sequence

from benchmarks.growth.points import Figures
from benchmarks.growth.rig import PATIENCE
from benchmarks.growth.scale import Scale
from benchmarks.measure import Sample
from benchmarks.processes import Process


def load(
    client: Process, servers: Sequence[Process], scale: Scale, callers: int, size: int = 0
) -> Figures:
    """Let callers add, or send bytes of a size. Raises SubjectError."""
    before = _cpu(servers)
    work = {"size": size, "callers": callers, "seconds": scale.seconds}
    told = client.ask({"load": work}, 2 * scale.seconds + PATIENCE)
    return figures(Sample(**told), _cpu(servers) - before)


def figures(found: Sample, servers_cpu: float) -> Figures:
    """Return the figures of a sample and of the seconds that servers spent on it. Pure."""
    return {
        "calls_s": found.calls / found.seconds,
        "cpu_us": 1e6 * (found.cpu + servers_cpu) / found.all_calls,
        "client_cpu_us": 1e6 * found.cpu / found.all_calls,
        "p50_ms": found.p50_ms,
        "p99_ms": found.p99_ms,
    }


def rss(process: Process) -> float:
    """Return the KiB that a process has. Raises SubjectError."""
    return float(process.ask({"memory": True}, PATIENCE)["rss"])


def pss(process: Process) -> float:
    """Return the KiB of a process, with its part of what it shares. Raises SubjectError."""
    return float(process.ask({"memory": True}, PATIENCE)["pss"])


def _cpu(servers: Sequence[Process]) -> float:
    return sum(float(it.ask({"cpu": True}, PATIENCE)["cpu"]) for it in servers)
