"""What may be set behind the `?` of an AMQP URL, by name, with defaults and ranges. No I/O."""

import difflib
from collections.abc import Mapping
from dataclasses import asdict, dataclass

CALLS = ("auto", "classic", "quorum")
BODIES = ("json", "msgpack")

_RANGES: Mapping[str, tuple[int, int]] = {
    "heartbeat": (2, 3_600),
    "connect_timeout": (1, 300),
    "confirm_timeout": (1, 300),
    "work_timeout": (1, 86_400),
    "audit": (1, 86_400),
    "prefetch": (0, 65_535),
    "max_pending": (1, 1_000_000),
    "max_waiting": (1, 10_000_000),
    "max_body": (1_024, 128 << 20),
    "delivery_limit": (2, 1_000),
    "server_expires": (60, 2_592_000),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AmqpOptions:
    """How one side uses the broker. Times are in whole seconds, sizes in bytes.

    Raises ValueError for a value out of its range.
    """

    calls: str = "auto"
    """The type of the queues that calls ride: `classic` is fast, `quorum` outlives the loss of a
    node. `auto`: as the queue is, or, for a new one, quorum where the URL names several hosts."""
    body: str = "json"
    """How a client writes parameters: `json` or `msgpack`. Replies come back in the same."""
    heartbeat: int = 10
    """A connection on which nothing came for so long, and 5 seconds more, is dead."""
    connect_timeout: int = 5
    """For one host: until the connection is open."""
    confirm_timeout: int = 10
    """What the broker has not confirmed by then is not waited for on that connection any more."""
    work_timeout: int = 900
    """For which a cast's or an event's handler may run. Well below the broker's own limit for
    unacknowledged messages, which is half an hour."""
    audit: int = 30
    """After which a server declares exchanges and bindings again, and up to a half more: it is not
    told when they are lost, with a deleted exchange or a node that was rolled back."""
    prefetch: int = 0
    """Messages that a server takes from each queue at once; 0: as its executor has places."""
    max_pending: int = 16_384
    """Calls that one transport has sent and waits for; as many more may wait for their turn."""
    max_waiting: int = 100_000
    """Messages that may wait in one queue. More: Overloaded."""
    max_body: int = 4 << 20
    """Of a request or a reply."""
    delivery_limit: int = 5
    """How often a cast or an event is tried again before it is among the dead letters."""
    server_expires: int = 86_400
    """For which the queues of a named server outlive it."""

    def __post_init__(self) -> None:
        if self.calls not in CALLS:
            raise ValueError(f"`calls` is `{self.calls}`; accepted: {', '.join(CALLS)}")
        if self.body not in BODIES:
            raise ValueError(f"`body` is `{self.body}`; accepted: {', '.join(BODIES)}")
        values = asdict(self)
        for name, (low, high) in _RANGES.items():
            value = values[name]
            if not low <= value <= high:
                raise ValueError(f"`{name}` is {value}; accepted: {low:,} to {high:,}")


def options_of(given: Mapping[str, str]) -> AmqpOptions:
    """Return the options that a URL's query says. Raises ValueError."""
    numbers: dict[str, int] = {}
    texts: dict[str, str] = {}
    for name, text in given.items():
        if name in {"calls", "body"}:
            texts[name] = text
        elif name not in _RANGES:
            known = [*_RANGES, "calls", "body"]
            close = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean `{close[0]}`?" if close else f"known: {', '.join(sorted(known))}"
            raise ValueError(f"there is no option `{name}`; {hint}")
        elif not text.isascii() or not text.isdigit() or len(text) > 12:
            low, high = _RANGES[name]
            raise ValueError(f"`{name}` is not a whole number; accepted: {low:,} to {high:,}")
        else:
            numbers[name] = int(text)
    calls, body = texts.get("calls", "auto"), texts.get("body", "json")
    return AmqpOptions(calls=calls, body=body, **numbers)
