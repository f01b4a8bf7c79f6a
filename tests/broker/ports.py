"""Ports for a node, chosen before it starts since others are told of them."""

import random
import socket
from contextlib import ExitStack

from tests.broker.settings import Ports

_CHOICE = range(15_000, 32_000)
"""Below those that systems hand out, so that nobody is given one while the node does not listen."""


def free_ports() -> Ports:
    """Return ports of loopback that nobody listens at."""
    with ExitStack() as held:
        found: list[int] = []
        while len(found) < 5:
            probe = held.enter_context(socket.socket())
            try:
                probe.bind(("127.0.0.1", random.choice(_CHOICE)))
            except OSError:
                continue
            found.append(probe.getsockname()[1])
    return Ports(*found)


def answers(address: str, port: int, hello: bytes = b"") -> bool:
    """Whether somebody takes a connection there and, where told a hello, says anything to it."""
    try:
        with socket.create_connection((address, port), 1.0) as connection:
            connection.sendall(hello)
            return not hello or bool(connection.recv(1))
    except OSError:
        return False
