"""HTTP answers in bytes, held to what HTTP/1.1 is. Pure.

Of the standard library alone.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NoReturn

MAX_HEAD = 65_536

_STATUS_LINE = re.compile(rb"HTTP/1\.1 ([1-5][0-9]{2}) [ -~]*")
_FIELD_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([ -~\x80-\xff]*)")
_LENGTH = re.compile(r"[0-9]{1,18}")
_CHUNK = re.compile(rb"([0-9a-fA-F]{1,8})\r\n")
_ONCE = frozenset(["content-length", "content-type", "transfer-encoding", "connection", "date"])


class WireError(AssertionError):
    """What came is not what HTTP/1.1 allows, or nothing came."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer."""

    status: int
    headers: Mapping[str, str]
    """By names in lower case."""
    body: bytes


def take(pending: bytearray, *, is_bodiless: bool = False) -> Answer | None:
    """Take the first answer out of `pending`; None where there is not a whole one yet.

    An answer to HEAD has no body, whatever it says. Raises WireError for what is no answer.
    """
    end = pending.find(b"\r\n\r\n")
    if end < 0:
        if len(pending) > MAX_HEAD:
            raise WireError("the answer's head does not end")
        return None
    status, headers = _parsed(bytes(pending[:end]))
    start = end + 4
    if is_bodiless or status < 200 or status in {204, 304}:
        del pending[:start]
        return Answer(status, headers, b"")
    if headers.get("transfer-encoding") == "chunked":
        found = _chunks(pending, start)
        if found is None:
            return None
        body, rest = found
    else:
        length = headers.get("content-length", "")
        if not _LENGTH.fullmatch(length):
            raise WireError(f"an answer with the length {length!r}: {bytes(pending[:200])!r}")
        rest = start + int(length)
        if len(pending) < rest:
            return None
        body = bytes(pending[start:rest])
    del pending[:rest]
    return Answer(status, headers, body)


def _parsed(head: bytes) -> tuple[int, Mapping[str, str]]:
    first, *lines = head.split(b"\r\n")
    line = _STATUS_LINE.fullmatch(first)
    if line is None:
        _refuse("status line", first)
    found: dict[str, str] = {}
    for each in lines:
        match = _FIELD_LINE.fullmatch(each)
        if match is None:
            _refuse("header", each)
        name, value = match[1].decode().lower(), match[2].decode("latin-1").strip()
        if name in found and name in _ONCE:
            _refuse("second header", each)
        found[name] = f"{found[name]}, {value}" if name in found else value
    if "content-length" in found and "transfer-encoding" in found:
        raise WireError("an answer with two lengths")
    return int(line[1]), found


def _chunks(pending: bytearray, start: int) -> tuple[bytes, int] | None:
    """Return a body in chunks, and where it ends; None where it does not yet."""
    found, at = b"", start
    while at < len(pending):
        line = _CHUNK.match(pending, at)
        if line is None:
            break
        size, at = int(line[1], 16), line.end() + int(line[1], 16) + 2
        if at > len(pending):
            break
        if pending[at - 2 : at] != b"\r\n":
            raise WireError("a chunk that does not end where it says")
        if size == 0:
            return found, at
        found += pending[at - 2 - size : at - 2]
    return None


def _refuse(what: str, line: bytes) -> NoReturn:
    raise WireError(f"not a {what}: {line[:200]!r}")
