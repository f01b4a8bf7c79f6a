"""Names that people type to services and methods. Pure; raises UsageError."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rpcgen.cli.usage import UsageError
from rpcgen.language import model
from rpcgen.language.diagnostics import MAX_SHOWN_NAMES, nearest, shortened


@dataclass(frozen=True, slots=True)
class Chosen:
    """One method of one service."""

    service: model.Service
    method: model.Method

    @property
    def label(self) -> str:
        """Return its name for people."""
        return f"{self.service.name}.{self.method.name}"


def choose(services: Sequence[model.Service], name: str) -> model.Service | Chosen:
    """Return the service, of several majors the newest, or the method that is called so."""
    found = _services(services, name)
    if len(found) > 1:
        raise UsageError(f"`{name}` is {_either(_qualified(it)[0] for it in found)}; say which")
    return found[0] if found else choose_method(services, name)


def choose_method(services: Sequence[model.Service], name: str) -> Chosen:
    """Return the method called so.

    A name is `Service.method`, with its package in front where need be, the name on the wire, or
    `method` alone where one service has it.
    """
    every = [Chosen(service, method) for service in services for method in service.methods]
    ways = (
        [it for it in every if it.label == name],
        [it for it in every if name in _qualified_methods(it)],
        [it for it in every if wire_name(it) == name],
        [it for it in every if it.method.name == name],
    )
    found = next((it for it in ways if it), [])
    kept = _newest(it.service for it in found)
    found = [it for it in found if it.service in kept]
    if len(kept) > 1:
        distinct = len({it.name for it in kept}) == len(kept)
        shown = (it.label if distinct else _qualified_methods(it)[0] for it in found)
        raise UsageError(f"`{name}` is {_either(shown)}; say which")
    if not found:
        raise UsageError(_no_method(services, every, name))
    # Of a call and a cast with one name on the wire, the call: its answer tells more.
    return next((it for it in found if it.method.verb == "call"), found[0])


def wire_name(chosen: Chosen) -> str:
    """Return a method's name on the wire."""
    service = chosen.service
    prefix = service.name if service.namespace is None else service.namespace
    return f"{prefix}.{chosen.method.wire}" if prefix else chosen.method.wire


def _no_method(services: Sequence[model.Service], every: Sequence[Chosen], name: str) -> str:
    if meant := _services(services, name):
        return f"`{name}` is a service; its methods: {_some([it.name for it in meant[0].methods])}"
    owner, dot, last = name.rpartition(".")
    if known := _services(services, owner):
        names = [method.name for it in known for method in it.methods]
        hint = nearest(last, names) or f"; it has {_some(names)}"
        return f"`{owner}` has no method `{shortened(last)}`{hint}"
    if dot:
        owners = nearest(owner, [it.name for it in services]) or _known(services)
        close = nearest(name, [it.label for it in every]) or owners
        return f"there is no method `{shortened(name)}`{close}"
    names = [*(it.method.name for it in every), *(it.name for it in services)]
    close = nearest(name, names) or _known(services)
    return f"no service has a method `{shortened(name)}`{close}"


def _services(services: Iterable[model.Service], name: str) -> list[model.Service]:
    return _newest(it for it in services if name in (it.name, *_qualified(it)))


def _known(services: Iterable[model.Service]) -> str:
    names = list(dict.fromkeys(it.name for it in services))
    return f"; known services: {_some(names)}" if names else ""


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(f"`{it}`" for it in names[:MAX_SHOWN_NAMES])
    return f"{shown}, …" if len(names) > MAX_SHOWN_NAMES else shown or "none"


def _qualified(service: model.Service) -> tuple[str, str]:
    package = service.package
    return (
        f"{package.name}.{service.name}",
        f"{package.name}.v{package.version.major}.{service.name}",
    )


def _qualified_methods(chosen: Chosen) -> list[str]:
    return [f"{it}.{chosen.method.name}" for it in _qualified(chosen.service)]


def _newest(services: Iterable[model.Service]) -> list[model.Service]:
    """Return each service once, of several majors of one package the newest."""
    found: dict[tuple[str, str], model.Service] = {}
    for service in services:
        key = service.package.name, service.name
        other = found.setdefault(key, service)
        if service.package.version > other.package.version:
            found[key] = service
    return list(found.values())


def _either(names: Iterable[str]) -> str:
    return " or ".join(f"`{it}`" for it in dict.fromkeys(names))
