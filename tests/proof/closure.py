"""All that a method depends on, as one text: two methods of one text cannot differ on the wire. Pure.

Only to save time: what an edit does not touch need not be tried with every pair.
"""

from collections.abc import Sequence

from rpcgen.language import model
from tests.proof.table import Row


def closure(row: Row) -> str:
    """Return the text of a method, its service and every type that it can reach."""
    method, service = row.declared, row.service
    facts = (
        service.name, service.topic, service.exchange, service.namespace, service.legacy_namespaces,
        service.by_position, service.since, method.verb, method.name, method.wire, method.since,
        method.idempotent, method.readonly, method.timeout,
    )  # fmt: skip
    seen: set[model.Declaration] = set()
    parts = [repr(facts), _members(method.parameters, seen)]
    if method.result is not None:
        parts.append(_type(method.result, seen))
    parts += [_error(it, seen) for it in method.raises]
    return "\n".join(parts)


def _error(raised: model.Raised, seen: set[model.Declaration]) -> str:
    error = raised.error
    head = f"{error.package.name}.{error.name}({error.code}) {error.retryable} {raised.since}"
    return f"{head} {_members(error.fields, seen)}"


def _members(fields: Sequence[model.Field], seen: set[model.Declaration]) -> str:
    return "; ".join(
        f"{it.name} {it.wire} {it.since} {_default(it.default)} {_type(it.type, seen)}"
        for it in fields
    )


def _default(default: object) -> str:
    return default.value.wire if isinstance(default, model.EnumDefault) else repr(default)


def _type(type_: model.Type, seen: set[model.Declaration]) -> str:
    match type_:
        case model.Builtin(name=name, constraints=limits):
            return f"{name}{dict(limits)}"
        case model.ListOf(item=item, constraints=limits):
            return f"list[{_type(item, seen)}]{dict(limits)}"
        case model.MapOf(key=key, value=value, constraints=limits):
            return f"map[{_type(key, seen)}, {_type(value, seen)}]{dict(limits)}"
        case model.Optional(inner=inner):
            return f"{_type(inner, seen)}?"
        case model.Named(declaration=declaration):
            return _declared(declaration, seen)


def _declared(declaration: model.TypeDeclaration, seen: set[model.Declaration]) -> str:
    name = f"{declaration.package.name}.{declaration.name}"
    if declaration in seen:
        return name
    seen.add(declaration)
    match declaration:
        case model.Alias(type=type_):
            return name if type_ is None else f"{name} = {_type(type_, seen)}"
        case model.Struct(fields=fields):
            return f"{name} {{{_members(fields, seen)}}}"
        case model.Enum(values=values, closed=closed):
            return f"{name} {closed} {[(it.name, it.wire, it.since) for it in values]}"
        case model.Union(variants=variants, closed=closed):
            inner = [
                f"{it.name} {it.wire} {it.since} {_type(model.Named(it.struct), seen)}"
                for it in variants
            ]
            return f"{name} {closed} {inner}"
