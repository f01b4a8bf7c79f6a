"""Addresses as users write them: `scheme://host:port/path`. No I/O.

Raises ValueError with one sentence that says what is wrong and what would be accepted; never
repeats a password.
"""

import re
from dataclasses import dataclass
from urllib.parse import unquote

_URL = re.compile(r"([a-z][a-z0-9+.-]*)://([^/?#]*)([^?#]*)(\?[^#]*)?(#.*)?", re.IGNORECASE)
_HUB = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_HOST = re.compile(r"[A-Za-z0-9_.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\]")

_PORT = re.compile(r"[0-9]{1,5}")

SCHEMES = ("http", "memory")


@dataclass(frozen=True, slots=True)
class Url:
    """A parsed address."""

    scheme: str
    host: str
    """Of `memory://`: the hub's name."""
    port: int
    path: str


def parse_url(text: str) -> Url:
    """Read an address. Raises ValueError."""
    match = _URL.fullmatch(text.strip())
    if match is None:
        raise ValueError("this is not a URL; accepted: `http://host:port/` or `memory://name`")
    scheme = match[1].lower()
    if scheme not in SCHEMES:
        known = ", ".join(f"`{it}://`" for it in SCHEMES)
        raise ValueError(f"nothing speaks `{scheme}://`; accepted: {known}")
    if match[4] or match[5]:
        raise ValueError("a URL has no query and no fragment here")
    if "@" in match[2]:
        raise ValueError(f"`{scheme}://` takes no user and password in the URL")
    if scheme == "memory":
        return _memory(match[2], match[3])
    return _http(match[2], match[3])


def _memory(name: str, path: str) -> Url:
    if not _HUB.fullmatch(name) or path not in {"", "/"}:
        raise ValueError("a hub's name is 1 to 64 letters, digits and `_ . -`: `memory://name`")
    return Url("memory", name, 0, "")


def _http(place: str, path: str) -> Url:
    host, colon, port = place, "", ""
    if not place.endswith("]"):
        host, colon, port = place.rpartition(":")
        host = host if colon else port
        port = port if colon else ""
    if not _HOST.fullmatch(host):
        raise ValueError("the host is missing or not one; accepted: `http://host:port/`")
    number = 80 if not colon else int(port) if _PORT.fullmatch(port) else -1
    if not 0 <= number <= 65535:
        raise ValueError("the port is not a number from 0 to 65535")
    return Url("http", host.strip("[]"), number, unquote(path) or "/")
