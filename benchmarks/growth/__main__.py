"""`python -m benchmarks.growth`: what calls cost as there are more and larger ones.

Exit codes: 0 done, 1 a measurement failed, 2 wrong usage, 130 stopped by Ctrl-C.
"""

import json
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.environments import NotInstalledError
from benchmarks.growth import options
from benchmarks.growth.part import Part
from benchmarks.growth.plot import plot
from benchmarks.growth.points import Point, to_json
from benchmarks.growth.roster import chosen
from benchmarks.growth.run import run, size
from benchmarks.growth.scale import BRIEF, FULL, Scale
from benchmarks.growth.summary import summed_up
from benchmarks.growth.table import as_text
from benchmarks.machine import machine
from benchmarks.progress import Progress
from benchmarks.results import Failed
from tests.broker.node import NodeError


def main(arguments: list[str]) -> int:
    """Run what is asked for; what was found before a Ctrl-C is shown, too."""
    parser = options.parser()
    given = parser.parse_args(arguments)
    try:
        parts = chosen(given.only)
    except ValueError as error:
        parser.error(str(error))
    scale = BRIEF if given.brief else FULL
    points: list[Point] = []
    begun = time.time()
    code = _run(parts, scale, points)
    tables = summed_up(points, parts)
    print(as_text(tables))
    if given.json is not None:
        told = _told(scale, points, begun)
        given.json.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    if given.plot is not None and points:
        code = code or _plot(points, parts, given.plot)
    return code


def _run(parts: Sequence[Part], scale: Scale, points: list[Point]) -> int:
    # So that what was started is ended, and what was made is removed.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    progress = Progress(size(parts, scale))

    def tell(point: Point) -> None:
        points.append(point)
        progress.tell(point)

    try:
        run(parts, scale, tell)
    except KeyboardInterrupt:
        return 130
    except NodeError as error:
        print(f"python -m benchmarks.growth: {error}", file=sys.stderr)
        return 1
    finally:
        progress.close()
    return int(any(isinstance(it.found, Failed) for it in points))


def _told(scale: Scale, points: list[Point], begun: float) -> dict[str, object]:
    return {
        "begun": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(begun)),
        "took_s": round(time.time() - begun),
        "machine": machine(),
        "rounds": scale.rounds,
        "seconds": scale.seconds,
        "points": to_json(points),
    }


def _plot(points: list[Point], parts: Sequence[Part], folder: Path) -> int:
    try:
        plot(summed_up(points, parts), folder)
    except NotInstalledError as error:
        print(f"python -m benchmarks.growth: no plot: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
