"""Values and their JSON, as docs/wire-http.md says under Types and Presence.

A struct is a dict of its fields, a union one with its tag, an enum its text. Of the standard
library alone.
"""

import base64
import datetime as dt
import json
import math
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from tests.wire.stranger.contract import KINDS, MUST, Enum, Field, Narrow, Struct, Union

LOWEST, HIGHEST = -(2**63), 2**63 - 1
MICROSECONDS = dt.timedelta(microseconds=1)

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_TIME = r"([0-9]{2}:[0-9]{2}:[0-9]{2})(\.[0-9]+)?"
_MOMENT = re.compile(rf"({_DATE}T){_TIME}(Z|[+-][0-9]{{2}}:[0-9]{{2}})")
_DURATION = re.compile(
    r"(-)?P(?=.)(?:(\d+)Y)?(?:(\d+)D)?(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.(\d{1,6}))?S)?)?",
    re.ASCII,
)
_DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_MAP = re.compile(r"map\[(\w+), (.+)\]")


class RefusedError(ValueError):
    """A value is not of its type."""


def read(kind: str, value: Any, *, flows_back: bool = False) -> Any:
    """Return the value that parsed JSON stands for. Raises RefusedError."""
    if kind.endswith("?"):
        return None if value is None else read(kind[:-1], value, flows_back=flows_back)
    if kind.startswith("list["):
        return [read(kind[5:-1], it, flows_back=flows_back) for it in _a(list, value)]
    pair = _MAP.fullmatch(kind)
    if pair is not None:
        members = _a(dict, value).items()
        return {
            _key(pair[1], key, flows_back=flows_back): read(pair[2], it, flows_back=flows_back)
            for key, it in members
        }
    if kind in KINDS:
        return _declared(KINDS[kind], value, flows_back=flows_back)
    try:
        return _READ[kind](value)
    except (ValueError, ArithmeticError) as error:
        raise RefusedError(kind) from error


def read_members(
    fields: Mapping[str, Field], members: Mapping[str, Any], *, flows_back: bool = False
) -> dict[str, Any]:
    """Return the fields of an object; what nobody knows is left out. Raises RefusedError."""
    found: dict[str, Any] = {}
    for name, it in fields.items():
        value = members.get(name, it.default)
        if value is MUST:
            raise RefusedError(name)
        found[name] = read(it.kind, value, flows_back=flows_back)
    return found


def write(kind: str, value: Any) -> Any:
    """Return what is written as JSON."""
    if kind.endswith("?"):
        return None if value is None else write(kind[:-1], value)
    if kind.startswith("list["):
        return [write(kind[5:-1], it) for it in value]
    pair = _MAP.fullmatch(kind)
    if pair is not None:
        return {str(write(pair[1], key)): write(pair[2], it) for key, it in value.items()}
    known = KINDS.get(kind)
    if isinstance(known, Narrow):
        return write(known.kind, value)
    if isinstance(known, Struct):
        return _written(known, value)
    if isinstance(known, Union):
        if value["type"] not in known.variants:
            return value
        struct = KINDS[known.variants[value["type"]][0]]
        assert isinstance(struct, Struct)
        return {**_written(struct, value), "type": value["type"]}
    return _WRITE[kind](value) if kind in _WRITE else value


def needs(kind: str, value: Any) -> int:
    """Return the minor that a value needs."""
    if value is None:
        return 0
    kind = kind.removesuffix("?")
    if kind.startswith("list["):
        return max((needs(kind[5:-1], it) for it in value), default=0)
    pair = _MAP.fullmatch(kind)
    if pair is not None:
        each = [max(needs(pair[1], key), needs(pair[2], it)) for key, it in value.items()]
        return max(each, default=0)
    known = KINDS.get(kind)
    if isinstance(known, Enum):
        return known.since[value]
    if isinstance(known, Struct):
        return max((needs_of(it, value[name]) for name, it in known.fields.items()), default=0)
    if isinstance(known, Union):
        struct, since = known.variants[value["type"]]
        return max(since, needs(struct, value))
    return 0


def needs_of(field: Field, value: Any) -> int:
    """Return the minor that a field needs, with its value."""
    since = 0 if equals_default(field, value) else field.since
    return max(since, needs(field.kind, value))


def equals_default(field: Field, value: Any) -> bool:
    """Whether a field has the value that it has when it is absent."""
    return field.default is not MUST and bool(value == read(field.kind, field.default))


def parse(body: bytes) -> Any:
    """Return the document. Raises ValueError for what is not JSON in UTF-8."""
    found = json.loads(body.decode(), object_pairs_hook=_object, parse_constant=_no_number)
    json.dumps(found, ensure_ascii=False).encode()
    return found


class Twice(dict[str, Any]):
    """An object in which a name stands twice; of no type at all."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    return found if len(found) == len(pairs) else Twice(found)


def _no_number(text: str) -> Any:
    raise ValueError(text)


def _a(kind: type, value: Any) -> Any:
    if type(value) is not kind:
        raise RefusedError(kind.__name__)
    return value


def _declared(known: Struct | Enum | Union | Narrow, value: Any, *, flows_back: bool) -> Any:
    if isinstance(known, Narrow):
        found = read(known.kind, value, flows_back=flows_back)
        if not flows_back and not known.holds(found):
            raise RefusedError("a constraint is broken")
        return found
    if isinstance(known, Struct):
        return read_members(known.fields, _a(dict, value), flows_back=flows_back)
    if isinstance(known, Enum):
        if value not in known.since and (known.is_closed or not flows_back):
            raise RefusedError("no such value")
        return _a(str, value)
    tag = _a(str, _a(dict, value).get("type"))
    if tag in known.variants:
        found = read(known.variants[tag][0], value, flows_back=flows_back)
        return {**found, "type": tag}
    if known.is_closed or not flows_back:
        raise RefusedError("no such variant")
    return value


def _written(struct: Struct, value: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: write(it.kind, value[name])
        for name, it in struct.fields.items()
        if value[name] is not None or it.default is not None
    }


def _key(kind: str, text: str, *, flows_back: bool) -> Any:
    if kind != "int":
        return read(kind, text, flows_back=flows_back)
    if not re.fullmatch(r"0|-?[1-9][0-9]*", text):
        raise RefusedError(text)
    return read("int", int(text))


def _int(value: Any) -> int:
    if not LOWEST <= _a(int, value) <= HIGHEST:
        raise RefusedError("64 bits")
    return int(value)


def _float(value: Any) -> float:
    found = float(value if type(value) is int else _a(float, value))
    if not math.isfinite(found):
        raise RefusedError("not finite")
    return found


def _bytes(value: Any) -> bytes:
    text = _a(str, value)
    if "-" in text or "_" in text:
        if "+" in text or "/" in text:
            raise RefusedError("two alphabets")
        text = text.replace("-", "+").replace("_", "/")
    if "=" not in text:
        text += "=" * (-len(text) % 4)
    found = base64.b64decode(text, validate=True)
    if base64.b64encode(found).decode() != text:
        raise RefusedError("bits behind the end")
    return found


def _uuid(value: Any) -> UUID:
    if not _UUID.fullmatch(_a(str, value)):
        raise RefusedError(value)
    return UUID(value)


def _datetime(value: Any) -> dt.datetime:
    match = _MOMENT.fullmatch(_a(str, value))
    if match is None:
        raise RefusedError(value)
    offset = "+00:00" if match[4] == "Z" else match[4]
    return dt.datetime.fromisoformat(match[1] + match[2] + _cut(match[3]) + offset)


def _date(value: Any) -> dt.date:
    if not re.fullmatch(_DATE, _a(str, value)):
        raise RefusedError(value)
    return dt.date.fromisoformat(value)


def _time(value: Any) -> dt.time:
    match = re.fullmatch(_TIME, _a(str, value))
    if match is None:
        raise RefusedError(value)
    return dt.time.fromisoformat(match[1] + _cut(match[2]))


def _cut(fraction: str | None) -> str:
    return (fraction or ".").ljust(7, "0")[:7]


def _duration(value: Any) -> dt.timedelta:
    match = _DURATION.fullmatch(_a(str, value))
    if match is None:
        raise RefusedError(value)
    years, days, hours, minutes, seconds = (int(it or 0) for it in match.groups()[1:6])
    microseconds = int((match[7] or "").ljust(6, "0"))
    whole = dt.timedelta(years * 365 + days, seconds, microseconds, 0, minutes, hours)
    return -whole if match[1] else whole


def _decimal(value: Any) -> Decimal:
    if type(value) is int:
        return Decimal(value)
    if not _DECIMAL.fullmatch(_a(str, value)):
        raise RefusedError(value)
    return Decimal(value)


def _json(value: Any) -> Any:
    if isinstance(value, Twice):
        raise RefusedError("a name stands twice")
    if isinstance(value, dict):
        return {key: _json(it) for key, it in value.items()}
    if isinstance(value, list):
        return [_json(it) for it in value]
    return _float(value) if type(value) is float else value


_READ: Mapping[str, Callable[[Any], Any]] = {
    "bool": lambda it: _a(bool, it),
    "int": _int,
    "float": _float,
    "str": lambda it: _a(str, it),
    "bytes": _bytes,
    "uuid": _uuid,
    "datetime": _datetime,
    "date": _date,
    "time": _time,
    "duration": _duration,
    "decimal": _decimal,
    "json": _json,
}


def _moment(value: dt.datetime) -> str:
    text = value.isoformat()
    return text.removesuffix("+00:00") + "Z" if text.endswith("+00:00") else text


def _span(value: dt.timedelta) -> str:
    seconds, microseconds = divmod(abs(value) // MICROSECONDS, 1_000_000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    part = f"{seconds}.{microseconds:06}".rstrip("0").rstrip(".")
    date = _counts({"D": days})
    time = _counts({"H": hours, "M": minutes}) + (f"{part}S" if part != "0" else "")
    if not date and not time:
        time = "0S"
    return ("-" if value < dt.timedelta() else "") + "P" + date + (f"T{time}" if time else "")


def _counts(units: Mapping[str, int]) -> str:
    return "".join(f"{count}{unit}" for unit, count in units.items() if count)


_WRITE: Mapping[str, Callable[[Any], Any]] = {
    "bytes": lambda it: base64.b64encode(it).decode(),
    "uuid": str,
    "datetime": _moment,
    "date": dt.date.isoformat,
    "time": dt.time.isoformat,
    "duration": _span,
    "decimal": str,
}
