"""What was given for one parameter to JSON, by its type: objects, lists, maps. Pure.

Raises UsageError for what is given twice and for parts that the type does not have.
"""

from collections.abc import Sequence

from pydantic import JsonValue
from pydantic_core import from_json

from rpcgen.cli.live.scalars import enum_value, json_in, scalar, text_of
from rpcgen.cli.live.words import Given
from rpcgen.cli.usage import UsageError
from rpcgen.language import model
from rpcgen.language.check import TAG
from rpcgen.language.diagnostics import nearest, shortened


def json_of(type_: model.Type, given: Sequence[Given], name: str) -> JsonValue:
    """Return the JSON that was given for one parameter, field or entry called `name`."""
    plain, is_optional = _plain(type_)
    if is_optional and has_parts(plain) and [(it.path, it.text) for it in given] == [("", "null")]:
        return None
    match plain:
        case model.ListOf(item):
            return _list(item, given, name)
        case model.MapOf(key, value):
            return _map(key, value, given, name)
        case model.Named(model.Struct(fields=fields)):
            return _whole(given, name) if _is_whole(given, name) else _object(fields, given, name)
        case model.Named(model.Union() as union):
            return _whole(given, name) if _is_whole(given, name) else _union(union, given, name)
        case _:
            return scalar(plain, _only(given, name), name, is_optional=is_optional)


def has_parts(plain: model.Type) -> bool:
    """Whether values of a type hold others."""
    match plain:
        case model.ListOf() | model.MapOf() | model.Named(model.Struct() | model.Union()):
            return True
        case _:
            return False


def _plain(type_: model.Type) -> tuple[model.Type, bool]:
    """Return a type without its other names, and whether it may be absent."""
    is_optional = False
    while True:
        match type_:
            case model.Optional(inner):
                is_optional, type_ = True, inner
            case model.Named(model.Alias(type=inner)) if inner is not None:
                type_ = inner
            case _:
                return type_, is_optional


def _only(given: Sequence[Given], name: str) -> Given:
    if len(given) > 1:
        raise UsageError(f"`{name}` is given twice")
    if given[0].path:
        raise UsageError(f"`{name}` has no field `{shortened(given[0].path)}`")
    return given[0]


def _is_whole(given: Sequence[Given], name: str) -> bool:
    """Whether a value that has parts is given in one piece."""
    is_whole = any(not it.path for it in given)
    if is_whole and len(given) > 1:
        raise UsageError(f"`{name}` is given twice, or as a whole and in parts")
    return is_whole


def _whole(given: Sequence[Given], name: str) -> JsonValue:
    text = text_of(given[0], name)
    if not given[0].is_json and given[0].data is None and not text.lstrip().startswith("{"):
        raise UsageError(
            f"`{name}` has parts; accepted: `{name}.PART=VALUE` for each, or `{name}:=JSON`"
        )
    return json_in(text, name)


def _object(fields: Sequence[model.Field], given: Sequence[Given], name: str) -> JsonValue:
    by_name = {it.name: it for it in fields} | {it.wire: it for it in fields}
    parts: dict[str, list[Given]] = {}
    for it in given:
        head, inner = _inner(it)
        if head not in by_name:
            hint = nearest(head, [it.name for it in fields]) or _some([it.name for it in fields])
            raise UsageError(f"`{name}` has no field `{shortened(head)}`{hint}")
        parts.setdefault(by_name[head].wire, []).append(inner)
    types = {it.wire: it.type for it in fields}
    return {wire: json_of(types[wire], it, f"{name}.{wire}") for wire, it in parts.items()}


def _union(union: model.Union, given: Sequence[Given], name: str) -> JsonValue:
    tags = [it for it in given if it.path == TAG]
    variants = {it.wire: it for it in union.variants}
    known = ", ".join(f"`{it}`" for it in variants)
    if not tags:
        raise UsageError(f"`{name}.{TAG}` must be given; accepted: {known}")
    tag = text_of(_only([Given("", it.text, data=it.data) for it in tags], f"{name}.{TAG}"), name)
    if tag not in variants:
        hint = nearest(tag, variants)
        message = f"`{name}.{TAG}`: `{shortened(tag)}` is no variant{hint}"
        raise UsageError(f"{message}; accepted: {known}")
    others = [it for it in given if it.path != TAG]
    members = _object(variants[tag].struct.fields, others, name)
    assert isinstance(members, dict), "fields make an object"
    return {TAG: tag, **members}


def _map(key: model.Type, value: model.Type, given: Sequence[Given], name: str) -> JsonValue:
    if _is_whole(given, name):
        return _whole(given, name)
    is_nested = has_parts(_plain(value)[0])
    parts: dict[str, list[Given]] = {}
    for it in given:
        # The dots in the key of a value without parts are its own.
        head, inner = _inner(it) if is_nested else (it.path, _at("", it))
        parts.setdefault(_key(key, head), []).append(inner)
    return {it: json_of(value, parts[it], f"{name}.{it}") for it in parts}


def _key(type_: model.Type, text: str) -> str:
    plain, _ = _plain(type_)
    if isinstance(plain, model.Named) and isinstance(plain.declaration, model.Enum):
        return enum_value(plain.declaration, text)
    return text


def _list(item: model.Type, given: Sequence[Given], name: str) -> JsonValue:
    found: list[JsonValue] = []
    for it in given:
        if it.path:
            accepted = f"`{name}=VALUE` for each item, or `{name}:=JSON`"
            raise UsageError(f"`{name}` is a list; accepted: {accepted}")
        if it.is_json:
            whole = json_in(text_of(it, name), name)
            found += whole if isinstance(whole, list) else [whole]
        elif it.data is None and (items := _array(it.text)) is not None:
            found += items
        else:
            found.append(json_of(item, [it], name))
    return found


def _array(text: str) -> list[JsonValue] | None:
    """Return the items if the text is a whole list in JSON."""
    if not text.startswith("["):
        return None
    try:
        found = from_json(text, allow_inf_nan=False)
    except ValueError:
        return None
    return found if isinstance(found, list) else None


def _inner(given: Given) -> tuple[str, Given]:
    head, _, rest = given.path.partition(".")
    return head, _at(rest, given)


def _at(path: str, given: Given) -> Given:
    return Given(path, given.text, given.is_json, given.data)


def _some(names: Sequence[str]) -> str:
    return f"; its fields: {', '.join(f'`{it}`' for it in names)}" if names else ""
