"""What moves messages, as callers and servers see it. No I/O here.

A transport moves bytes for a wire; neither knows the other's names.
"""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, TypeAlias

from typing_extensions import Self

from rpcgen_runtime.interceptors import Interceptor
from rpcgen_runtime.messages import Reach, Reply, Request
from rpcgen_runtime.options import check_timeout, check_token
from rpcgen_runtime.retries import RetryBudget, RetryPolicy
from rpcgen_runtime.serializer import Serializer
from rpcgen_runtime.telemetry.calls import calls
from rpcgen_runtime.telemetry.peers import UNKNOWN, Peer

if TYPE_CHECKING:
    # Only for who says it: a client without TLS starts without the library.
    from rpcgen_runtime.tls import ClientTls

Token: TypeAlias = str | Callable[[], str]
"""A bearer token, or a function that is asked for it before each call."""
AsyncToken: TypeAlias = Token | Callable[[], Awaitable[str]]
"""The same for async clients, whose function may be `async`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientSettings:
    """What all clients of one transport share."""

    timeout: float = 60.0
    """Seconds that a call may take where neither the contract nor the caller says."""
    retry: RetryPolicy = RetryPolicy()  # noqa: RUF009  # a frozen value
    interceptors: Sequence[Interceptor] = ()
    serializer: Serializer | None = None
    token: AsyncToken | None = field(default=None, repr=False)
    """What is shown as credentials: a token, or what returns the one of today."""
    tls: "ClientTls | None" = None
    max_reply: int = 64 << 20
    """Bytes of one reply. More: BadReply."""

    def __post_init__(self) -> None:
        check_timeout(self.timeout)
        if self.max_reply < 1:
            raise ValueError(f"`max_reply` is {self.max_reply}; accepted: bytes from 1 on")
        if self.token is not None and not callable(self.token):
            check_token(self.token)


class _Settled:
    def __init__(self, settings: ClientSettings, peer: Peer = UNKNOWN) -> None:
        self.settings = settings
        self.budget = RetryBudget()
        self.calls = calls(peer)
        """What is told of each call; None where nobody listens."""


class Transport(_Settled, ABC):
    """Moves messages for sync clients; may be used by several threads. `close` ends it."""

    @abstractmethod
    def call(self, request: Request) -> Reply:
        """Send and wait for the reply. Raises NotExecuted or OutcomeUnknown."""

    @abstractmethod
    def send(self, request: Request) -> Reach:
        """Send what is not answered. Raises NotExecuted or OutcomeUnknown.

        What goes to many raises only where it reached nobody of those that it knows of.
        """

    @abstractmethod
    def close(self) -> None:
        """Give back what the transport holds; a second time does nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


class AsyncTransport(_Settled, ABC):
    """Moves messages for async clients, on the event loop that it was first used on."""

    @abstractmethod
    async def call(self, request: Request) -> Reply:
        """Send and wait for the reply. Raises NotExecuted or OutcomeUnknown."""

    @abstractmethod
    async def send(self, request: Request) -> Reach:
        """Send what is not answered. Raises NotExecuted or OutcomeUnknown.

        What goes to many raises only where it reached nobody of those that it knows of.
        """

    @abstractmethod
    async def close(self) -> None:
        """Give back what the transport holds; a second time does nothing."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()


Handle = Callable[[Request], Awaitable[Reply]]
"""Runs one request to its end; never raises but for cancellation."""


NOT_STARTED = "not started"
DRAINING = "draining"
"""Why any acceptor may not be ready."""


class Acceptor(Protocol):
    """The server's side of a transport, on one event loop."""

    @property
    def url(self) -> str:
        """Where clients reach it."""
        ...

    @property
    def not_ready(self) -> Sequence[str]:
        """Why it takes no requests now, in words of ours alone; empty when it does."""
        ...

    async def start(self) -> None:
        """Begin to take requests. Raises OSError where the address cannot be had."""
        ...

    async def stop(self) -> None:
        """Take no more requests; what was begun goes on."""
        ...

    async def close(self) -> None:
        """Give back what is held; nothing is in flight any more."""
        ...

    async def abandon(self) -> None:
        """Give back at once what is held, although handlers still run."""
        ...
