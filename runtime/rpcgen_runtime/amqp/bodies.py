"""Bodies in JSON or msgpack. No I/O; the only file that imports msgpack."""

from contextlib import suppress
from typing import Final

import msgpack
from pydantic_core import from_json, to_json

JSON: Final = "application/json"
MSGPACK: Final = "application/msgpack"
MAX_DEPTH = 200


def written(text: bytes, *, is_msgpack: bool) -> tuple[bytes, str]:
    """Return JSON as a body, with its content type: JSON, too, for a number beyond 64 bits."""
    if is_msgpack:
        with suppress(OverflowError):
            packed = msgpack.packb(from_json(text))
            assert isinstance(packed, bytes), "it is not asked to write elsewhere"
            return packed, MSGPACK
    return text, JSON


def unpacked(body: bytes) -> bytes:
    """Return msgpack as JSON. Raises ValueError for what has no JSON."""
    try:
        found = msgpack.unpackb(body, raw=False, strict_map_key=True, ext_hook=_refuse)
        _check_depth(found)
        return to_json(found, inf_nan_mode="constants")
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise ValueError(str(error)[:100] or type(error).__name__) from None
    except msgpack.exceptions.UnpackException as error:
        raise ValueError(str(error)[:100] or "it ends too early") from None


def _refuse(code: int, _data: bytes) -> object:
    raise ValueError(f"extension type {code}")


def _check_depth(value: object) -> None:
    level, depth = [value], 0
    while level:
        if depth > MAX_DEPTH:
            raise ValueError(f"it nests more than {MAX_DEPTH} levels")
        depth += 1
        inner: list[object] = []
        for item in level:
            if isinstance(item, dict):
                inner.extend(item.values())
            elif isinstance(item, list):
                inner.extend(item)
        level = inner
