"""Performs rows: `python -m tests.faults ROW… [--peer NAME] [--brief] [--json FILE] [--list]`.

Progress goes to standard error, one JSON line a row to standard output.
"""

import argparse
import json
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from tests.broker.node import Node
from tests.faults.cluster import Cluster, inside_own_namespaces, missing
from tests.faults.peers.environment import interpreter
from tests.faults.perform import Line, perform
from tests.faults.rows.all import ROWS
from tests.faults.rows.row import Needs, Row
from tests.faults.scene import Broker
from tests.faults.sides import OURS, PEERS


def main() -> int:
    """Return 0 where nothing was missed."""
    arguments = _arguments()
    if arguments.list:
        for row in ROWS.values():
            print(f"{row.id:4} {row.needs.value:34} {row.fault}")
        return 0
    compared = [it.id for it in ROWS.values() if it.for_peers]
    wanted = [ROWS[it] for it in arguments.rows or (compared if arguments.peer else ROWS)]
    if any(it.needs is Needs.CLUSTER for it in wanted) and missing() is None:
        # There the peers cannot be installed any more.
        interpreter(arguments.peer or OURS)
        inside_own_namespaces()
    # So that what was started is ended, and what was made is removed.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    well = True
    for line in _perform(wanted, arguments):
        text = json.dumps(line, ensure_ascii=False)
        print(text, flush=True)
        if arguments.json is not None:
            with arguments.json.open("a", encoding="utf-8") as file:
                file.write(text + "\n")
        well = well and not (line.get("missed") or line.get("failed"))
    return 0 if well else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults")
    parser.add_argument("rows", nargs="*", metavar="ROW", help="default: all that the side has")
    parser.add_argument("--peer", choices=PEERS, help="another library (default: ours)")
    parser.add_argument("--brief", action="store_true", help="shorter, with less load")
    parser.add_argument("--seed", type=int, default=time.time_ns() % 1_000_000)
    parser.add_argument("--json", type=Path, help="append the lines to this file, too")
    parser.add_argument("--keep", type=Path, help="leave the logs in this folder")
    parser.add_argument("--list", action="store_true", help="list the rows")
    found = parser.parse_args()
    unknown = [it for it in found.rows if it not in ROWS]
    if unknown:
        parser.error(f"no row `{unknown[0]}`; there are: {' '.join(ROWS)}")
    return found


def _perform(rows: list[Row], arguments: argparse.Namespace) -> Iterator[Line]:
    side = arguments.peer or OURS
    with ExitStack() as held:
        brokers: dict[Needs, Broker | None] = {Needs.NOTHING: None}
        for row in rows:
            say = partial(_say, row)
            if row.needs is Needs.CLUSTER and (reason := missing()) is not None:
                yield {"test": row.id, "side": side, "fault": row.fault, "impossible": reason}
                continue
            if row.needs not in brokers:
                say(f"starting {row.needs.value}")
                brokers[row.needs] = _broker(row.needs, held)
            yield perform(
                row,
                side,
                brokers[row.needs],
                seed=arguments.seed,
                is_brief=arguments.brief,
                say=say,
                keep=arguments.keep,
            )


def _broker(needs: Needs, held: ExitStack) -> Broker:
    if needs is Needs.CLUSTER:
        return held.enter_context(Cluster())
    return held.enter_context(Node())


def _say(row: Row, text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {row.id}: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
