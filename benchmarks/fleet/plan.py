"""What is run. A value."""

import math
from dataclasses import dataclass

SERVERS_EACH, CLIENTS_EACH = 10, 50
"""In one process."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How many servers and clients, and what they are put through; times are in seconds."""

    servers: int = 200
    clients: int = 1_000
    seconds: float = 30.0
    """For which every client calls before anything is restarted."""
    period: float = 5.0
    """From one call of a client to its next."""
    outage: float = 5.0
    """For which the node takes no connections when it is restarted."""
    timeout: float = 60.0
    """Of a call."""
    patience: float = 180.0
    """For which anything is waited for."""

    @property
    def links(self) -> int:
        """Return how many connections there are to be: two for each server and client."""
        return 2 * (self.servers + self.clients)

    @property
    def processes(self) -> int:
        """Return in how many processes they live."""
        return math.ceil(self.servers / SERVERS_EACH) + math.ceil(self.clients / CLIENTS_EACH)
