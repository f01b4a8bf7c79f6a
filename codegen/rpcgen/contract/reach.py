"""What a declaration needs to mean anything: what it names, and what that names. Pure."""

from collections.abc import Iterable, Iterator

from rpcgen.language import model


def reached(starts: Iterable[model.Declaration]) -> list[model.Declaration]:
    """Return the declarations and all that they need, each once, nearest first."""
    found: dict[model.Declaration, None] = dict.fromkeys(starts)
    pending = list(found)
    while pending:
        new = [it for it in needed_by(pending.pop(0)) if it not in found]
        found |= dict.fromkeys(new)
        pending += new
    return list(found)


def needed_by(declaration: model.Declaration) -> Iterator[model.Declaration]:
    """Yield what a declaration names itself."""
    match declaration:
        case model.Alias(type=inner):
            yield from named_in(inner)
        case model.Struct(fields=fields) | model.Error(fields=fields):
            for field in fields:
                yield from named_in(field.type)
        case model.Union(variants=variants):
            yield from (it.struct for it in variants)
        case model.Service(methods=methods):
            for method in methods:
                yield from needed_by_method(method)
        case _:
            pass


def needed_by_method(method: model.Method) -> Iterator[model.Declaration]:
    """Yield what a method names itself."""
    for parameter in method.parameters:
        yield from named_in(parameter.type)
    yield from named_in(method.result)
    yield from (it.error for it in method.raises)


def named_in(type_: model.Type | None) -> Iterator[model.TypeDeclaration]:
    """Yield the declared types that a type names, within its brackets too."""
    match type_:
        case model.Optional(inner) | model.ListOf(item=inner):
            yield from named_in(inner)
        case model.MapOf(key=key, value=value):
            yield from named_in(key)
            yield from named_in(value)
        case model.Named(declaration):
            yield declaration
        case _:
            pass
