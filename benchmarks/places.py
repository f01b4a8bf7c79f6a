"""Where subjects serve: a free port, a vhost of its own at a node of ours, or nowhere at all."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
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
    def place(self, subject: Subject) -> Iterator[str]:
        """Give a URL that nobody else has."""
        makers: dict[Road, Callable[[Subject], Iterator[str]]] = {
            Road.BROKER: self._vhost,
            Road.DIRECT: _port,
            Road.MEMORY: _name,
        }
        yield from makers[subject.road](subject)

    def _vhost(self, subject: Subject) -> Iterator[str]:
        assert self.node is not None
        vhost = f"{subject.name}-{uuid4().hex}"
        self.node.api.make_vhost(vhost)
        try:
            yield self.node.url(vhost)
        finally:
            with suppress(ApiError):  # the node may be what failed
                self.node.api.delete_vhost(vhost)


def _port(subject: Subject) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    yield f"{subject.scheme}://127.0.0.1:{port}/"


def _name(subject: Subject) -> Iterator[str]:
    yield f"memory://{subject.name}"
