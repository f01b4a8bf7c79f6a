"""What travels beside the arguments: the caller's data, the deadline, the trace. No I/O.

A handler gets it as `ctx`; calls made inside the handler inherit the deadline and the trace
through a context variable, which threads started by us carry too.
"""

import re
import time
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import NamedTuple

from rpcgen_runtime.unique import unique_name

MAX_TIMEOUT = 365 * 86_400.0
"""Seconds; longer deadlines are cut to this."""

_TRACEPARENT = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")


class Deadline(NamedTuple):
    """A moment on this process's monotonic clock; it travels as what remains."""

    at: float

    @classmethod
    def after(cls, seconds: float) -> "Deadline":
        """Return the deadline that passes in `seconds`."""
        return cls(time.monotonic() + min(seconds, MAX_TIMEOUT))

    def remaining(self) -> float:
        """Return the seconds that are left; 0 or less once it has passed."""
        return self.at - time.monotonic()

    def remaining_ms(self) -> int:
        """Return the milliseconds that are left, rounded up."""
        return -int(-self.remaining() * 1000 // 1)

    def passed(self) -> bool:
        """Whether it has passed."""
        return self.at <= time.monotonic()


@dataclass(frozen=True, slots=True)
class Identity:
    """A caller that the server knows."""

    name: str
    roles: frozenset[str] = frozenset()
    """What access policies speak of."""


class Context(NamedTuple):
    """What a handler knows of its call beside the arguments."""

    deadline: Deadline
    """When the caller gives up; calls made from here have no more time than this."""
    data: Mapping[str, str]
    """The caller's own data, set by `with_options(context=…)`."""
    method: str
    """The method's full name on the wire."""
    version: str
    """The version that the request needs."""
    message_id: str
    """Names this request; the same in each try of one call."""
    traceparent: str
    """W3C Trace Context, section 3.2."""
    server: str | None = None
    """The name of the server that runs the handler."""
    identity: Identity | None = None
    """Who calls; None where the server has no authenticator."""


CURRENT: ContextVar[Context | None] = ContextVar("rpcgen_context", default=None)
"""The context of the handler that is running, if any."""


def current_context() -> Context | None:
    """Return the context of the handler that is running, if any."""
    return CURRENT.get()


def parse_traceparent(text: str | None) -> tuple[str, str, str] | None:
    """Return trace, span and flags in hexadecimal; None where it is not well-formed."""
    match = None if text is None else _TRACEPARENT.fullmatch(text)
    if match is None or not int(match[1], 16) or not int(match[2], 16):
        return None
    return match[1], match[2], match[3]


def child_traceparent(parent: str | None) -> str:
    """Return a new span of the trace `parent`, or of a new trace where that is not well-formed."""
    found = None if parent is None else parse_traceparent(parent)
    span = unique_name()[:16]
    if found is None:
        return f"00-{unique_name()}-{span}-01"
    return f"00-{found[0]}-{span}-{found[2]}"
