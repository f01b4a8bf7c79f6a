"""The vectors of docs/wire as files: read them, hold them to what happens now.

`RPCGEN_REFRESH=1` writes them anew, and fails the run all the same. What a row gives stays as it
is; what follows from it is written. A new row needs no more than what it gives.
"""

import difflib
import json
import os
import re
from collections.abc import Sequence
from typing import Any, TypeAlias

from tests.docs.pages import ROOT

FOLDER = ROOT / "docs" / "wire"
HIDDEN = re.compile(r"[\x7f-\x9f\u2028\u2029\ufeff]")
"""Written as escapes, for people and their editors."""

Row: TypeAlias = dict[str, Any]


def read(name: str) -> Sequence[Row]:
    """Return the rows of a file of vectors."""
    rows: list[Row] = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    return rows


def hold(name: str, found: Sequence[Row], *, is_short: bool = False) -> None:
    """Compare a file of vectors with what was found; `is_short` gives each row one line."""
    path = FOLDER / f"{name}.json"
    written, now = path.read_text("utf-8"), _text(found, is_short=is_short)
    if written != now and os.environ.get("RPCGEN_REFRESH") == "1":
        path.write_text(now, "utf-8")
    assert written == now, "\n".join(
        difflib.unified_diff(written.split("\n"), now.split("\n"), n=9)
    )


def _text(rows: Sequence[Row], *, is_short: bool) -> str:
    indent = None if is_short else 2
    each = [json.dumps(it, ensure_ascii=False, indent=indent) for it in rows]
    text = "[\n" + ",\n".join(each) + "\n]\n"
    return HIDDEN.sub(lambda it: f"\\u{ord(it[0]):04x}", text)
