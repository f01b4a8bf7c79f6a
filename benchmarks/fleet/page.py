"""Writes a run into the page about scaling, between its markers: `python -m benchmarks.fleet.page`.

Takes the FILE that `--json` wrote.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.environments import ROOT
from benchmarks.fleet.found import from_json
from benchmarks.fleet.table import TABLES
from benchmarks.grid import piped
from benchmarks.page import put

PAGE = ROOT / "docs" / "scaling.md"


def write(run: Mapping[str, Any], page: str) -> str:
    """Return the page with a run in it. Raises ValueError where it has no markers."""
    found = from_json(run["found"])
    page = put(page, "machine", machine(run))
    for name, table in TABLES.items():
        page = put(page, name, piped(table(found)))
    return page


def machine(run: Mapping[str, Any]) -> str:
    """Return what the figures depend on, in a paragraph."""
    on, found = run["machine"], from_json(run["found"])
    plan, load = found.plan, on["load"][0]
    return (
        f"{plan.servers:,} servers and {plan.clients:,} clients in {plan.processes} processes, "
        f"beside the node they call: {on['processors']} processors ({on['processor']}), "
        f"{on['memory_gib']} GiB, {on['system']}, Python {on['python']}, RabbitMQ "
        f"{run['rabbitmq']}. A client called every {plan.period:g} s, for {plan.seconds:g} s "
        f"({found.calls_per_s:,.0f} calls/s in all, {1e3 * found.cpu_per_call:.1f} ms of CPU each, "
        f"the node's included); the node was away for {plan.outage:g} s. Other work on the machine "
        f"when it began: a load of {load:.1f}. Begun {run['begun']}, took {run['took_s']} s."
    )


def main(arguments: list[str]) -> int:
    """Write the page; return 2 where the file cannot be read."""
    if len(arguments) != 1 or not Path(arguments[0]).is_file():
        print("usage: python -m benchmarks.fleet.page FILE", file=sys.stderr)
        return 2
    run = json.loads(Path(arguments[0]).read_text(encoding="utf-8"))
    PAGE.write_text(write(run, PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
