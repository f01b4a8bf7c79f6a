"""The runtime that generated code runs on.

    connect, connect_async          a transport for clients
    serve, Server                   endpoints at a URL
    errors                          how a call can end badly
    Context                         what a handler knows beside its arguments

A call goes: stub -> caller -> transport -> wire -> dispatcher -> your method, and back.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rpcgen_runtime.access import (
        AccessPolicy,
        Authenticator,
        Credentials,
        RoleAccess,
        Tokens,
    )
    from rpcgen_runtime.connecting import connect, connect_async
    from rpcgen_runtime.context import Context, Deadline, Identity, current_context
    from rpcgen_runtime.dispatch import ServerSettings
    from rpcgen_runtime.endpoint import Endpoint, Listener
    from rpcgen_runtime.errors import (
        BadReply,
        ConnectionLost,
        DeadlineExceeded,
        DeclaredError,
        ExpiredUnstarted,
        Forbidden,
        InternalError,
        InvalidArguments,
        InvalidRequest,
        MethodNotFound,
        NoServer,
        NotExecuted,
        OutcomeUnknown,
        Overloaded,
        RpcError,
        Unauthenticated,
        UnknownRemoteError,
        Unreachable,
        UnsupportedVersion,
        VersionCapExceeded,
    )
    from rpcgen_runtime.executors import EventLoop, Executor, OneAtATime, Threads
    from rpcgen_runtime.http.application import Application
    from rpcgen_runtime.http.limits import HttpLimits
    from rpcgen_runtime.interceptors import Interceptor, Invocation
    from rpcgen_runtime.messages import Reach
    from rpcgen_runtime.models import Unrecognized, UnrecognizedVariant
    from rpcgen_runtime.retries import NO_RETRY, RetryPolicy
    from rpcgen_runtime.serializer import Serializer
    from rpcgen_runtime.server import DrainTimeout, Server
    from rpcgen_runtime.serving import serve
    from rpcgen_runtime.targets import Target, Version
    from rpcgen_runtime.tls import ClientTls, ServerTls
    from rpcgen_runtime.transport import AsyncTransport, Transport
else:
    # On demand (PEP 562): a client needs no server, and a program that only types needs neither.
    _HOMES = {
        "AccessPolicy": "rpcgen_runtime.access",
        "Application": "rpcgen_runtime.http.application",
        "AsyncTransport": "rpcgen_runtime.transport",
        "Authenticator": "rpcgen_runtime.access",
        "BadReply": "rpcgen_runtime.errors",
        "ClientTls": "rpcgen_runtime.tls",
        "ConnectionLost": "rpcgen_runtime.errors",
        "Context": "rpcgen_runtime.context",
        "Credentials": "rpcgen_runtime.access",
        "Deadline": "rpcgen_runtime.context",
        "DeadlineExceeded": "rpcgen_runtime.errors",
        "DeclaredError": "rpcgen_runtime.errors",
        "DrainTimeout": "rpcgen_runtime.server",
        "Endpoint": "rpcgen_runtime.endpoint",
        "EventLoop": "rpcgen_runtime.executors",
        "Executor": "rpcgen_runtime.executors",
        "ExpiredUnstarted": "rpcgen_runtime.errors",
        "Forbidden": "rpcgen_runtime.errors",
        "HttpLimits": "rpcgen_runtime.http.limits",
        "Identity": "rpcgen_runtime.context",
        "Interceptor": "rpcgen_runtime.interceptors",
        "InternalError": "rpcgen_runtime.errors",
        "InvalidArguments": "rpcgen_runtime.errors",
        "InvalidRequest": "rpcgen_runtime.errors",
        "Invocation": "rpcgen_runtime.interceptors",
        "Listener": "rpcgen_runtime.endpoint",
        "MethodNotFound": "rpcgen_runtime.errors",
        "NO_RETRY": "rpcgen_runtime.retries",
        "NoServer": "rpcgen_runtime.errors",
        "NotExecuted": "rpcgen_runtime.errors",
        "OneAtATime": "rpcgen_runtime.executors",
        "OutcomeUnknown": "rpcgen_runtime.errors",
        "Overloaded": "rpcgen_runtime.errors",
        "Reach": "rpcgen_runtime.messages",
        "RetryPolicy": "rpcgen_runtime.retries",
        "RoleAccess": "rpcgen_runtime.access",
        "RpcError": "rpcgen_runtime.errors",
        "Serializer": "rpcgen_runtime.serializer",
        "Server": "rpcgen_runtime.server",
        "ServerSettings": "rpcgen_runtime.dispatch",
        "ServerTls": "rpcgen_runtime.tls",
        "Target": "rpcgen_runtime.targets",
        "Threads": "rpcgen_runtime.executors",
        "Tokens": "rpcgen_runtime.access",
        "Transport": "rpcgen_runtime.transport",
        "Unauthenticated": "rpcgen_runtime.errors",
        "UnknownRemoteError": "rpcgen_runtime.errors",
        "Unreachable": "rpcgen_runtime.errors",
        "Unrecognized": "rpcgen_runtime.models",
        "UnrecognizedVariant": "rpcgen_runtime.models",
        "UnsupportedVersion": "rpcgen_runtime.errors",
        "Version": "rpcgen_runtime.targets",
        "VersionCapExceeded": "rpcgen_runtime.errors",
        "connect": "rpcgen_runtime.connecting",
        "connect_async": "rpcgen_runtime.connecting",
        "current_context": "rpcgen_runtime.context",
        "serve": "rpcgen_runtime.serving",
    }

    def __getattr__(name: str) -> object:
        """Import `name` from its module when it is first asked for."""
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        found = vars(import_module(_HOMES[name]))[name]
        globals()[name] = found
        return found


__all__ = [
    "NO_RETRY",
    "AccessPolicy",
    "Application",
    "AsyncTransport",
    "Authenticator",
    "BadReply",
    "ClientTls",
    "ConnectionLost",
    "Context",
    "Credentials",
    "Deadline",
    "DeadlineExceeded",
    "DeclaredError",
    "DrainTimeout",
    "Endpoint",
    "EventLoop",
    "Executor",
    "ExpiredUnstarted",
    "Forbidden",
    "HttpLimits",
    "Identity",
    "Interceptor",
    "InternalError",
    "InvalidArguments",
    "InvalidRequest",
    "Invocation",
    "Listener",
    "MethodNotFound",
    "NoServer",
    "NotExecuted",
    "OneAtATime",
    "OutcomeUnknown",
    "Overloaded",
    "Reach",
    "RetryPolicy",
    "RoleAccess",
    "RpcError",
    "Serializer",
    "Server",
    "ServerSettings",
    "ServerTls",
    "Target",
    "Threads",
    "Tokens",
    "Transport",
    "Unauthenticated",
    "UnknownRemoteError",
    "Unreachable",
    "Unrecognized",
    "UnrecognizedVariant",
    "UnsupportedVersion",
    "Version",
    "VersionCapExceeded",
    "connect",
    "connect_async",
    "current_context",
    "serve",
]
