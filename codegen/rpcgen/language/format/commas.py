"""What has commas between its items, where they stand on one line; every type of a file. Pure."""

from collections.abc import Iterator, Sequence

from rpcgen.language import syntax
from rpcgen.language.source import Span


def listed(file: syntax.File) -> Iterator[list[Span]]:
    """Return each list: where its items begin."""
    for item in file.items:
        match item:
            case syntax.Struct(fields=members) | syntax.Error(fields=members):
                yield _named(members)
            case syntax.Enum(values=members) | syntax.Union(variants=members):
                yield _named(members)
            case syntax.Service():
                for member in item.items:
                    yield from _in_service(member)
            case _:
                pass
    for type_ in types(file):
        yield [it.span for it in type_.arguments]
        yield [it.name.span for it in type_.constraints]


def _in_service(member: syntax.Setting | syntax.Method) -> Iterator[list[Span]]:
    if isinstance(member, syntax.Setting):
        yield [it.span for it in member.values]
        return
    yield _named(member.parameters)
    for clause in member.clauses:
        if isinstance(clause.value, tuple):
            yield [it.error.span for it in clause.value]


def _named(members: Sequence[syntax.Field | syntax.EnumValue | syntax.Variant]) -> list[Span]:
    return [it.name.span for it in members]


def types(file: syntax.File) -> Iterator[syntax.Type]:
    """Return every type, those inside others too."""
    pending = [it for item in file.items for it in _types(item)]
    while pending:
        type_ = pending.pop()
        yield type_
        pending += type_.arguments


def _types(item: syntax.Item) -> Iterator[syntax.Type]:
    match item:
        case syntax.Const() | syntax.Alias():
            yield item.type
        case syntax.Struct() | syntax.Error():
            yield from (it.type for it in item.fields)
        case syntax.Service():
            for member in item.items:
                if isinstance(member, syntax.Method):
                    yield from (it.type for it in member.parameters)
                    if member.result is not None:
                        yield member.result
        case _:
            pass
