"""What a run ran on."""

import os
import platform
from collections.abc import Mapping
from pathlib import Path


def machine() -> Mapping[str, object]:
    """Return what the figures depend on."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / (1 << 30)
    return {
        "processors": os.cpu_count(),
        "processor": _processor(),
        "memory_gib": round(memory),
        "system": platform.platform(),
        "python": platform.python_version(),
        "load": list(os.getloadavg()),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = [it.partition(":")[2].strip() for it in lines if it.startswith("model name")]
    return names[0] if names else platform.machine()
