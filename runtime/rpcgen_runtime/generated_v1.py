"""The only names that generated code may import.

The module's name is the handshake: code from a compiler of another age asks for another version,
and fails where it is imported or type-checked, not within a call.
"""

from typing_extensions import deprecated

from rpcgen_runtime.client import AsyncClient, AsyncEvents, Client, Events
from rpcgen_runtime.context import Context
from rpcgen_runtime.endpoint import (
    Binding,
    ContractFiles,
    Endpoint,
    Handled,
    Listener,
    OpenrpcLines,
    bind,
)
from rpcgen_runtime.errors import DeclaredError
from rpcgen_runtime.facts import Minors, Param, Service
from rpcgen_runtime.lazy import load
from rpcgen_runtime.messages import Reach
from rpcgen_runtime.methods import Call, Cast, Event, Fanout
from rpcgen_runtime.models import Model, Unrecognized, UnrecognizedVariant
from rpcgen_runtime.targets import Target

__all__ = [
    "AsyncClient",
    "AsyncEvents",
    "Binding",
    "Call",
    "Cast",
    "Client",
    "Context",
    "ContractFiles",
    "DeclaredError",
    "Endpoint",
    "Event",
    "Events",
    "Fanout",
    "Handled",
    "Listener",
    "Minors",
    "Model",
    "OpenrpcLines",
    "Param",
    "Reach",
    "Service",
    "Target",
    "Unrecognized",
    "UnrecognizedVariant",
    "bind",
    "deprecated",
    "load",
]
