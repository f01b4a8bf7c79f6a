"""What generated clients inherit: how they are made, and how options are said."""

import copy
from collections.abc import Mapping, Sequence
from typing import Generic, TypeVar

from typing_extensions import Self

from rpcgen_runtime.caller import AsyncCaller, Caller
from rpcgen_runtime.context import Context
from rpcgen_runtime.methods import Method
from rpcgen_runtime.options import CallOptions
from rpcgen_runtime.retries import RetryPolicy
from rpcgen_runtime.targets import Version
from rpcgen_runtime.transport import AsyncTransport, Transport

C = TypeVar("C", Caller, AsyncCaller)


class _Optioned(Generic[C]):
    _caller: C

    def with_options(
        self,
        *,
        timeout: float | None = None,
        server: str | None = None,
        version_cap: str | None = None,
        context: Mapping[str, str] | Context | None = None,
        retry: RetryPolicy | None = None,
    ) -> Self:
        """Return a client like this one whose calls have the options given here.

        What is not given stays as it was. `timeout` is in seconds and covers retries;
        `version_cap` is `major.minor`; `context` is data for the handler, or a handler's own
        context, whose data are passed on.

        Raises ValueError for a timeout or a version that is none.
        """
        old = self._caller.options
        cap = old.version_cap if version_cap is None else Version.parse(version_cap)
        options = CallOptions(
            timeout=old.timeout if timeout is None else timeout,
            server=old.server if server is None else server,
            version_cap=cap,
            context=old.context if context is None else context,
            retry=old.retry if retry is None else retry,
        )
        other = copy.copy(self)
        other._caller = self._caller.with_options(options)  # noqa: SLF001  # one of our own kind
        return other

    def can_send(self, method: Method, *values: object) -> bool:
        """Whether `version_cap` allows `method` of the table with these arguments, in order."""
        return self._caller.can_send(method, _filled(method, values))


def _filled(method: Method, values: Sequence[object]) -> list[object]:
    return [*values, *(it.absent for it in method.params[len(values) :])]


class Client(_Optioned[Caller]):
    """Base of generated sync clients; may be used by several threads."""

    def __init__(self, transport: Transport) -> None:
        self._caller = Caller(transport, CallOptions())


class AsyncClient(_Optioned[AsyncCaller]):
    """Base of generated async clients."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._caller = AsyncCaller(transport, CallOptions())


class Events(Client):
    """Base of generated publishers of events."""


class AsyncEvents(AsyncClient):
    """Base of generated async publishers of events."""
