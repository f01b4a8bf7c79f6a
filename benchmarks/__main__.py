"""`python -m benchmarks`: every subject in turn, cell by cell, round after round; then the tables.

Exit codes: 0 done, 1 one of ours failed, 2 wrong usage, 130 stopped by Ctrl-C.
"""

import json
import signal
import sys
import time
from pathlib import Path

from benchmarks import options
from benchmarks.environments import NotInstalledError
from benchmarks.goals import outcomes
from benchmarks.machine import machine
from benchmarks.pair import Settings
from benchmarks.progress import Progress
from benchmarks.results import Failed, Result, to_json
from benchmarks.roster import SUBJECTS, Role, chosen
from benchmarks.run import Plan, Versions, cells, run
from benchmarks.summary import Table, summed_up
from benchmarks.table import as_text, goals_as_text
from tests.broker.node import NodeError


def main(arguments: list[str]) -> int:
    """Run what is asked for; what was found before a Ctrl-C is shown, too."""
    parser = options.parser()
    given = parser.parse_args(arguments)
    try:
        subjects = chosen(given.only)
    except ValueError as error:
        parser.error(str(error))
    settings = Settings(given.seconds, given.patience, given.uvloop)
    plan = Plan(subjects, cells(given.work, given.callers), given.rounds, settings)
    if not plan.size:
        parser.error("none of these subjects does any of this work")
    results: list[Result] = []
    versions: Versions = {}
    begun = time.time()
    code = _run(plan, results, versions)
    tables = summed_up(results)
    print(as_text(tables))
    if reached := outcomes(tables, is_uvloop=settings.is_uvloop):
        print(f"\n{goals_as_text(reached)}")
    if given.json is not None:
        told = _told(plan, results, versions, begun)
        given.json.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    if given.plot is not None and results:
        code = max(code, _plot(tables, given.plot))
    return code


def _run(plan: Plan, results: list[Result], versions: Versions) -> int:
    # So that what was started is ended, and what was made is removed.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    progress = Progress(plan.size)
    try:
        run(plan, results, versions, progress.tell)
    except KeyboardInterrupt:
        return 130
    except NodeError as error:
        print(f"python -m benchmarks: {error}", file=sys.stderr)
        return 1
    finally:
        progress.close()
    ours = {it.name for it in SUBJECTS if it.role is Role.OURS}
    return int(any(it.subject in ours and isinstance(it.found, Failed) for it in results))


def _told(plan: Plan, results: list[Result], versions: Versions, begun: float) -> dict[str, object]:
    return {
        "begun": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(begun)),
        "took_s": round(time.time() - begun),
        "machine": machine(),
        "rounds": len({it.round for it in results}),
        "seconds": plan.settings.seconds,
        "uvloop": plan.settings.is_uvloop,
        "versions": versions,
        "results": to_json(results),
    }


def _plot(tables: list[Table], folder: Path) -> int:
    from benchmarks.plot import plot

    try:
        plot(tables, folder)
    except NotInstalledError as error:
        print(f"python -m benchmarks: no plot: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
