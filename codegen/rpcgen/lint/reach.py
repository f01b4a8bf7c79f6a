"""What services need: the declarations that are reached from methods. Pure."""

from collections.abc import Iterable, Iterator

from rpcgen.language import model
from rpcgen.lint.contract import held


def reached(types: Iterable[model.Type | None]) -> set[model.TypeDeclaration]:
    """Return the declarations that values of these types are made of."""
    found: set[model.TypeDeclaration] = set()
    pending = [it for type_ in types for it in _named(type_)]
    while pending:
        declaration = pending.pop()
        if declaration not in found:
            found.add(declaration)
            pending += _inside(declaration)
    return found


def _inside(declaration: model.TypeDeclaration) -> Iterator[model.TypeDeclaration]:
    match declaration:
        case model.Alias():
            yield from _named(declaration.type)
        case model.Struct():
            for field in declaration.fields:
                yield from _named(field.type)
        case model.Union():
            yield from (it.struct for it in declaration.variants)
        case model.Enum():
            return


def _named(type_: model.Type | None) -> Iterator[model.TypeDeclaration]:
    for it in held(type_):
        if isinstance(it, model.Named):
            yield it.declaration
