"""What pydantic found wrong, for people: paths and reasons, never the values. Pure."""

import json
from collections.abc import Mapping, Sequence

from pydantic import ValidationError
from pydantic_core import ErrorDetails

MAX_TOLD_ERRORS = 10
MAX_LOOKED_AT = 25_000
MAX_TOLD_CHARACTERS = 300
MAX_TOLD_BYTES = 4_096
"""Of all of it, as JSON writes it: an answer stays small whatever names the asker chose."""


def told(error: ValidationError, names: Sequence[str] = ()) -> str:
    """Return what is wrong, for people: paths and reasons, never the values that were given.

    `names` are those of the parameters, for what was given by position.
    """
    if error.error_count() > MAX_LOOKED_AT:
        # To look at one, pydantic makes all of them, which takes longer than finding them.
        return f"there are {error.error_count():,} mistakes, too many to look at"
    found = error.errors(include_url=False, include_input=False, include_context=False)
    rows: list[str] = []
    size = 0
    for item in found[:MAX_TOLD_ERRORS]:
        row = told_one(item, names)
        size += len(json.dumps(row))
        if rows and size > MAX_TOLD_BYTES:
            break
        rows.append(row)
    more = len(found) - len(rows)
    return "; ".join(rows) + (f"; and {more} more" if more > 0 else "")


def told_one(item: ErrorDetails, names: Sequence[str] = ()) -> str:
    """Return one thing that is wrong, as `told` does."""
    first, *rest = item["loc"] or ("",)
    if isinstance(first, int) and first < len(names):
        first = names[first]
    path = ".".join(str(it) for it in (first, *rest))[:MAX_TOLD_CHARACTERS]
    reason = _printable(_REASONS.get(item["type"], _lower(item["msg"])))[:MAX_TOLD_CHARACTERS]
    return f"`{_printable(path)}`: {reason}" if path else reason


_REASONS: Mapping[str, str] = {
    "missing": "must be given",
    "missing_argument": "must be given",
    "unexpected_keyword_argument": "is not a parameter",
    "unexpected_positional_argument": "there are fewer parameters",
    "multiple_argument_values": "is given twice",
    "arguments_type": "parameters are an object or an array",
    "union_tag_invalid": "is of no known variant",
    "extra_forbidden": "is not in the contract",
    # pydantic's words repeat what was given.
    "uuid_parsing": "input should be a valid UUID",
}


def _lower(message: str) -> str:
    return message if message[1:2].isupper() else message[:1].lower() + message[1:]


def _printable(text: str) -> str:
    return "".join(it if it.isprintable() else "\ufffd" for it in text)
