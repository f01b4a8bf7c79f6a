"""`python -m benchmarks.fleet`: a fleet at one node, two mass restarts, and what more would need.

Exit codes: 0 done, 1 a measurement failed, 2 wrong usage, 130 stopped by Ctrl-C.
"""

import json
import signal
import sys
import time
from typing import TextIO

from benchmarks.fleet import options
from benchmarks.fleet.files import raise_limit
from benchmarks.fleet.found import Found, to_json
from benchmarks.fleet.plan import Plan
from benchmarks.fleet.run import LINES, FleetError, run
from benchmarks.fleet.table import as_text
from benchmarks.machine import machine
from benchmarks.processes import SubjectError
from tests.broker.api import ApiError
from tests.broker.node import Node, NodeError


def main(arguments: list[str]) -> int:
    """Run what is asked for, print it, and keep it where that is asked for."""
    parser = options.parser()
    given = parser.parse_args(arguments)
    plan = options.plan_of(given)
    reason = raise_limit(plan.links)
    if reason is not None:
        parser.error(reason)
    # So that what was started is ended, and what was made is removed.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    begun, before = time.time(), machine()
    try:
        found, version = _measured(plan, _Status(sys.stderr))
    except KeyboardInterrupt:
        return 130
    except (ApiError, FleetError, NodeError, SubjectError) as error:
        print(f"python -m benchmarks.fleet: {error}", file=sys.stderr)
        return 1
    print(as_text(found))
    if given.json is not None:
        told = {
            "begun": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(begun)),
            "took_s": round(time.time() - begun),
            "machine": before,
            "rabbitmq": version,
            "found": to_json(found),
        }
        given.json.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    return int(any(it.calls.silent or it.calls.hung for it in found.stages))


def _measured(plan: Plan, status: "_Status") -> tuple[Found, str]:
    try:
        status.tell("starting a node")
        with Node(lines=LINES, is_small=False) as node:
            return run(plan, node, status.tell), node.ctl("version").strip()
    finally:
        status.tell("")


class _Status:
    """One line that tells what is done; on a terminal only."""

    def __init__(self, out: TextIO) -> None:
        self._out, self._begun = out, time.monotonic()

    def tell(self, what: str) -> None:
        """Show it in the place of what was done before; nothing takes it away."""
        if self._out.isatty():
            took = f"{time.monotonic() - self._begun:4.0f} s  " if what else ""
            self._out.write(f"\r\x1b[K{took}{what}")
            self._out.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
