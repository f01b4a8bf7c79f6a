"""What a new cloud has: five hosts in two zones, and how much a project may use."""

import datetime as dt

from demo.compute.v2 import Cpu, Host, Resources
from examples.compute.resources import nothing

UPTIME = dt.timedelta(days=3)


def hosts(now: dt.datetime) -> list[Host]:
    """Return the hosts, all of them enabled and empty."""
    plain, fast = ["sse4", "avx"], ["sse4", "avx", "avx2"]
    return [
        _host("anna", "north", Cpu(model="epyc-2", features=fast), 16, now=now),
        _host("bert", "north", Cpu(model="epyc-2", features=fast), 16, now=now),
        _host("cleo", "north", Cpu(model="xeon-1", features=plain), 8, now=now),
        _host("dora", "south", Cpu(model="epyc-2", features=fast), 16, now=now),
        _host("emil", "south", Cpu(model="epyc-2", features=fast), 8, gpus=2, now=now),
    ]


def quota() -> Resources:
    """Return what a project may use unless `set_quota` said otherwise."""
    return Resources(vcpus=48, memory_mb=192 * 1024, disk_gb=4000, gpus=2)


def _host(name: str, zone: str, cpu: Cpu, vcpus: int, *, gpus: int = 0, now: dt.datetime) -> Host:
    room = Resources(vcpus=vcpus, memory_mb=vcpus * 4096, disk_gb=vcpus * 100, gpus=gpus)
    return Host(name=name, zone=zone, total=room, used=nothing(), booted_at=now - UPTIME, cpu=cpu)
