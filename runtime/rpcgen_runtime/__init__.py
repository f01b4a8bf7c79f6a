"""The runtime that generated code runs on.

    connect, connect_async          a transport for clients
    serve, Server                   endpoints at a URL
    errors                          how a call can end badly
    Context                         what a handler knows beside its arguments

A call goes: stub -> caller -> transport -> wire -> dispatcher -> your method, and back.
"""

from rpcgen_runtime.connect import connect, connect_async
from rpcgen_runtime.context import Context, Deadline, current_context
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
    UnknownRemoteError,
    Unreachable,
    UnsupportedVersion,
    VersionCapExceeded,
)
from rpcgen_runtime.executors import EventLoop, Executor, OneAtATime, Threads
from rpcgen_runtime.http.application import Application, HttpLimits
from rpcgen_runtime.interceptors import Interceptor, Invocation
from rpcgen_runtime.models import Unrecognized, UnrecognizedVariant
from rpcgen_runtime.retries import NO_RETRY, RetryPolicy
from rpcgen_runtime.serializer import Serializer
from rpcgen_runtime.server import DrainTimeout, Server, serve
from rpcgen_runtime.targets import Target, Version
from rpcgen_runtime.transport import AsyncTransport, Transport

__all__ = [
    "NO_RETRY",
    "Application",
    "AsyncTransport",
    "BadReply",
    "ConnectionLost",
    "Context",
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
    "RetryPolicy",
    "RpcError",
    "Serializer",
    "Server",
    "ServerSettings",
    "Target",
    "Threads",
    "Transport",
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
