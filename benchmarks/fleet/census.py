"""What a node holds: connections, queues and what they cost; asked of the node itself."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.broker.api import Api
from tests.broker.node import Node

TICKS = 100
"""Of a second in `/proc/PID/stat` (proc(5))."""

# RabbitMQ drops what it logs above 500 lines in a second, and has new handlers when it starts.
_LOG_ALL = """
All = #{burst_limit_enable => false, sync_mode_qlen => 1000000, drop_mode_qlen => 1000000,
        flush_qlen => 1000000},
spawn(fun() -> [begin
    [logger:update_handler_config(Handler, config, All) || Handler <- logger:get_handler_ids()],
    timer:sleep(50)
end || _ <- lists:seq(1, 600)] end).
"""
# The HTTP API would ask every queue how it is, which takes a busy node half a minute.
_COUNT = """
Queues = rabbit_amqqueue:list(<<"%s">>),
[length(Queues), length([it || Queue <- Queues, amqqueue:is_quorum(Queue)]),
 length([it || Queue <- Queues, amqqueue:get_exclusive_owner(Queue) =/= none]),
 length(rabbit_binding:list(<<"%s">>))].
"""


@dataclass(frozen=True, slots=True)
class Census:
    """Numbers of things, and bytes, at one moment."""

    connections: int = 0
    channels: int = 0
    consumers: int = 0
    bindings: int = 0
    exclusive: int = 0
    """Classic queues that end with a connection."""
    classic: int = 0
    """Durable ones."""
    quorum: int = 0
    connection_bytes: int = 0
    """With their channels."""
    classic_bytes: int = 0
    """Of exclusive and of durable ones."""
    quorum_bytes: int = 0
    rss_bytes: int = 0
    """Of the node as the system sees it."""


class _NodeApi(Api):
    """Tells of the node itself, too."""

    def memory(self, name: str) -> Mapping[str, Any]:
        """Return what a node's memory is for, now."""
        answer: Mapping[str, Any] = self._do("GET", "nodes", name, "memory")["memory"]
        return answer


class Registrar:
    """Counts what is in one vhost of a node that has no other."""

    def __init__(self, node: Node, vhost: str) -> None:
        self._node = node
        self._name = node.settings.name
        self._counting = _COUNT % (vhost, vhost)
        self._api = _NodeApi(node.api.url)
        self._process = 0
        self.look_again()

    def look_again(self) -> None:
        """Take the process that the node is now."""
        self._process = int(self._node.ctl("eval", "os:getpid().").strip().strip('"'))

    def log_all(self) -> None:
        """Let the node log every connection, for the next half minute."""
        self._node.ctl("eval", _LOG_ALL)

    def census(self) -> Census:
        """Count everything; takes a second or two."""
        totals = self._api.overview()["object_totals"]
        memory = self._api.memory(self._name)
        queues, quorum, exclusive, bindings = json.loads(self._node.ctl("eval", self._counting))
        return Census(
            connections=totals["connections"],
            channels=totals["channels"],
            consumers=totals["consumers"],
            # Each queue has one by its name, which nobody made.
            bindings=bindings - queues,
            exclusive=exclusive,
            classic=queues - quorum - exclusive,
            quorum=quorum,
            connection_bytes=sum(
                memory[f"connection_{it}"] for it in ("readers", "writers", "channels", "other")
            ),
            classic_bytes=memory["queue_procs"],
            quorum_bytes=memory["quorum_queue_procs"] + memory["quorum_ets"],
            rss_bytes=memory["total"]["rss"],
        )

    def connections(self) -> int:
        """Return how many connections there are, by the node's own statistics."""
        return int(self._api.overview()["object_totals"]["connections"])

    def declared(self) -> int:
        """Return how many queues were declared since the node counts: since it started last."""
        rates = self._api.overview()["churn_rates"]
        return int(rates.get("queue_declared", 0)) + int(rates.get("queue_created", 0))

    def cpu(self) -> float:
        """Return the seconds of processor time that the node has used."""
        fields = Path(f"/proc/{self._process}/stat").read_text(encoding="utf-8").rpartition(")")[2]
        user, system = fields.split()[11:13]
        return (int(user) + int(system)) / TICKS
