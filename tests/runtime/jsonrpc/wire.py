"""One connection to a server: sends bytes, receives answers.

Of the standard library alone.
"""

import select
import socket
from contextlib import suppress

from tests.runtime.jsonrpc.answers import Answer, WireError, take

PATIENCE = 20.0
"""Seconds after which what should long have happened has not."""
RECEIVE_BUFFER = 65_536
"""Small, so that who does not read is soon noticed by who writes."""


class EndedError(WireError):
    """The server ended the connection; `begun` is what of an answer came before."""

    def __init__(self, begun: bytes) -> None:
        super().__init__(f"the connection ended after {begun[:200]!r}")
        self.begun = begun


class Wire:
    """One connection. Close it."""

    def __init__(self, host: str, port: int) -> None:
        """Connect; raises OSError."""
        self.socket = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        self.socket.settimeout(PATIENCE)
        try:
            self.socket.connect((host, port))
        except OSError:
            self.socket.close()
            raise
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.pending = bytearray()
        """What came and was not yet taken."""

    def close(self) -> None:
        """End the connection."""
        self.socket.close()

    def send(self, data: bytes, drip: float | None = None) -> None:
        """Send, as far as the server takes it.

        Who drips looks for an answer after each byte, and stops when there is one.
        """
        with suppress(ConnectionError):
            if drip is None:
                self.socket.sendall(data)
                return
            for at in range(len(data)):
                self.socket.sendall(data[at : at + 1])
                if self.has_news(drip):
                    return

    def read(self, *, is_bodiless: bool = False) -> Answer:
        """Return the next answer; it has no body where the request said HEAD. Raises WireError."""
        while True:
            found = take(self.pending, is_bodiless=is_bodiless)
            if found is not None:
                return found
            if not self.receive():
                raise EndedError(bytes(self.pending))

    def ended(self) -> None:
        """Wait until the server ends the connection. Raises WireError if it says anything more."""
        while self.receive():
            pass
        if self.pending:
            raise WireError(f"more came where nothing should: {bytes(self.pending[:200])!r}")

    def receive(self) -> bool:
        """Wait for more; False where the server has ended the connection. Raises WireError."""
        try:
            piece = self.socket.recv(262_144)
        except TimeoutError:
            raise WireError(f"nothing came for {PATIENCE} s") from None
        except ConnectionError:
            piece = b""
        self.pending += piece
        return bool(piece)

    def has_news(self, seconds: float = 0.0) -> bool:
        """Whether something can be received, within some time."""
        return bool(select.select([self.socket], [], [], seconds)[0])
