"""What a service's author subclasses, and how it is tied to the method table. No I/O."""

import inspect
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias, TypeVar, overload

from rpcgen_runtime.methods import Call, Cast, Event, Fanout, Method

R = TypeVar("R")

Handled: TypeAlias = R | Awaitable[R]
"""What a handler may return: the result, or what gives it when awaited."""

ContractFiles: TypeAlias = Mapping[str, Sequence[str]]
"""The lines of `.rpc` files, by their paths below the source root."""

OpenrpcLines: TypeAlias = Sequence[str]
"""An OpenRPC document of a package, by its lines; empty where there is none."""


@dataclass(frozen=True, slots=True)
class Binding:
    """One method with what runs it."""

    method: Method
    handler: Callable[..., object]
    """Takes the context, then the parameters; may be `async`."""
    is_async: bool


@overload
def bind(method: Call[R], handler: Callable[..., R | Awaitable[R]]) -> Binding: ...


@overload
def bind(
    method: Cast | Fanout | Event, handler: Callable[..., Awaitable[None] | None]
) -> Binding: ...


def bind(method: Method, handler: Callable[..., object]) -> Binding:
    """Tie `handler` to `method`. Generated code calls this; nothing else needs to."""
    return Binding(method, handler, inspect.iscoroutinefunction(handler))


class Endpoint(ABC):
    """Base of generated server skeletons: the object with your methods.

    A method may be `def` (it runs in a worker thread) or `async def` (on the event loop, which it
    must not block). It gets a `Context` first, then every parameter, defaults filled in.
    """

    @abstractmethod
    def __rpc_bindings__(self) -> Sequence[Binding]:
        """Return each method of the contract with what runs it. Generated."""

    def __rpc_contract__(self) -> ContractFiles:
        """Return the files of the contract; nothing where there is none to tell. Generated."""
        return {}

    def __rpc_openrpc__(self) -> OpenrpcLines:
        """Return what the package's services answer; nothing where none is known. Generated."""
        return ()


class Listener(Endpoint):
    """Base of generated listeners: receives a service's events."""
