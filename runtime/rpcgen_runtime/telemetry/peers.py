"""Where a transport's calls go, as far as it knows beforehand. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Peer:
    """The other side of a transport."""

    transport: Literal["tcp", "unix", "inproc"] | None = None
    address: str | None = None
    """A host's name or a socket's path; None where there are several."""
    port: int | None = None

    @cached_property
    def attributes(self) -> Mapping[str, str | int]:
        """Return what spans say of it."""
        told = {
            "network.transport": self.transport,
            "server.address": self.address,
            "server.port": self.port,
        }
        return {name: it for name, it in told.items() if it is not None}


UNKNOWN = Peer()
