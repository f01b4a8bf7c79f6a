"""Three RabbitMQ nodes, each in a network namespace of its own, and what can go wrong with them.

All of it lives in what `inside_own_namespaces()` makes, and ends with it. Clients run there, too.
"""

import secrets
import time
from collections.abc import Callable, Collection, Sequence
from types import TracebackType
from typing import Self
from urllib.parse import quote

from tests.broker.api import Api, ApiError
from tests.broker.kept import Kept
from tests.broker.namespaces import (
    PRIVATE,
    NamespaceError,
    inside,
    inside_own_namespaces,
    missing,
)
from tests.broker.network import CLIENTS, Network, address
from tests.broker.node import Alarm, Node
from tests.broker.settings import Settings

__all__ = [
    "CLIENTS",
    "NUMBERS",
    "Cluster",
    "ClusterError",
    "NamespaceError",
    "address",
    "inside_own_namespaces",
    "missing",
]

NUMBERS = (1, 2, 3)
PATIENCE = 90.0
"""Seconds in which the cluster must have become what was asked for."""

_FORMATION = (
    "cluster_partition_handling = pause_minority",
    # Seconds of silence after which a node counts as away; 60 unless told.
    "net_ticktime = 8",
    "cluster_formation.peer_discovery_backend = classic_config",
    *(f"cluster_formation.classic_config.nodes.{it} = r@{address(it)}" for it in NUMBERS),
)


class ClusterError(Exception):
    """The cluster did not become what was asked for."""


class Cluster:
    """Nodes 1, 2 and 3. Use it in a `with`. Not for use from several threads at once."""

    def __init__(self, lines: Sequence[str] = ()) -> None:
        if not inside():
            raise ClusterError("a cluster lives in `inside_own_namespaces()`")
        self._alarmed: set[tuple[int, Alarm]] = set()
        self._frozen: set[int] = set()
        self._kept = Kept(PRIVATE)
        try:
            self._network = Network(NUMBERS, self._kept)
            cookie = secrets.token_hex(16)
            self.nodes = {it: self._make_node(it, cookie, lines) for it in NUMBERS}
        except BaseException:
            self._kept.close()
            raise

    @property
    def api(self) -> Api:
        """Return the HTTP API of the first node that runs and answers; raises ApiError."""
        for number in self._well():
            api = self.nodes[number].api
            try:
                api.vhosts()
            except ApiError:
                continue  # paused, as the minority
            return api
        raise ApiError("no node answers")

    def url(self, vhost: str = "/", numbers: Sequence[int] = NUMBERS) -> str:
        """Return where clients connect to: all these nodes, in this order."""
        hosts = ",".join(f"{address(it)}:5672" for it in numbers)
        return f"amqp://guest:guest@{hosts}/{quote(vhost, safe='')}"

    def start(self) -> Self:
        """Start all three, and return when they are one cluster; about 15 s."""
        self._start(NUMBERS)
        self.wait_for_all()
        return self

    def wait_for_all(self) -> None:
        """Return when each node sees all three run."""
        _until(lambda: all(self.seen_by(it) == set(NUMBERS) for it in NUMBERS), "one cluster")

    def seen_by(self, number: int) -> set[int]:
        """Return the nodes that run as far as one of them knows; none where that is paused."""
        try:
            nodes = self.nodes[number].api.running_nodes()
        except ApiError:
            return set()
        return {_number(it) for it in nodes}

    def kill(self, number: int) -> None:
        """End a node as `kill -9` does."""
        self.nodes[number].kill()

    def start_node(self, number: int) -> None:
        """Start a node that was killed or ended; return when it takes connections."""
        self._start([number])

    def freeze(self, number: int) -> None:
        """Let a node do nothing, with all its sockets open."""
        self.nodes[number].freeze()
        self._frozen.add(number)

    def thaw(self, number: int) -> None:
        """Let it go on."""
        self.nodes[number].thaw()
        self._frozen.discard(number)

    def rolling_restart(
        self, back: Callable[[int], None] = lambda _: None, numbers: Sequence[int] = NUMBERS
    ) -> None:
        """Drain, end and start one node after the other, as an operator does for an upgrade.

        Each waits until the others have a quorum of every queue without it; about 8 s each.
        `back` is told the number of each that is.
        """
        for number in numbers:
            node = self.nodes[number]
            node.ctl("await_online_quorum_plus_one", "--timeout", "60", program="rabbitmq-upgrade")
            node.ctl("drain", program="rabbitmq-upgrade")
            node.restart()
            self.wait_for_all()
            back(number)

    def link_down(self, number: int) -> None:
        """Pull a node's cable: what is sent to it and by it is lost in silence."""
        self._network.link_down(number)

    def link_up(self, number: int) -> None:
        """Plug it in again."""
        self._network.link_up(number)

    def partition(self, *groups: Collection[int]) -> None:
        """Part nodes from nodes, while clients reach all of them: `partition({1}, {2, 3})`."""
        of = {number: group for group, numbers in enumerate(groups) for number in numbers}
        self._network.drop([(a, b) for a in of for b in of if of[a] != of[b]])

    def drop(self, source: int, target: int) -> None:
        """Lose what goes in this one direction; `CLIENTS` is a place, too."""
        self._network.drop([(source, target)])

    def loss(self, percent: float, among: Collection[int] = (CLIENTS, *NUMBERS)) -> None:
        """Lose so many packets of those between these places, in each direction; 0 ends it."""
        self._network.lose(percent, among)

    def alarm(self, kind: Alarm, number: int) -> None:
        """Let a node run out of memory or disk, as far as it knows."""
        self.nodes[number].alarm(kind)
        self._alarmed.add((number, kind))

    def clear(self, kind: Alarm, number: int) -> None:
        """Let it have enough again."""
        self.nodes[number].clear(kind)
        self._alarmed.discard((number, kind))

    def leader_of(self, queue: str, vhost: str = "/") -> int:
        """Return which node leads a quorum queue; waits for one to be elected."""
        leaders: list[int] = []

        def known() -> bool:
            try:
                leader = self.api.queue(queue, vhost).leader
            except ApiError:
                return False
            if leader is not None and _number(leader) in self._well():
                leaders.append(_number(leader))
            return bool(leaders)

        _until(known, f"a leader of `{queue}`")
        return leaders[0]

    def heal(self) -> None:
        """Undo all that was done, start what is down; return when all three are one cluster."""
        self._network.heal()
        for number in list(self._frozen):
            self.thaw(number)
        self._start([it for it in NUMBERS if not self.nodes[it].running])
        for number, kind in list(self._alarmed):
            self.clear(kind, number)
        self.wait_for_all()

    def close(self) -> None:
        """End all nodes, and leave the outer namespace as it was."""
        self._kept.close()
        self._network.close()

    def __enter__(self) -> Self:
        """Start it."""
        try:
            return self.start()
        except BaseException:
            self.close()
            raise

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End it."""
        self.close()

    def _make_node(self, number: int, cookie: str, lines: Sequence[str]) -> Node:
        here = address(number)
        folder = self._kept.folder / f"n{number}"
        folder.mkdir()
        told = (*_FORMATION, *lines)
        settings = Settings(folder, f"r@{here}", cookie, address=here, lines=told)
        return Node(settings=settings, kept=self._kept, prefix=self._network.prefixes[number])

    def _start(self, numbers: Sequence[int]) -> None:
        """Start nodes at once: who was the last to end may be whom the others wait for."""
        for number in numbers:
            # One that was killed while frozen is not frozen any longer.
            self._frozen.discard(number)
            self.nodes[number].launch()
        for number in numbers:
            self.nodes[number].wait()

    def _well(self) -> list[int]:
        """Return the nodes that run, are not frozen and can be reached."""
        away = self._frozen | self._network.away
        return [it for it in NUMBERS if it not in away and self.nodes[it].running]


def _number(node: str) -> int:
    return int(node.rpartition(".")[2])


def _until(reached: Callable[[], bool], what: str) -> None:
    patient_until = time.monotonic() + PATIENCE
    while not reached():
        if time.monotonic() > patient_until:
            raise ClusterError(f"{what}: not after {PATIENCE:g} s")
        time.sleep(0.1)
