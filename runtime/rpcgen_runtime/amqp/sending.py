"""Sending on the socket of one of pika's connections: at once, and by two threads in turn.

The event loop sends frames; where it is kept from that, another thread sends heartbeats between
them (AMQP 0-9-1 section 4.2.7). What is private to pika here is why it is pinned.
"""

import socket
import ssl
import threading
from contextlib import suppress
from typing import Any

from pika import frame
from pika.adapters.utils import io_services_utils

PLAINTEXT: Any = io_services_utils._AsyncPlaintextTransport  # noqa: SLF001
"""The type of a transport that has no TLS."""

_HEARTBEAT: bytes = frame.Heartbeat().marshal()


class OneAtATime:
    """A TLS socket, which two threads must not use at once."""

    def __init__(self, sock: Any, turn: threading.Lock) -> None:
        self.sock = sock
        self._turn = turn

    def recv(self, most: int) -> bytes:
        with self._turn:
            data: bytes = self.sock.recv(most)
            return data

    def send(self, data: bytes) -> int:
        with self._turn:
            sent: int = self.sock.send(data)
            return sent

    def __getattr__(self, name: str) -> Any:
        return getattr(self.sock, name)


def send(transport: Any, data: bytes, turn: threading.Lock) -> None:
    """Send at once what can be: pika would first wait to be told that the socket takes it."""
    if not isinstance(transport, PLAINTEXT):
        transport.write(data)
        transport._on_socket_writable()  # noqa: SLF001
        return
    sent = 0
    with turn:
        if not transport.get_write_buffer_size():
            # What goes wrong here goes wrong again where pika knows what to do.
            with suppress(OSError, AttributeError):
                sent = transport._sock.send(data)  # noqa: SLF001
        if sent < len(data):
            # A view: pika cuts off what was sent again and again, and would copy the rest each
            # time.
            transport.write(memoryview(data)[sent:])


def beat(transport: Any) -> None:
    """Send a heartbeat, unless a frame waits to go on."""
    if transport is None or transport.get_write_buffer_size():
        return
    own = transport._sock  # noqa: SLF001
    sock: Any = own.sock if isinstance(own, OneAtATime) else own
    if sock is None:
        return
    try:
        if sock.send(_HEARTBEAT) == len(_HEARTBEAT):
            return
    except (BlockingIOError, ssl.SSLWantReadError):
        return
    except OSError:
        pass  # TLS keeps what was sent in part, and would send it for what comes next
    with suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)
