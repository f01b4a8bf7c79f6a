"""What flows to a server, and what must hold there: older clients send what they know."""

from collections.abc import Iterable, Iterator

from rpcgen.language import model
from rpcgen.language.cycles import mentioned, named_in
from rpcgen.language.diagnostics import Report

_SENT = frozenset({"call", "cast", "fanout"})


def check(packages: Iterable[model.Package], report: Report) -> None:
    """Report fields that a server would demand of clients that do not know them."""
    for struct in sorted(_sent_structs(packages), key=lambda it: (it.package.name, it.name)):
        for field in struct.fields:
            if field.since > struct.since and field.required:
                message = f"`{field.name}` came later than `{struct.name}`, yet must be given"
                accepted = "a default, or `?` after the type: older clients do not send it"
                report.add("since-required", field.span, message, accepted)


def _sent_structs(packages: Iterable[model.Package]) -> set[model.Struct]:
    """Return the structs that some parameter of a call, cast or fanout can hold."""
    pending = [
        holder for parameter in _sent_parameters(packages) for holder in named_in(parameter.type)
    ]
    seen: set[model.Struct | model.Union] = set()
    while pending:
        holder = pending.pop()
        if holder not in seen:
            seen.add(holder)
            pending += mentioned(holder)
    return {it for it in seen if isinstance(it, model.Struct)}


def _sent_parameters(packages: Iterable[model.Package]) -> Iterator[model.Field]:
    for package in packages:
        for service in package.of_kind(model.Service):
            for method in service.methods:
                if method.verb in _SENT:
                    yield from method.parameters
