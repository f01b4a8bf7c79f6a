"""Imports and declarations that nothing needs. Pure."""

from collections.abc import Iterator

from rpcgen.language import model, syntax
from rpcgen.language.diagnostics import Diagnostic
from rpcgen.language.format.commas import types
from rpcgen.lint.contract import Contract
from rpcgen.lint.reach import reached


def unused_import(contract: Contract) -> Iterator[Diagnostic]:
    """An import that its file says nothing of."""
    for file in contract.files:
        said = {it.alias.text for it in _references(file.syntax) if it.alias is not None}
        for item in file.syntax.items:
            if isinstance(item, syntax.Import) and item.alias.text not in said:
                message = f"`{item.alias.text}` is imported and not used"
                yield Diagnostic("unused-import", item.alias.span, message, "no such line")


def unused_declaration(contract: Contract) -> Iterator[Diagnostic]:
    """A type that no service needs, or an error that no method raises.

    A package without services is there for others, who may not be at hand.
    """
    raised = {it.error for method in contract.methods() for it in method.raises}
    needed = reached(_sent_and_answered(contract, raised))
    for package in contract.packages:
        if not package.of_kind(model.Service):
            continue
        for item in package.declarations.values():
            if isinstance(item, model.Error) and item not in raised:
                message = f"no method says that it raises `{item.name}`: clients cannot catch it"
                accepted = "`raises` where it is raised, or no such error"
                yield Diagnostic("unused-declaration", item.span, message, accepted)
            elif isinstance(item, model.TypeDeclaration) and item not in needed:
                message = f"no service needs `{item.name}`"
                accepted = "a use of it, or no such declaration"
                yield Diagnostic("unused-declaration", item.span, message, accepted)


def _sent_and_answered(contract: Contract, raised: set[model.Error]) -> Iterator[model.Type | None]:
    for method in contract.methods():
        yield from (it.type for it in method.parameters)
        yield method.result
    for error in raised:
        yield from (it.type for it in error.fields)


def _references(file: syntax.File) -> Iterator[syntax.Reference]:
    for type_ in types(file):
        yield type_.reference
        yield from _values([it.value for it in type_.constraints])
    for item in file.items:
        match item:
            case syntax.Const():
                yield from _values([item.value])
            case syntax.Struct() | syntax.Error():
                yield from _values([it.default for it in item.fields])
            case syntax.Service():
                for member in item.items:
                    if isinstance(member, syntax.Method):
                        yield from _values([it.default for it in member.parameters])
                        yield from _raised(member)
            case _:
                pass


def _values(values: list[syntax.Value] | list[syntax.Value | None]) -> Iterator[syntax.Reference]:
    for it in values:
        if isinstance(it, syntax.Reference):
            yield it


def _raised(method: syntax.Method) -> Iterator[syntax.Reference]:
    for clause in method.clauses:
        if isinstance(clause.value, tuple):
            yield from (it.error for it in clause.value)
