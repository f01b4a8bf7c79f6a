"""How a call ended, as one word of a closed set: what metrics and logs are labelled with. Pure."""

from collections.abc import Mapping
from types import MappingProxyType

from rpcgen_runtime import errors
from rpcgen_runtime.errors import RpcError
from rpcgen_runtime.messages import Failure, Reply
from rpcgen_runtime.methods import Method

OK = "ok"
CANCELLED = "cancelled"
"""The task or the process that waited is gone."""
EXPIRED = "expired_unstarted"
FAILED = "failed"
"""Something raised that is no outcome of a call: an interceptor, a serializer, a wrong argument."""

OUTCOMES: Mapping[type[RpcError], str] = MappingProxyType(
    {
        errors.DeclaredError: "declared_error",
        errors.UnknownRemoteError: "unknown_error",
        errors.InternalError: "internal_error",
        errors.NoServer: "no_server",
        errors.Unreachable: "unreachable",
        errors.Overloaded: "overloaded",
        errors.InvalidRequest: "invalid_request",
        errors.InvalidArguments: "invalid_arguments",
        errors.MethodNotFound: "method_not_found",
        errors.UnsupportedVersion: "unsupported_version",
        errors.VersionCapExceeded: "version_cap_exceeded",
        errors.Unauthenticated: "unauthenticated",
        errors.Forbidden: "forbidden",
        errors.ExpiredUnstarted: EXPIRED,
        errors.NotExecuted: "not_executed",
        errors.DeadlineExceeded: "deadline_exceeded",
        errors.ConnectionLost: "connection_lost",
        errors.BadReply: "bad_reply",
        errors.OutcomeUnknown: "outcome_unknown",
    }
)
"""The families stand for leaves that others add."""

SERVER_FAULTS = frozenset(
    [CANCELLED, EXPIRED, FAILED, "deadline_exceeded", "internal_error", "overloaded"]
)
"""What a server's operator is to look at; of the others the caller is the cause."""


def of_error(error: BaseException) -> str:
    """Return the outcome of a call that raised."""
    for kind in type(error).__mro__:
        if kind in OUTCOMES:
            return OUTCOMES[kind]
    return FAILED if isinstance(error, Exception) else CANCELLED


def of_reply(reply: Reply) -> str:
    """Return the outcome of a request that a server answers so."""
    return OUTCOMES[_kind(reply)] if isinstance(reply, Failure) else OK


def type_of_reply(reply: Failure, method: Method | None) -> str:
    """Return the name of the exception that the caller is to see."""
    codec = None if method is None else method.errors.get(reply.code)
    return _kind(reply).__name__ if codec is None else codec.error.__name__


def _kind(failure: Failure) -> type[RpcError]:
    if failure.code == errors.INTERNAL_ERROR:
        return errors.InternalError
    # A server of ours answers with no other code than these and those of its contract.
    return errors.BY_CODE.get(failure.code, errors.DeclaredError)
