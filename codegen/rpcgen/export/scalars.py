"""Built-in types as JSON Schema, with what it can say of their constraints. Pure.

What it cannot say stands in `x-constraints`: a validator lets pass what the server then refuses.
"""

import re
from collections.abc import Mapping
from typing import TypeAlias

from rpcgen.export import values
from rpcgen.export.document import Json, Members
from rpcgen.language import model

INT_MIN, INT_MAX = -(2**63), 2**63 - 1

Limits: TypeAlias = Mapping[str, model.Scalar]

# Groups of four; of the last one, the bits behind the bytes are zero, and padding may be left out.
_QUADS = "(?:[{0}]{{4}})*(?:[{0}][AQgw](?:==)?|[{0}]{{2}}[AEIMQUYcgkosw048]=?)?"
_BASE64 = "|".join(_QUADS.format(it) for it in ("A-Za-z0-9+/", "A-Za-z0-9_-"))
_SECONDS = r"[0-9]+(?:\.[0-9]{1,6})?S"
_TIME = f"T(?:[0-9]+H(?:[0-9]+M)?(?:{_SECONDS})?|[0-9]+M(?:{_SECONDS})?|{_SECONDS})"
_DURATION = f"^-?P(?:(?:[0-9]+Y(?:[0-9]+D)?|[0-9]+D)(?:{_TIME})?|{_TIME})$"
_CLOCK = r"^(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?$"
_DECIMAL = r"^-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$"
_WHOLE = "^(?:0|-?[1-9][0-9]{0,18})$"

_PLAIN: Mapping[str, Members] = {
    "bool": {"type": "boolean"},
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "str": {"type": "string"},
    "bytes": {"type": "string", "contentEncoding": "base64", "pattern": f"^(?:{_BASE64})$"},
    "uuid": {"type": "string", "format": "uuid"},
    "datetime": {"type": "string", "format": "date-time"},
    "date": {"type": "string", "format": "date"},
    # The formats `time` and `duration` are others: an offset is a must, a fraction no part.
    "time": {"type": "string", "pattern": _CLOCK},
    "duration": {"type": "string", "pattern": _DURATION},
    "decimal": {"type": ["string", "integer"], "pattern": _DECIMAL},
    "json": {},
}
_BOUNDS: Mapping[str, str] = {
    "ge": "minimum",
    "gt": "exclusiveMinimum",
    "le": "maximum",
    "lt": "exclusiveMaximum",
    "multiple_of": "multipleOf",
}
_LENGTHS: Mapping[str, tuple[str, str]] = {
    "str": ("minLength", "maxLength"),
    "list": ("minItems", "maxItems"),
    "map": ("minProperties", "maxProperties"),
}
# What means the same to the engine of the runtime and to those of ECMA-262.
_PORTABLE = re.compile(
    r"(?:[^\\\[\](){}]|\\[\\.*+?()\[\]{}|/^$dDwWsSbBnrtfv]|\((?:\?:)?|\)|\{[0-9]+(?:,[0-9]*)?\}"
    r"|\[\^?(?:[^\\\[\]&~-]|\\[\\.*+?()\[\]{}|/^$dDwWsSnrtfv-]|-(?!-))+\])*"
)


def of(name: str, limits: Limits) -> Members:
    """Return the schema of a built-in type with its constraints."""
    schema = dict(_PLAIN[name])
    if name == "int":
        schema |= {} if {"ge", "gt"} & limits.keys() else {"minimum": INT_MIN}
        schema |= {} if {"le", "lt"} & limits.keys() else {"maximum": INT_MAX}
    return schema | bounds(name, limits)


def bounds(name: str, limits: Limits) -> dict[str, Json]:
    """Return the members that stand for constraints of a built-in type."""
    said: dict[str, Json] = {}
    unsaid: dict[str, Json] = {}
    for word, value in limits.items():
        keyword = _keyword(name, word)
        if keyword is None or (word == "pattern" and not is_portable(str(value))):
            unsaid[word] = values.of(value, name)
        else:
            said[keyword] = values.of(value, name)
    if name == "bytes":
        said |= _encoded(limits)
    return {**said, **({"x-constraints": unsaid} if unsaid else {})}


def key(name: str, limits: Limits) -> Members:
    """Return the schema of what a built-in type is as the key of a map: a text."""
    if name != "int":
        return of(name, limits)
    unsaid = {word: values.of(it, name) for word, it in limits.items()}
    return {"type": "string", "pattern": _WHOLE, **({"x-constraints": unsaid} if unsaid else {})}


def is_portable(pattern: str) -> bool:
    """Whether other engines read a pattern as the runtime's does."""
    return _PORTABLE.fullmatch(pattern) is not None


def _keyword(name: str, word: str) -> str | None:
    if word in _BOUNDS:
        return _BOUNDS[word] if name in {"int", "float"} else None
    if word in {"min_length", "max_length"}:
        lengths = _LENGTHS.get(name)
        return None if lengths is None else lengths[word == "max_length"]
    return "pattern" if word == "pattern" else None


def _encoded(limits: Limits) -> dict[str, Json]:
    """Return how long the base64 of bytes is at least and at most: padding may be left out."""
    said: dict[str, Json] = {}
    least, most = limits.get("min_length"), limits.get("max_length")
    if isinstance(least, int):
        said["minLength"] = -(-4 * least // 3)
    if isinstance(most, int):
        said["maxLength"] = 4 * -(-most // 3)
    return said
