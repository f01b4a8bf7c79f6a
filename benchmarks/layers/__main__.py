"""`python -m benchmarks.layers`: one call over every road, by its layers.

Exit codes: 0 done, 1 a measurement failed, 2 wrong usage, 130 stopped by Ctrl-C.
"""

import argparse
import json
import signal
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import lines
from benchmarks.arguments import new_file, positive
from benchmarks.layers.profile import Profile, profiled, to_json
from benchmarks.layers.roads import WORKS, Road
from benchmarks.layers.table import as_markdown, as_text, functions
from benchmarks.machine import machine
from benchmarks.page import PAGE, put
from benchmarks.places import Places
from benchmarks.work import Work
from tests.broker.node import Node, NodeError
from tests.broker.programs import find


def main(arguments: list[str]) -> int:
    """Profile what is asked for; what was found before a Ctrl-C is shown, too."""
    given = _parser().parse_args(arguments)
    # So that what was started is ended.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    found: list[Profile] = []
    try:
        roads = [Road(it) for it in given.only or _possible()]
        code = _run(roads, [Work(it) for it in given.work], given.seconds, found)
    except KeyboardInterrupt:
        code = 130
    told = [as_text(found), *(map(functions, found) if given.functions else ())]
    print(*filter(None, told), sep="\n\n")
    _keep(found, given.json, is_for_page=given.page and code == 0)
    return code


def _parser() -> argparse.ArgumentParser:
    roads, works = [it.value for it in Road], [it.value for it in WORKS]
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.layers",
        description="Count and time one call by its layers.",
        epilog=f"Roads: {' '.join(roads)}. "
        "Exit codes: 0 done, 1 a measurement failed, 2 wrong usage, 130 stopped by Ctrl-C.",
    )
    parser.add_argument(
        "--only", nargs="+", choices=roads, metavar="ROAD", help="default: all that can be tried"
    )
    parser.add_argument("--work", nargs="+", choices=works, default=works, help="default: both")
    parser.add_argument(
        "--seconds", type=positive(float), default=0.05, help="of a part; default: 0.05"
    )
    parser.add_argument("--functions", action="store_true", help="show the functions, too")
    parser.add_argument("--json", type=new_file, metavar="FILE", help="keep what was found there")
    parser.add_argument("--page", action="store_true", help="write docs/performance.md")
    return parser


def _possible() -> list[str]:
    """Return the roads that can be tried on this machine."""
    if find() is not None:
        return [it.value for it in Road]
    print("no RabbitMQ here, so not over AMQP: python -m tests.broker.install", file=sys.stderr)
    return [it.value for it in Road if not it.needs_node]


def _run(roads: Sequence[Road], works: Sequence[Work], seconds: float, found: list[Profile]) -> int:
    """Add each profile to the list; return the exit code."""
    code = 0
    with ExitStack() as held:
        folder = Path(held.enter_context(TemporaryDirectory(prefix="rpcgen-layers-")))
        try:
            has_node = any(it.needs_node for it in roads)
            places = Places(held.enter_context(Node(is_small=False)) if has_node else None)
        except NodeError as error:
            return _failed("the node", error)
        for work, road in product(works, roads):
            what = f"{road.value} {work.value}"
            _show(f"{what}…")
            try:
                found.append(profiled(road, work, places, folder, seconds))
            except Exception as error:  # noqa: BLE001  # a call may raise anything
                code = _failed(what, error)
        _show("")
    return code


def _show(text: str) -> None:
    """Tell a terminal what is being done."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)


def _failed(what: str, error: Exception) -> int:
    _show("")
    print(f"python -m benchmarks.layers: {what}: {lines.reason(error)}", file=sys.stderr)
    return 1


def _keep(found: Sequence[Profile], kept: Path | None, *, is_for_page: bool) -> None:
    if kept is not None:
        told = {"machine": machine(), "profiles": [to_json(it) for it in found]}
        kept.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    if is_for_page:
        page = PAGE.read_text(encoding="utf-8")
        PAGE.write_text(put(page, "layers", as_markdown(found)), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
