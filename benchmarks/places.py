"""Where subjects serve: a free port, a vhost of its own at a node of ours, or nowhere at all."""

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from uuid import uuid4

from benchmarks.roster import Road, Subject
from tests.broker.api import ApiError
from tests.broker.node import Node


@dataclass(frozen=True, slots=True)
class Places:
    """Makes places; the node is there if a subject of the run needs one."""

    node: Node | None

    @contextmanager
    def place(self, subject: Subject, receivers: int = 1) -> Iterator[str]:
        """Give a URL that nobody else has, for so many servers."""
        makers: dict[Road, Callable[[Subject, int], Iterator[str]]] = {
            Road.BROKER: self._vhost,
            Road.DIRECT: _ports,
            Road.MEMORY: _name,
        }
        yield from makers[subject.road](subject, receivers)

    def _vhost(self, subject: Subject, _receivers: int) -> Iterator[str]:
        assert self.node is not None
        vhost = f"{subject.name}-{uuid4().hex}"
        self.node.api.make_vhost(vhost)
        try:
            yield self.node.url(vhost)
        finally:
            with suppress(ApiError):  # the node may be what failed
                self.node.api.delete_vhost(vhost)


def _ports(subject: Subject, receivers: int) -> Iterator[str]:
    with ExitStack() as held:
        probes = [held.enter_context(socket.socket()) for _ in range(receivers)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        hosts = ",".join(f"127.0.0.1:{it.getsockname()[1]}" for it in probes)
    yield f"{subject.scheme}://{hosts}/"


def _name(subject: Subject, _receivers: int) -> Iterator[str]:
    yield f"memory://{subject.name}"
