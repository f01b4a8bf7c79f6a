"""Whole declarations as the language writes them, and which ones a method needs. Pure."""

from collections.abc import Iterable, Iterator, Sequence

from rpcgen.cli.live.signatures import (
    INDENT,
    field_text,
    marks_text,
    name_of,
    type_text,
    value_text,
    wire_text,
)
from rpcgen.language import model
from rpcgen.language.types import parts


def declaration_rows(declaration: model.Declaration) -> list[str]:
    """Return a declaration with its documentation and its members."""
    package = declaration.package
    name, marks = declaration.name, marks_text(declaration, package)
    match declaration:
        case model.Const(type=type_, value=value) if type_ is not None and value is not None:
            kind = type_.name if isinstance(type_, model.Builtin) else ""
            rows = [f"const {name}: {type_text(type_, package)} = {value_text(value, kind)}{marks}"]
        case model.Alias(type=type_) if type_ is not None:
            rows = [f"type {name} = {type_text(type_, package)}{marks}"]
        case model.Struct(fields=fields):
            rows = _body(f"struct {name}{marks}", _fields(fields, package))
        case model.Enum(values=values, closed=closed):
            rows = _body(f"{'closed ' * closed}enum {name}{marks}", _values(values, package))
        case model.Union(variants=variants, closed=closed):
            said = [(it, _variant(it, package)) for it in variants]
            rows = _body(f"{'closed ' * closed}union {name}{marks}", said)
        case model.Error(fields=fields, code=code, retryable=retryable):
            head = f"error {name}({code}){' retryable' * retryable}{marks}"
            rows = _body(head, _fields(fields, package)) if fields else [head]
        case _:
            rows = []
    return [*doc_rows(declaration), *rows]


def doc_rows(item: model.Item) -> list[str]:
    """Return documentation, as it stands above what it is about."""
    return [f"## {it}".rstrip() for it in item.doc.split("\n")] if item.doc else []


def needed(types: Iterable[model.Type]) -> Iterator[model.TypeDeclaration]:
    """Yield what is declared of these types and of all that they hold, each once."""
    seen: set[model.TypeDeclaration] = set()
    pending = list(types)
    while pending:
        for part in parts(pending.pop(0)):
            if isinstance(part, model.Named) and part.declaration not in seen:
                seen.add(part.declaration)
                yield part.declaration
                pending += _inside(part.declaration)


def types_of(method: model.Method) -> list[model.Type]:
    """Return the types of a method's parameters, its result and its errors' fields."""
    fields = [*method.parameters, *(it for raised in method.raises for it in raised.error.fields)]
    found = [it.type for it in fields]
    return found if method.result is None else [*found, method.result]


def _inside(declaration: model.TypeDeclaration) -> list[model.Type]:
    match declaration:
        case model.Struct(fields=fields):
            return [it.type for it in fields]
        case model.Union(variants=variants):
            return [model.Named(it.struct) for it in variants]
        case model.Alias(type=inner) if inner is not None:
            return [inner]
        case _:
            return []


def _body(head: str, members: Sequence[tuple[model.Item, str]]) -> list[str]:
    rows = [row for item, text in members for row in (*doc_rows(item), text)]
    return [f"{head} {{", *(f"{INDENT}{it}" for it in rows), "}"] if rows else [f"{head} {{}}"]


def _fields(fields: Iterable[model.Field], package: model.Package) -> list[tuple[model.Item, str]]:
    return [(it, field_text(it, package)) for it in fields]


def _variant(variant: model.Variant, package: model.Package) -> str:
    struct = name_of(variant.struct, package)
    return f"{variant.name}{wire_text(variant)}: {struct}{marks_text(variant, package)}"


def _values(
    values: Iterable[model.EnumValue], package: model.Package
) -> list[tuple[model.Item, str]]:
    return [(it, f"{it.name}{wire_text(it)}{marks_text(it, package)}") for it in values]
