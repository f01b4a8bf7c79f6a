"""Documents as values, and as text: the same document is the same bytes. Pure."""

import json
from collections.abc import Mapping, Sequence
from typing import TypeAlias

Json: TypeAlias = bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"] | None
Members: TypeAlias = Mapping[str, Json]
"""An object; its members are written in their order."""


def text(document: Members) -> str:
    """Return a document as a file for people, with an indent of two."""
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def line(value: Json) -> str:
    """Return a value as JSON on one line, in ASCII."""
    return json.dumps(value, separators=(",", ":"))


def given(**members: Json) -> dict[str, Json]:
    """Return the members that say something: no None, no false, nothing empty."""
    return {name: it for name, it in members.items() if it not in (None, False, "", [], {})}
