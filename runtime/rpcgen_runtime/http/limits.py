"""What one caller may cost, by name. No I/O."""

from dataclasses import asdict, dataclass, fields

MAX_PARSED_DEPTH = 200
"""What the parser can bound at most."""

_LOWEST = {"max_depth": 1, "max_header": 512}


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpLimits:
    """Limits of one server; sizes are in bytes, times in seconds.

    Those from `max_header` on hold where rpcgen's own server runs (`serve`, `Server`); an
    application that is mounted elsewhere has the limits of what it is mounted in. Raises
    ValueError for a limit out of its range.
    """

    max_body: int = 4 << 20
    """Of a request. More: HTTP 413."""
    max_batch: int = 100
    """Requests in one batch. More: -32600 for all of it."""
    max_depth: int = MAX_PARSED_DEPTH
    """How deep arrays and objects may nest, from 1 to 200. Deeper: -32700."""
    max_keys: int = 10_000
    """Names in one object. More: -32600."""
    max_response: int = 16 << 20
    """Of all results of one body together. More: -32003 instead of the result."""
    body_timeout: float = 10.0
    """In which a body must have arrived. Later: HTTP 408."""
    max_timeout: float = 3_600.0
    """What a caller may ask for as its deadline; a longer one is cut to this."""
    max_header: int = 16_384
    """Of the request line and all headers. More: HTTP 431."""
    header_timeout: float = 10.0
    """In which the headers must have arrived, and TLS be agreed on. Later: HTTP 408, or closed."""
    write_timeout: float = 30.0
    """For which a client may leave its answer unread. Longer: closed."""
    keep_alive: float = 60.0
    """For which a connection may be idle between two requests. Longer: closed."""
    max_connections: int = 8_192
    """Open at once; never more than the process may have open files. More: HTTP 503."""

    def __post_init__(self) -> None:
        values = asdict(self)
        for item in fields(self):
            value, lowest = values[item.name], _LOWEST.get(item.name, 1)
            if isinstance(item.default, int) and value < lowest:
                raise ValueError(f"`{item.name}` is {value}; accepted: from {lowest} on")
            if not isinstance(item.default, int) and not 0 < value <= 86_400:
                raise ValueError(f"`{item.name}` is {value}; accepted: seconds up to 86,400")
        if self.max_depth > MAX_PARSED_DEPTH:
            raise ValueError(f"`max_depth` is {self.max_depth}; accepted: 1 to {MAX_PARSED_DEPTH}")
