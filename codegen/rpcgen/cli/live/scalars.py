"""One text to JSON, by the built-in type or the enum that it is for. Pure; raises UsageError.

Text that its type cannot be stays text: the check that follows then says what is wrong with it, in
the runtime's words.
"""

import base64
import math
import re
from collections.abc import Callable, Mapping

from pydantic import JsonValue
from pydantic_core import from_json

from rpcgen.cli.live.words import Given
from rpcgen.cli.usage import UsageError
from rpcgen.language import model

_INT = re.compile(r"[+-]?[0-9]{1,400}")
_FLOAT = re.compile(r"[+-]?([0-9]{1,400}(\.[0-9]{0,400})?|\.[0-9]{1,400})([eE][+-]?[0-9]{1,4})?")
_DURATION = re.compile(r"([0-9]{1,12})(ms|s|m|h)")
_VERBATIM = frozenset({"str", "bytes", "json"})
"""Built-in types that any text is a value of, `null` included."""


def scalar(type_: model.Type, given: Given, name: str, *, is_optional: bool) -> JsonValue:
    """Return what was given for a type without parts."""
    if given.is_json:
        return json_in(text_of(given, name), name)
    kind = type_.name if isinstance(type_, model.Builtin) else ""
    if kind == "bytes":
        # What the shell gave is bytes again, text or not.
        typed = given.text.encode(errors="surrogateescape")
        data = typed if given.data is None else given.data
        return base64.urlsafe_b64encode(data).decode()
    text = text_of(given, name)
    if given.data is not None and kind not in _VERBATIM:
        text = text.strip()
    if isinstance(type_, model.Named) and isinstance(type_.declaration, model.Enum):
        word: JsonValue = enum_value(type_.declaration, text)
        known = {it.wire for it in type_.declaration.values}
        return None if is_optional and text == "null" and word not in known else word
    if is_optional and text == "null" and kind not in _VERBATIM:
        return None
    return _READERS.get(kind, str)(text)


def text_of(given: Given, name: str) -> str:
    """Return what was given as text. Raises UsageError for what is none."""
    try:
        if given.data is not None:
            return given.data.decode()
        given.text.encode()
    except UnicodeError:
        where = f"`{given.text[1:]}`" if given.data is not None else "it"
        raise UsageError(f"`{name}`: {where} is not text in UTF-8") from None
    return given.text


def json_in(text: str, name: str) -> JsonValue:
    """Return the value that a text in JSON stands for."""
    try:
        value: JsonValue = from_json(text, allow_inf_nan=False)
    except ValueError as error:
        raise UsageError(f"`{name}` is not JSON: {error}") from None
    return value


def enum_value(enum: model.Enum, text: str) -> str:
    """Return the value on the wire; a value's name in the contract will do too."""
    if any(it.wire == text for it in enum.values):
        return text
    return next((it.wire for it in enum.values if it.name == text), text)


def _bool(text: str) -> JsonValue:
    return {"true": True, "false": False}.get(text, text)


def _int(text: str) -> JsonValue:
    return int(text) if _INT.fullmatch(text) else text


def _float(text: str) -> JsonValue:
    if not _FLOAT.fullmatch(text) or not math.isfinite(float(text)):
        return text
    return float(text)


def _duration(text: str) -> JsonValue:
    match = _DURATION.fullmatch(text)
    if match is None:
        return text
    if match[2] == "ms":
        seconds, milliseconds = divmod(int(match[1]), 1_000)
        return f"PT{seconds}.{milliseconds:03}S"
    return f"PT{match[1]}{match[2].upper()}"


def _any(text: str) -> JsonValue:
    try:
        value: JsonValue = from_json(text, allow_inf_nan=False)
    except ValueError:
        return text
    return value


_READERS: Mapping[str, Callable[[str], JsonValue]] = {
    "bool": _bool,
    "int": _int,
    "float": _float,
    "duration": _duration,
    "json": _any,
}
"""By built-in type; what is not here is text in JSON too."""
