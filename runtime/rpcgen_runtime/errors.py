"""How a call can end badly.

RpcError
├── DeclaredError          the contract names it: one generated class each
├── UnknownRemoteError     the peer said a code that the contract does not name
├── InternalError          the handler failed with something undeclared
├── NotExecuted            the handler did not start: any method may be called again
│   ├── NoServer           nobody serves the Target
│   ├── Unreachable        no connection came about                    (a ConnectionError)
│   ├── Overloaded         the server has too much to do
│   ├── InvalidRequest     the peer could not read the message
│   ├── InvalidArguments   the arguments break the contract            (a ValueError)
│   ├── MethodNotFound     the server does not know the method
│   ├── UnsupportedVersion the server does not serve that version
│   ├── VersionCapExceeded the call needs more than `version_cap` allows
│   ├── Unauthenticated    the server does not know who calls
│   ├── Forbidden          the server does not let this caller
│   └── ExpiredUnstarted   the deadline passed before the start         (a TimeoutError)
└── OutcomeUnknown         the handler may have run: only the contract allows another try
    ├── DeadlineExceeded   the deadline passed after sending            (a TimeoutError)
    ├── ConnectionLost     the connection ended before the reply        (a ConnectionError)
    └── BadReply           the reply cannot be read

No I/O. The codes are those of the wires: JSON-RPC 2.0 section 5.1, and ours in its server range.
"""

from collections.abc import Mapping
from dataclasses import fields
from types import MappingProxyType
from typing import ClassVar

from pydantic import JsonValue


class RpcError(Exception):
    """Root of all that a call can raise."""


class DeclaredError(RpcError):
    """An error that the contract declares; its fields are its data on the wire.

    Generated subclasses are dataclasses. Raise one in a handler whose method `raises` it.
    """

    code: ClassVar[int]
    """Its number on the wire, unique in its package."""
    retryable: ClassVar[bool]
    """Whether the contract allows to call again."""

    def _data(self) -> str:
        names = [it.name for it in fields(self)]  # type: ignore[arg-type]  # generated: dataclasses
        return ", ".join(f"{name}={vars(self)[name]!r}" for name in names)

    def __str__(self) -> str:
        data = self._data()
        text = message_of(type(self))
        return f"{text} ({data})" if data else text

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._data()})"

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), dict(vars(self)))


def message_of(error: type[DeclaredError]) -> str:
    """Return the first line of the error's documentation: its message on the wire."""
    return (error.__doc__ or error.__name__).strip().partition("\n")[0]


def _rebuild(kind: type[DeclaredError], state: Mapping[str, object]) -> DeclaredError:
    error = kind.__new__(kind)
    vars(error).update(state)
    return error


class UnknownRemoteError(RpcError):
    """The peer answered with an error that the contract does not declare."""

    def __init__(self, code: int, message: str, data: JsonValue = None) -> None:
        super().__init__(f"the peer answered with error {code}: {message}")
        self.code = code
        self.message = message
        self.data = data

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.code, self.message, self.data)


class InternalError(RpcError):
    """The handler failed; `error_id` finds the reason in the server's log, and only there.

    A peer that is not one of ours may tell more: that is `detail`.
    """

    def __init__(self, error_id: str | None = None, detail: str | None = None) -> None:
        told = f"; its log has more under `{error_id}`" if error_id else ""
        said = f": {detail}" if detail else ""
        super().__init__(f"the server failed{said}{told}")
        self.error_id = error_id
        self.detail = detail

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.error_id, self.detail)


class NotExecuted(RpcError):
    """The handler did not start, so that any method may be called again."""

    transient: ClassVar[bool] = False
    """Whether another try soon may fare better."""


class NoServer(NotExecuted):
    """Nobody serves the Target."""


class Unreachable(NotExecuted, ConnectionError):
    """No connection came about."""

    transient = True


class Overloaded(NotExecuted):
    """The server has too much to do, or is going."""

    transient = True


class InvalidRequest(NotExecuted):
    """The peer could not read the message."""


class InvalidArguments(NotExecuted, ValueError):
    """The arguments break the contract; the message names the parameters, never the values."""


class MethodNotFound(NotExecuted):
    """The server does not know the method."""


class UnsupportedVersion(NotExecuted):
    """The server does not serve that version."""


class VersionCapExceeded(NotExecuted):
    """The call needs a newer minor than `version_cap` allows."""


class Unauthenticated(NotExecuted):
    """The server does not know who calls: credentials are missing or not good."""


class Forbidden(NotExecuted):
    """The server knows who calls, and does not let this caller."""


class ExpiredUnstarted(NotExecuted, TimeoutError):
    """The deadline passed before the handler started."""


class OutcomeUnknown(RpcError):
    """The handler may have run, or may still run."""


class DeadlineExceeded(OutcomeUnknown, TimeoutError):
    """The deadline passed after sending."""


class ConnectionLost(OutcomeUnknown, ConnectionError):
    """The connection ended between sending and the reply."""


class BadReply(OutcomeUnknown):
    """What came back is not a reply to this call."""


PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603
FORBIDDEN = -32001
UNAUTHENTICATED = -32002
RESPONSE_TOO_LARGE = -32003
UNSUPPORTED_VERSION = -32004
OVERLOADED = -32005
EXPIRED_UNSTARTED = -32006
DEADLINE_EXCEEDED = -32007
NO_SERVER = -32008
REDELIVERED = -32009

BY_CODE: Mapping[int, type[NotExecuted] | type[OutcomeUnknown]] = MappingProxyType(
    {
        PARSE_ERROR: InvalidRequest,
        INVALID_REQUEST: InvalidRequest,
        METHOD_NOT_FOUND: MethodNotFound,
        INVALID_PARAMS: InvalidArguments,
        FORBIDDEN: Forbidden,
        UNAUTHENTICATED: Unauthenticated,
        RESPONSE_TOO_LARGE: BadReply,
        UNSUPPORTED_VERSION: UnsupportedVersion,
        OVERLOADED: Overloaded,
        EXPIRED_UNSTARTED: ExpiredUnstarted,
        DEADLINE_EXCEEDED: DeadlineExceeded,
        NO_SERVER: NoServer,
        REDELIVERED: ConnectionLost,
    }
)
"""What an answered code means to the caller."""
