"""What a caller may say beside the arguments. No I/O."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from rpcgen_runtime.context import MAX_TIMEOUT, Context
from rpcgen_runtime.retries import RetryPolicy
from rpcgen_runtime.targets import Version

MAX_TOKEN = 8_000
"""Characters."""

_TOKEN = re.compile(rf"[!-~]{{1,{MAX_TOKEN}}}")
_SERVER = re.compile(r"[!-~]{1,200}")


@dataclass(frozen=True, slots=True, kw_only=True)
class CallOptions:
    """None everywhere means: as the contract or the transport says."""

    timeout: float | None = None
    """Seconds for the whole call, retries included."""
    server: str | None = None
    """The one server that is meant."""
    version_cap: Version | None = None
    """Nothing newer than this is asked for."""
    context: Mapping[str, str] | Context | None = None
    """Data for the handler; a handler's own context passes on what its caller sent."""
    retry: RetryPolicy | None = None

    def __post_init__(self) -> None:
        if self.timeout is not None:
            check_timeout(self.timeout)
        if self.server is not None:
            check_server(self.server)
        if not all(isinstance(it, str) for pair in self.data().items() for it in pair):
            raise ValueError("`context` maps texts to texts")

    def data(self) -> dict[str, str]:
        """Return the caller's data, as a copy."""
        if self.context is None:
            return {}
        return dict(self.context.data if isinstance(self.context, Context) else self.context)


def check_server(name: str) -> None:
    """Raise ValueError for what cannot be a server's name."""
    if not _SERVER.fullmatch(name):
        raise ValueError("`server` is not a name; accepted: 1 to 200 printable ASCII characters")


def check_token(token: object) -> str:
    """Return a bearer token. Raises ValueError for what cannot be one, and does not repeat it."""
    if not isinstance(token, str) or not _TOKEN.fullmatch(token):
        accepted = f"1 to {MAX_TOKEN:,} printable ASCII characters"
        raise ValueError(f"`token` is not one; accepted: {accepted}")
    return token


def check_timeout(seconds: float) -> None:
    """Raise ValueError for a timeout that is none."""
    if not 0 < seconds <= MAX_TIMEOUT:
        raise ValueError(f"`timeout` is {seconds}; accepted: seconds above 0, up to a year")
