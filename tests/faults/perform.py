"""Performs one row and returns its line: the figures, what was required, what was missed."""

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.broker.api import ApiError
from tests.broker.node import Node
from tests.faults import raw
from tests.faults.aftermath import evidence, settle
from tests.faults.checker import Evidence, check, expired, hung, lost, repeated
from tests.faults.cluster import Cluster
from tests.faults.load import BRIEF, FULL, fitting
from tests.faults.log import Asked
from tests.faults.processes import ProcessError
from tests.faults.rows.row import Row, RowImpossible
from tests.faults.scene import Broker, Places, RowError, Scene
from tests.faults.work import Outcome

MOST_TOLD = 8
"""Keys that are named for one figure."""
VHOSTS = 3
"""How many are tried."""
OPENING = 10.0
"""Seconds in which a node must serve a new one."""

Line = dict[str, object]
"""One JSON line."""


def perform(
    row: Row,
    side: str,
    broker: Broker | None,
    *,
    seed: int,
    is_brief: bool,
    say: Callable[[str], None],
    keep: Path | None = None,
) -> Line:
    """Perform a row; `keep` is a folder for the logs, which else are gone afterwards."""
    began = time.monotonic()
    head: Line = {"test": row.id, "side": side, "seed": seed, "fault": row.fault}
    name, vhost = f"{row.id}-{side}", ""
    load = fitting(side, BRIEF if is_brief else FULL)
    load = row.shaped(load) if row.shaped is not None else load
    try:
        vhost = _vhost(broker, name)
        with TemporaryDirectory(prefix="rpcgen-", dir=_private(broker)) as made:
            folder = made if keep is None else _folder(keep / f"{name}-{secrets.token_hex(4)}")
            places = Places(side, broker, vhost, Path(folder), seed, is_brief, say)
            with Scene(places, load) as scene:
                row.act(scene)
                settle(scene)
                found = evidence(scene)
                figures = {**asdict(check(found)), **scene.measured}
                notes = [*scene.notes, *_told(found)]
    except RowImpossible as error:
        return {**head, "impossible": str(error)}
    except (RowError, ProcessError, ApiError) as error:
        return {**head, "failed": f"{type(error).__name__}: {error}"}
    finally:
        _restore(broker, vhost)
    required = row.required(is_brief=is_brief)
    return {
        **head,
        "load": load.described(),
        "is_brief": is_brief,
        "duration_s": round(time.monotonic() - began, 1),
        **figures,
        "required": [str(it) for it in required],
        "missed": [f"{it}: {figures.get(it.figure)}" for it in required if not it.holds(figures)],
        "notes": notes,
    }


def _private(broker: Broker | None) -> str | None:
    """Return where files go that must not outlive a rig that is killed; None: to where all go."""
    return "/run" if isinstance(broker, Cluster) else None


def _folder(path: Path) -> str:
    path.mkdir(parents=True)
    return str(path)


def _vhost(broker: Broker | None, name: str) -> str:
    """Return a new vhost that all nodes serve. Raises RowError."""
    if broker is None:
        return ""
    for _ in range(VHOSTS):
        # Of its own for each try: one that was deleted a moment ago is not gone everywhere, and
        # one made in a cluster that has just come together may never open at a node.
        vhost = f"faults-{name}-{secrets.token_hex(4)}"
        with suppress(ApiError):
            broker.api.make_vhost(vhost)
            nodes = broker.nodes.values() if isinstance(broker, Cluster) else ()
            if all(_opens(node, vhost) for node in nodes):
                return vhost
    raise RowError("the cluster serves no new vhost")


def _opens(node: Node, vhost: str) -> bool:
    patient_until = time.monotonic() + OPENING
    while not raw.is_open(node.url(vhost)):
        if time.monotonic() > patient_until:
            return False
        time.sleep(0.1)
    return True


def _restore(broker: Broker | None, vhost: str) -> None:
    """Let the next row find what this one found."""
    if isinstance(broker, Cluster):
        broker.heal()
    elif isinstance(broker, Node) and not broker.running:
        broker.start()
    if broker is not None and vhost:
        with suppress(ApiError):
            broker.api.delete_vhost(vhost)


def _told(found: Evidence) -> list[str]:
    """Return the keys behind what was missed, and the errors that callers saw."""
    named: Mapping[str, list[str]] = {
        "lost": lost(found),
        "expired": expired(found),
        "hung": hung(found),
        "repeated": [f"{key} ×{runs}" for key, runs in repeated(found).items()],
    }
    told = [f"{what}: {', '.join(keys[:MOST_TOLD])}" for what, keys in named.items() if keys]
    return [*told, *_errors(found.asked)]


def _errors(asked: Sequence[Asked]) -> list[str]:
    counts: dict[str, int] = {}
    for it in asked:
        if it.answer is not None and it.outcome is not Outcome.RESULT:
            text = f"{it.kind}: {it.answer.outcome}: {it.answer.error[:160]}"
            counts[text] = counts.get(text, 0) + 1
    often = sorted(counts, key=lambda it: -counts[it])
    return [f"{counts[it]}× {it}" for it in often[:MOST_TOLD]]
