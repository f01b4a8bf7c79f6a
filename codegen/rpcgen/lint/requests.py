"""What a client may send without end. Pure."""

from collections.abc import Iterator

from rpcgen.language import model
from rpcgen.language.diagnostics import Diagnostic
from rpcgen.lint.contract import SENT, Contract, held
from rpcgen.lint.reach import reached


def unbounded_request(contract: Contract) -> Iterator[Diagnostic]:
    """A text, a list or a map that flows to a server and may have any length."""
    sent = [it for method in contract.methods() if method.verb in SENT for it in method.parameters]
    needed = reached(it.type for it in sent)
    structs = [it for package in contract.packages for it in package.of_kind(model.Struct)]
    fields = [field for it in structs if it in needed for field in it.fields]
    for field in [*sent, *fields]:
        if any(_is_endless(it) for it in held(field.type)):
            message = f"`{field.name}` flows to the server and may have any length"
            yield Diagnostic("unbounded-request", field.span, message, "`max_length`")


def _is_endless(type_: model.Type | None) -> bool:
    match type_:
        case model.Builtin("str" | "bytes", limits) | model.ListOf(_, limits):
            return "max_length" not in limits
        case model.MapOf(_, _, limits):
            return "max_length" not in limits
        case model.Named(model.Alias(type=inner)):
            return any(_is_endless(it) for it in held(inner))
        case _:
            return False
