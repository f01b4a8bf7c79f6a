"""What a caller may say beside the arguments. No I/O."""

from collections.abc import Mapping
from dataclasses import dataclass

from rpcgen_runtime.context import MAX_TIMEOUT, Context
from rpcgen_runtime.retries import RetryPolicy
from rpcgen_runtime.targets import Version


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
        if self.timeout is not None and not 0 < self.timeout <= MAX_TIMEOUT:
            raise ValueError(
                f"`timeout` is {self.timeout}; accepted: seconds above 0, up to a year"
            )

    def data(self) -> dict[str, str]:
        """Return the caller's data, as a copy."""
        if self.context is None:
            return {}
        return dict(self.context.data if isinstance(self.context, Context) else self.context)
