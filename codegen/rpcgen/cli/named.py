"""What `MODULE:NAME` on a command line names; imports the module."""

import inspect
from collections.abc import Callable
from importlib import import_module
from typing import Any

from rpcgen.cli.usage import UsageError
from rpcgen.language.diagnostics import nearest
from rpcgen_runtime import Endpoint


def _found(name: str, wanted: str, example: str) -> object:
    """Return what `MODULE:NAME` names."""
    module_name, colon, inside = name.partition(":")
    if not colon or not module_name or not inside.isidentifier():
        raise UsageError(f"`{name}` is not {wanted}, such as `{example}`")
    try:
        module = import_module(module_name)
    except ImportError as error:
        raise UsageError(f"cannot import `{module_name}`: {error}") from error
    # Named by the person who runs the command, who may run any code anyway.
    found: object = vars(module).get(inside)
    if found is None:
        close = nearest(inside, vars(module))
        raise UsageError(f"there is no `{inside}` in `{module_name}`{close}")
    return found


def callable_named(name: str | None, option: str) -> Callable[..., Any] | None:
    """Return what `MODULE:NAME` names, which is called for each request."""
    if name is None:
        return None
    found = _found(name, "MODULE:NAME", "acme.auth:tokens")
    if not callable(found) or inspect.isclass(found):
        raise UsageError(f"{option}: `{name}` is not a function or an object that can be called")
    return found


def endpoint_named(name: str) -> Endpoint:
    """Return an instance of the class that `MODULE:CLASS` names."""
    found = _found(name, "MODULE:CLASS", "examples.calculator:Calculator")
    module_name, _, class_name = name.partition(":")
    if not inspect.isclass(found) or not issubclass(found, Endpoint):
        problem = "is not a subclass of a generated server or listener"
        raise UsageError(f"`{class_name}` in `{module_name}` {problem}")
    if inspect.isabstract(found):
        missing = ", ".join(f"`{it}`" for it in sorted(found.__abstractmethods__))
        raise UsageError(f"`{name}` does not implement {missing}")
    try:
        made: Endpoint = found()
    except TypeError as error:
        raise UsageError(f"`{name}` cannot be made without arguments: {error}") from error
    return made
