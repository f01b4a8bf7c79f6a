"""The contract of the vectors, written down by hand: what a compiler would make of it.

Names are those on the wire. Of the standard library alone.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

MUST = object()
"""The default of what must be there."""


@dataclass(frozen=True)
class Field:
    """A field or a parameter; its default is as in JSON."""

    kind: str
    default: Any = MUST
    since: int = 0


@dataclass(frozen=True)
class Struct:
    fields: Mapping[str, Field] = field(default_factory=dict)


@dataclass(frozen=True)
class Enum:
    since: Mapping[str, int]
    is_closed: bool = False


@dataclass(frozen=True)
class Union:
    """By tag: the struct, and the minor that brought it."""

    variants: Mapping[str, tuple[str, int]]
    is_closed: bool = False


@dataclass(frozen=True)
class Narrow:
    """A type with a constraint."""

    kind: str
    holds: Callable[[Any], bool]


@dataclass(frozen=True)
class Method:
    name: str
    params: Mapping[str, Field] = field(default_factory=dict)
    result: str | None = None
    verb: str = "call"
    since: int = 0
    raises: tuple[int, ...] = ()
    timeout: float = 60.0
    by_position: bool = False


MINOR = 3
"""Of the version 1.3."""

SQUARE = {"side": Field("float"), "color": Field("Color", "red")}
KINDS: Mapping[str, Struct | Enum | Union | Narrow] = {
    "Name": Narrow("str", lambda it: 1 <= len(it) <= 8),
    "Percent": Narrow("int", lambda it: 0 <= it <= 100),
    "Positive": Narrow("float", lambda it: it > 0),
    "FromOneToTen": Narrow("int", lambda it: 1 <= it <= 10),
    "Price": Narrow("decimal", lambda it: abs(it) < 100 and it == round(it, 2)),
    "Letters": Narrow("str", lambda it: re.fullmatch("[a-z]+", it) is not None),
    "Color": Enum({"red": 0, "dark-green": 0, "blue": 1}),
    "Size": Enum({"small": 0, "L": 0}, is_closed=True),
    "Leaf": Struct({"leafText": Field("Name", "leaf"), "count": Field("Percent", 0)}),
    "Tree": Struct(
        {
            "name": Field("str"),
            "leaf": Field("Leaf?", None),
            "children": Field("list[Tree]", []),
        }
    ),
    "Presence": Struct(
        {
            "must": Field("int"),
            "defaulted": Field("int", 2),
            "optional": Field("int?", None),
            "both": Field("int?", 4),
        }
    ),
    "Circle": Struct({"radius": Field("Positive")}),
    "Square": Struct(SQUARE),
    "Dot": Struct(),
    "Shape": Union({"circle": ("Circle", 0), "SQ": ("Square", 0), "dot": ("Dot", 2)}),
    "Sealed": Union({"circle": ("Circle", 0), "square": ("Square", 0)}, is_closed=True),
    # A later field of an import counts as the newest minor of the importer.
    "owners.Owner": Struct({"name": Field("str"), "mail": Field("str?", None, MINOR)}),
    "Every": Struct(
        {
            "flag": Field("bool"),
            "number": Field("int"),
            "real": Field("float"),
            "text": Field("str"),
            "blob": Field("bytes"),
            "id": Field("uuid"),
            "moment": Field("datetime"),
            "day": Field("date"),
            "clock": Field("time"),
            "span": Field("duration"),
            "price": Field("decimal"),
            "anything": Field("json"),
            "numbers": Field("list[int]"),
            "gaps": Field("list[int?]"),
            "by_text": Field("map[str, str?]"),
            "by_number": Field("map[int, str]"),
            "by_id": Field("map[uuid, int]"),
            "by_color": Field("map[Color, list[Leaf]]"),
            "color": Field("Color"),
            "size": Field("Size"),
            "tree": Field("Tree"),
            "shape": Field("Shape"),
            "sealed": Field("Sealed"),
            "owner": Field("owners.Owner"),
            "Label-1": Field("str", "none"),
            "nothing": Field("str?", None),
            "maybe": Field("int?", 7),
        }
    ),
    "Beside": Struct(
        {
            "version": Field("str"),
            "context": Field("map[str, str]"),
            "seconds": Field("int"),
            "server": Field("str"),
            "caller": Field("str?", None),
        }
    ),
    "ShelfFull": Struct(
        {
            "max": Field("int"),
            "color": Field("Color", "red"),
            "until": Field("datetime?", None),
        }
    ),
    "Gone": Struct(),
    "Lost": Struct({"Place": Field("str")}),
}

ERRORS: Mapping[int, tuple[str, str]] = {
    1001: ("ShelfFull", "The shelf is full."),
    1002: ("Gone", "Gone."),
    1003: ("Lost", "Lost."),
}
"""By code: the name, and the message."""

_TYPES = {
    "a_bool": "bool",
    "an_int": "int",
    "a_float": "float",
    "a_str": "str",
    "a_bytes": "bytes",
    "a_uuid": "uuid",
    "a_datetime": "datetime",
    "a_date": "date",
    "a_time": "time",
    "a_duration": "duration",
    "a_decimal": "decimal",
    "a_json": "json",
    "a_list": "list[int]",
    "a_list_with_gaps": "list[int?]",
    "a_map_by_str": "map[str, str?]",
    "a_map_by_int": "map[int, str]",
    "a_map_by_uuid": "map[uuid, int]",
    "a_map_by_enum": "map[Color, list[Leaf]]",
    "an_enum": "Color",
    "a_closed_enum": "Size",
    "a_struct": "Tree",
    "a_presence": "Presence",
    "a_union": "Shape",
    "a_closed_union": "Sealed",
    "an_alias": "Name",
    "an_import": "owners.Owner",
    "everything": "Every",
}

_PUT = {
    "Name": Field("str"),
    "count": Field("FromOneToTen", 1),
    "labels": Field("map[str, str]", {}),
    "note": Field("str?", None),
    "price": Field("Price?", "1.50"),
    "code": Field("Letters", "a"),
    "later": Field("int", 0, 1),
    "latest": Field("str?", None, 3),
}
_PLACE = {
    "x": Field("int"),
    "y": Field("int", 2),
    "note": Field("str?", None),
    "color": Field("Color", "red"),
    "tags": Field("map[str, str]", {}),
}
_DROPPED = {"name": Field("str"), "shape": Field("Shape"), "at": Field("datetime")}

METHODS: Mapping[str, Method] = {
    **{f"Types.{it}": Method(f"Types.{it}", {"value": Field(k)}, k) for it, k in _TYPES.items()},
    "Types.an_optional": Method("Types.an_optional", {"value": Field("int?", None)}, "int?"),
    "Shelf.put": Method("shelf.Put-It", _PUT, "str", raises=(1001, 1002, 1003), timeout=10.0),
    "Shelf.clear": Method("shelf.clear"),
    "Shelf.count": Method("shelf.count", {}, "int", since=2),
    "Shelf.beside": Method("shelf.beside", {}, "Beside"),
    "Shelf.large": Method("shelf.large", {"size": Field("int")}, "str"),
    "Shelf.mark": Method("shelf.mark", {"colors": Field("list[Color]", [], 3)}),
    "Shelf.drop": Method(
        "shelf.drop", {"name": Field("str"), "hard": Field("bool", default=False)}, verb="cast"
    ),
    "Shelf.reload": Method("shelf.reload", {"reason": Field("str?", None)}, verb="fanout"),
    "Shelf.dropped": Method("shelf.dropped", _DROPPED, verb="event"),
    "Shelf.told": Method("shelf.tell", {"text": Field("str")}),
    "Shelf.tell": Method("shelf.tell", {"text": Field("str")}, verb="cast"),
    "Points.place": Method("points.place", _PLACE, "json", by_position=True),
    "Node.block_number": Method("eth_blockNumber", {}, "str"),
}
"""By `Service.method`, as the contract says it."""
