"""Whether a value must be there, and what stands in for one that is not. Pure.

The four ways in which the language writes a field, and what each becoming another comes to.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Literal, TypeAlias

from rpcgen.contract.words import default_text
from rpcgen.language import model

Presence: TypeAlias = Literal["T", "T = v", "T?", "T? = v"]

_RULES: Mapping[tuple[Presence, Presence], str] = {
    ("T", "T = v"): "default-added",
    ("T", "T?"): "became-optional",
    ("T", "T? = v"): "became-optional",
    ("T = v", "T"): "default-removed",
    ("T = v", "T?"): "default-to-optional",
    ("T = v", "T? = v"): "null-allowed",
    ("T?", "T"): "became-required",
    ("T?", "T = v"): "optional-to-default",
    ("T?", "T? = v"): "default-changed",
    ("T? = v", "T"): "became-required",
    ("T? = v", "T = v"): "null-refused",
    ("T? = v", "T?"): "default-forgotten",
}
_WORDS: Mapping[str, str] = {
    "default-added": "need not be given now",
    "became-optional": "may be absent now",
    "default-removed": "must be given now: its default is gone",
    "default-to-optional": "has no default now: absent means nothing",
    "null-allowed": "may be null now",
    "became-required": "must be given now",
    "optional-to-default": "has a default now: absent meant nothing",
    "null-refused": "may not be null now",
    "default-forgotten": "has no default now: absent means nothing, and null is no longer written",
    "default-changed": "has another default now",
}


def presence_of(field: model.Field) -> Presence:
    """Return how the field is written."""
    if isinstance(field.type, model.Optional):
        return "T?" if field.default is None else "T? = v"
    return "T" if field.default is None else "T = v"


def presence_rules(
    was: model.Field, now: model.Field, *, by_position: bool
) -> list[tuple[str, str]]:
    """Return the rules for what became of a field's presence, each with its words."""
    before, after = presence_of(was), presence_of(now)
    rules = [_RULES[before, after]] if before != after else []
    if rules == ["optional-to-default"] and by_position:
        # In an array what is absent is written as null, where something follows.
        rules.append("null-refused")
    if was.default is not None and now.default is not None and not _is_same(was, now):
        rules.append("default-changed")
    return [(it, _WORDS[it]) for it in rules]


def _is_same(was: model.Field, now: model.Field) -> bool:
    are_decimals = _is_decimal(was.type) and _is_decimal(now.type)
    if are_decimals and isinstance(was.default, str) and isinstance(now.default, str):
        return Decimal(was.default) == Decimal(now.default)
    if _is_number(was.default) and _is_number(now.default):
        # `int = 3` and `float = 3` mean the same.
        return was.default == now.default
    return default_text(was.default) == default_text(now.default)


def _is_number(default: object) -> bool:
    return isinstance(default, int | float) and not isinstance(default, bool)


def _is_decimal(type_: model.Type) -> bool:
    match type_:
        case model.Optional(inner):
            return _is_decimal(inner)
        case model.Named(model.Alias(type=inner)) if inner is not None:
            return _is_decimal(inner)
        case _:
            return isinstance(type_, model.Builtin) and type_.name == "decimal"


def presence_text(field: model.Field, type_text: str) -> str:
    """Return the field's type with its default, as the language writes them."""
    return type_text if field.default is None else f"{type_text} = {default_text(field.default)}"
