"""JSON to the arguments of a method, checked as its server would. Pure.

What breaks the contract is told in the runtime's words, with what would be accepted.
"""

from collections.abc import Mapping, Sequence

from pydantic import JsonValue, ValidationError
from pydantic_core import SchemaValidator, to_json

from rpcgen.cli.live.schemas import object_schema
from rpcgen.cli.live.signatures import type_text
from rpcgen.cli.output import shown
from rpcgen.cli.usage import UsageError
from rpcgen.language import model
from rpcgen.language.diagnostics import nearest
from rpcgen_runtime import reasons, schemas
from rpcgen_runtime.codecs import CONFIG

_FORMS = {
    "bool": "`true` or `false`",
    "uuid": "written as `00000000-0000-0000-0000-000000000001`",
    "datetime": "written as `2026-05-01T12:00:00Z`",
    "date": "written as `2026-05-01`",
    "time": "written as `12:30:00`",
    "duration": "written as `500ms`, `30s`, `2m`, `1h` or `PT1M30S`",
}
"""Of built-in types whose values could be written in many ways."""


def checked(
    method: model.Method, package: model.Package, given: Mapping[str, JsonValue]
) -> Mapping[str, object]:
    """Return the arguments in Python, by their names on the wire. Raises UsageError."""
    schema = schemas.for_request(schemas.tighten(object_schema(method.parameters)))
    validator = SchemaValidator(schema, CONFIG, _use_prebuilt=False)
    try:
        values: Mapping[str, object] = validator.validate_json(to_json(given))
    except ValidationError as error:
        raise UsageError(_refusal(error, method.parameters, package)) from None
    return values


def _refusal(
    error: ValidationError, parameters: Sequence[model.Field], package: model.Package
) -> str:
    rows = []
    for item in error.errors(include_url=False)[: reasons.MAX_TOLD_ERRORS]:
        path = item["loc"]
        is_unknown = item["type"] == "extra_forbidden"
        type_ = _type_at(parameters, path[:-1] if is_unknown else path)
        word = str(path[-1]) if is_unknown else str(item["input"])
        accepted = "" if type_ is None else _accepted(type_, word, package)
        # Patterns are a peer's words, and may hold what steers a terminal.
        rows.append(shown(f"{reasons.told_one(item)}{accepted}"))
    return "\n  ".join(rows)


def _type_at(parameters: Sequence[model.Field], path: Sequence[int | str]) -> model.Type | None:
    """Return the type of what stands at a path of names on the wire, where it is known."""
    found = next((it.type for it in parameters if path and it.wire == path[0]), None)
    for step in path[1:]:
        match None if found is None else _plain(found):
            case model.ListOf(item):
                found = item
            case model.MapOf(key, value):
                found = key if path[-1] == "[key]" and step == path[-2] else value
            case model.Named(model.Struct(fields=fields)):
                found = next((it.type for it in fields if it.wire == step), None)
            case model.Named(model.Union(variants=variants)):
                found = next((model.Named(it.struct) for it in variants if it.wire == step), None)
            case _:
                return found
    return found


def _plain(type_: model.Type) -> model.Type:
    match type_:
        case model.Optional(inner) | model.Named(model.Alias(type=inner)) if inner is not None:
            return _plain(inner)
        case _:
            return type_


def _accepted(type_: model.Type, word: str, package: model.Package) -> str:
    """Return what would be accepted, and what was perhaps meant by `word`."""
    match _plain(type_):
        case model.Named(model.Enum(values=values)):
            return nearest(word, [it.wire for it in values])
        case model.Named(model.Union(variants=variants)):
            known = [it.wire for it in variants]
            return f"{nearest(word, known)}; accepted: fields, and a `type`: {_list(known)}"
        case model.Named(model.Struct(fields=fields)):
            known = [it.wire for it in fields]
            return f"{nearest(word, known)}; accepted: the fields {_list(known)}"
        case plain:
            form = _FORMS.get(plain.name, "") if isinstance(plain, model.Builtin) else ""
            return f"; accepted: `{type_text(plain, package)}`{form and ', '}{form}"


def _list(names: Sequence[str]) -> str:
    return ", ".join(f"`{it}`" for it in names)
