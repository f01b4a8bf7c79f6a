"""pydantic's core schemas, made to say what the contract says. Pure.

Strategy: one annotation in the generated code gives one schema, and that schema is rewritten for
the side that reads. `tighten` holds for both: 64-bit integers, finite floats, aware datetimes.
What flows to the server keeps its constraints and knows every enum value (`for_request`); what
flows back has no constraints and keeps what it does not know (`for_reply`).
"""

import datetime as dt
import math
from base64 import b64encode
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, cast

from pydantic_core import CoreSchema, core_schema

UNRECOGNIZED = "rpcgen_unrecognized"
UNRECOGNIZED_VARIANT = "rpcgen_unrecognized_variant"
CHECKED = "rpcgen_checked"

INT_MIN, INT_MAX = -(2**63), 2**63 - 1

# A schema is a tree of dicts whose keys depend on its type; pydantic types them as one union.
Schema = dict[str, Any]

_ORDER = ("ge", "gt", "le", "lt", "multiple_of")
_LENGTH = ("min_length", "max_length")
_CONSTRAINTS: Mapping[str, tuple[str, ...]] = {
    "int": _ORDER,
    "float": _ORDER,
    "decimal": (*_ORDER, "max_digits", "decimal_places"),
    "timedelta": _ORDER,
    "str": (*_LENGTH, "pattern"),
    "bytes": _LENGTH,
    "list": _LENGTH,
    "dict": _LENGTH,
}
_ONE = ("schema", "items_schema", "keys_schema", "values_schema", "json_schema", "python_schema")
_MANY = ("choices", "definitions", "fields")


def _base64(value: bytes) -> str:
    # RFC 4648, section 4: pydantic writes section 5, which fewer of our peers' libraries read by
    # default. It reads both.
    return b64encode(value).decode("ascii")


def _duration(value: dt.timedelta) -> str:
    # pydantic writes years of 365 days, which no other library reads; days are days everywhere.
    microseconds = abs(value) // dt.timedelta(microseconds=1)
    seconds, fraction = divmod(microseconds, 1_000_000)
    days, seconds = divmod(seconds, 86_400)
    hours, seconds = divmod(seconds, 3_600)
    minutes, seconds = divmod(seconds, 60)
    told = f"{seconds}.{fraction:06}".rstrip("0") if fraction else str(seconds)
    date = f"{days}D" if days else ""
    parts = [(hours, f"{hours}H"), (minutes, f"{minutes}M"), (seconds or fraction, f"{told}S")]
    time = "".join(text for count, text in parts if count)
    whole = date + (f"T{time}" if time else "") or "T0S"
    return f"{'-' if value < dt.timedelta() else ''}P{whole}"


_AS_DURATION = core_schema.plain_serializer_function_ser_schema(
    _duration, return_schema=core_schema.str_schema(), when_used="json"
)
_ERRORS = {
    "strict": True,
    "revalidate_instances": "always",
    "val_json_bytes": "base64",
    "ser_json_bytes": "base64",
}
_AS_BASE64 = core_schema.plain_serializer_function_ser_schema(
    _base64, return_schema=core_schema.str_schema(), when_used="json"
)


def tighten(schema: CoreSchema) -> CoreSchema:
    """Return `schema` within the ranges of the contract's types."""
    definitions: list[Schema] = cast("Schema", schema).get("definitions", [])
    tags = {it["ref"]: tag for it in definitions if (tag := _tag_of(it, {})) is not None}
    return _rewritten(schema, partial(_tighten, tags=tags))


def for_request(schema: CoreSchema) -> CoreSchema:
    """Return `schema` for what flows to the server: nothing unrecognized passes."""
    return _rewritten(schema, _close)


def for_reply(schema: CoreSchema) -> CoreSchema:
    """Return `schema` for what flows back: constraints are the server's business."""
    return _rewritten(schema, _relax)


def _rewritten(schema: CoreSchema, change: Callable[[Schema], Schema]) -> CoreSchema:
    # The tree keeps its shape, so that what was a schema still is one.
    return cast("CoreSchema", _walk(schema, change))


def _walk(node: Any, change: Callable[[Schema], Schema]) -> Any:
    """Return a copy of `node` in which every schema went through `change`, innermost first."""
    if isinstance(node, tuple):
        return tuple(_walk(it, change) for it in node)
    if isinstance(node, list):
        return [_walk(it, change) for it in node]
    if not isinstance(node, dict):
        return node
    copy = dict(node)
    for key in _ONE:
        if isinstance(copy.get(key), dict):
            copy[key] = _walk(copy[key], change)
    for key in _MANY:
        inner = copy.get(key)
        if isinstance(inner, list):
            copy[key] = _walk(inner, change)
        elif isinstance(inner, dict):
            copy[key] = {name: _walk(it, change) for name, it in inner.items()}
    return change(copy) if "type" in copy else copy


def _tag_of(node: Schema, tags: Mapping[str, str]) -> str | None:
    """Return the tag of a variant's schema; None for what is no variant."""
    match node["type"]:
        case "definition-ref":
            return tags.get(node["schema_ref"])
        case "model-fields" if "type" in node["fields"]:
            field = node["fields"]["type"]["schema"]
            literal = field["schema"] if field["type"] == "default" else field
            return str(literal["expected"][0]) if literal["type"] == "literal" else None
        case _:
            inner = node.get("schema")
            return _tag_of(inner, tags) if isinstance(inner, dict) else None


def _tighten(node: Schema, tags: Mapping[str, str]) -> Schema:
    match node["type"]:
        case "int":
            if "ge" not in node and "gt" not in node:
                node["ge"] = INT_MIN
            if "le" not in node and "lt" not in node:
                node["le"] = INT_MAX
        case "float":
            node["allow_inf_nan"] = False
        case "bytes":
            node["serialization"] = _AS_BASE64
        case "timedelta":
            node["serialization"] = _AS_DURATION
        case "datetime":
            node["tz_constraint"] = "aware"
            return _checked(node, _refuse_odd_offset)
        case "dataclass":
            # Errors of a contract: checked again when they are written, as models never need to be.
            node["config"] = {**node.get("config", {}), **_ERRORS}
        case "any":
            return _checked(node, _refuse_what_json_cannot_say)
        case "union":
            return _open_union(node, tags)
        case "model-field" | "typed-dict-field" | "dataclass-field":
            if _absent_is_none(node["schema"]):
                node["serialization_exclude_if"] = _is_none
        case _:
            pass
    return node


def _checked(node: Schema, check: Callable[[Any], Any]) -> Schema:
    """Return the schema with a check of ours behind it, once."""
    metadata = node.get("metadata") or {}
    if CHECKED in metadata:
        return node
    node["metadata"] = {**metadata, CHECKED: True}
    inner = cast("CoreSchema", node)
    return dict(core_schema.no_info_after_validator_function(check, inner))


def _refuse_odd_offset(value: dt.datetime) -> dt.datetime:
    offset = value.utcoffset()
    if offset is not None and offset.seconds % 60:
        # What RFC 3339 cannot say would be written as another moment.
        raise ValueError("the offset from UTC is in whole minutes")
    return value


def _refuse_what_json_cannot_say(value: Any) -> Any:
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, float) and not math.isfinite(item):
            raise ValueError("numbers are finite")
        if isinstance(item, int) and not INT_MIN <= item <= INT_MAX:
            raise ValueError("whole numbers have 64 bits")
        if isinstance(item, dict):
            pending += item.values()
        elif isinstance(item, list):
            pending += item
    return value


def _absent_is_none(schema: Schema) -> bool:
    return schema["type"] == "default" and "default" in schema and schema["default"] is None


def _is_none(value: object) -> bool:
    return value is None


def _is_marked(choice: object, mark: str) -> bool:
    return isinstance(choice, dict) and mark in (choice.get("metadata") or ())


def _open_union(node: Schema, tags: Mapping[str, str]) -> Schema:
    """Try what is known first, then what is not."""
    choices = node["choices"]
    if any(_is_marked(it, UNRECOGNIZED) for it in choices):
        known = [it for it in choices if not _is_marked(it, UNRECOGNIZED)]
        unknown = [it for it in choices if _is_marked(it, UNRECOGNIZED)]
        return {**node, "choices": [*known, *unknown], "mode": "left_to_right"}
    if any(_is_marked(it, UNRECOGNIZED_VARIANT) for it in choices):
        return _open_variants(node, choices, tags)
    return node


def _open_variants(node: Schema, choices: list[Schema], by_reference: Mapping[str, str]) -> Schema:
    """Let the tag decide, so that a known variant with a mistake is a mistake."""
    unknown = next(it for it in choices if _is_marked(it, UNRECOGNIZED_VARIANT))
    (first,) = (it for it in choices if it is not unknown)
    # One variant alone is no union to pydantic.
    only = _tag_of(first, by_reference)
    if only is None and first["type"] != "tagged-union":
        # Within a model that pydantic still builds, it is a name without its schema. The whole is
        # tightened again for each side that reads.
        return {**node, "choices": [first, unknown], "mode": "left_to_right"}
    known: Schema = first["choices"] if only is None else {only: first}
    tags = frozenset(known)

    def tag_of(value: Any) -> str:
        tag = value.get("type") if isinstance(value, dict) else getattr(value, "type", None)
        return tag if isinstance(tag, str) and tag in tags else UNRECOGNIZED_VARIANT

    return {
        "type": "tagged-union",
        "choices": {**known, UNRECOGNIZED_VARIANT: unknown},
        "discriminator": tag_of,
        "metadata": node.get("metadata") or {},
    }


def _tagged(node: Schema) -> Schema:
    """Return the fields of a variant with its tag to be given: in Python the class says it."""
    field = node["fields"]["type"]
    if field["schema"]["type"] != "default":
        return node
    tag = {**field, "schema": field["schema"]["schema"]}
    return {**node, "fields": {**node["fields"], "type": tag}}


def _close(node: Schema) -> Schema:
    match node["type"]:
        case "model-fields" if _tag_of(node, {}) is not None:
            return _tagged(node)
        case "list" | "dict":
            # A caller may hand in any sequence or mapping; in JSON nothing changes.
            node["strict"] = False
        case "union":
            known = [it for it in node["choices"] if not _is_marked(it, UNRECOGNIZED)]
            return known[0] if len(known) == 1 else {**node, "choices": known}
        case "tagged-union":
            known_tags = {k: v for k, v in node["choices"].items() if k != UNRECOGNIZED_VARIANT}
            return {**node, "choices": known_tags}
        case _:
            pass
    return node


def _relax(node: Schema) -> Schema:
    for name in _CONSTRAINTS.get(node["type"], ()):
        node.pop(name, None)
    if node["type"] == "model-fields" and _tag_of(node, {}) is not None:
        return _tagged(node)
    if node["type"] == "int":
        node["ge"], node["le"] = INT_MIN, INT_MAX
    return node
