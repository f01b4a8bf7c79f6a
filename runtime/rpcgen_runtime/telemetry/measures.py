"""What transports count beside calls. Does nothing: `instruments` has the one that does.

Every label comes from a closed set or from the contract's table, never from the wire. May be
called from any thread; never raises, never blocks. No I/O.
"""

from typing import Literal, TypeAlias

from rpcgen_runtime.methods import Method

Reason: TypeAlias = Literal["expired", "failed", "limit", "rejected", "undecodable", "unknown"]
"""Why a message went to the dead letters; `limit` is that of deliveries, `unknown` the method."""
State: TypeAlias = Literal["closed", "connecting", "open", "blocked"]
"""What a connection is."""
Cause: TypeAlias = Literal["blocked", "cancelled", "channel", "heartbeat", "refused", "socket"]
"""Why a connection came to be made anew; `refused` is the broker's own word."""
Insecure: TypeAlias = Literal["credentials", "plaintext", "unverified"]
"""What of the configuration lets others read or write along."""


class Measures:
    """What a transport tells of itself."""

    def redelivered(self, method: Method | None = None) -> None:
        """Count a request that was handed out before."""

    def dead_lettered(self, reason: Reason, method: Method | None = None) -> None:
        """Count a message that was put aside."""

    def expired_unexecuted(self, method: Method | None = None) -> None:
        """Count a request whose deadline had passed when it came; the dispatcher counts its own."""

    def unroutable(self, method: Method | None = None) -> None:
        """Count a message that no queue took."""

    def late_reply(self) -> None:
        """Count a reply for which nobody waits any more, or never did."""

    def undecodable(self) -> None:
        """Count a message that could not be read."""

    def connection_state(self, name: str, state: State) -> None:
        """Note what a connection is now; `name` is one of a few, such as `publishing`."""

    def connection_blocked(self, name: str, seconds: float) -> None:
        """Add how long a connection was kept from publishing."""

    def reconnected(self, cause: Cause) -> None:
        """Count a connection that was lost and is made anew."""

    def confirmed(self, seconds: float) -> None:
        """Note how long the broker took to confirm a message."""

    def insecure(self, what: Insecure) -> None:
        """Note what the configuration leaves open; once for each connection."""

    def duplicate_ids(self, count: int) -> None:
        """Count requests of one batch whose id another one has too."""


NO_MEASURES = Measures()

SCOPE = "rpcgen_runtime"
"""Who measures and traces, as OpenTelemetry's instrumentation scope."""
OTHER = "_OTHER"
"""Stands for what the contract does not know: names from the wire never become labels."""
