"""The words of each target's language: one dictionary a language, in libFuzzer's own form.

https://llvm.org/docs/LibFuzzer.html#dictionaries
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

FOLDER = Path(__file__).with_name("dictionaries")
DICTIONARIES: Mapping[str, Path] = MappingProxyType(
    {
        "contract": FOLDER / "contract.dict",
        "envelope": FOLDER / "json.dict",
        "reply": FOLDER / "json.dict",
        "values": FOLDER / "json.dict",
        "headers": FOLDER / "http.dict",
        "url": FOLDER / "http.dict",
    }
)

_ESCAPE = re.compile(rb'\\(?:x([0-9a-f]{2})|([\\"]))')


def words(target: str) -> Sequence[bytes]:
    """Return the words in the dictionary of a target."""
    lines = DICTIONARIES[target].read_bytes().splitlines()
    return [_ESCAPE.sub(_meant, it[1:-1]) for it in lines if it.startswith(b'"')]


def _meant(escape: re.Match[bytes]) -> bytes:
    return bytes.fromhex(escape[1].decode()) if escape[1] else escape[2]
