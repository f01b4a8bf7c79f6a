"""By which names this server may be called, and from which web pages. No I/O.

A page on the web can make its name point to a server that only its visitors reach (DNS rebinding),
and any page can make its visitors' browsers send requests: both are refused unless allowed.
"""

import re
from collections.abc import Mapping, Sequence

from rpcgen_runtime.url import LOOPBACK, is_loopback

ANY = "*"
_HOST = re.compile(r"([A-Za-z0-9_.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{0,5})?")

_PREFLIGHT = [
    (b"access-control-allow-methods", b"POST"),
    (
        b"access-control-allow-headers",
        b"authorization, content-type, traceparent, rpcgen-context, rpcgen-id, rpcgen-timeout-ms",
    ),
    (b"access-control-max-age", b"600"),
]


class Origins:
    """What the `host` and the `origin` header may say."""

    def __init__(self, hosts: Sequence[str], origins: Sequence[str]) -> None:
        """Take names, `*.name` or `*`; and origins, `scheme://host[:port]`. Raises ValueError."""
        if isinstance(hosts, str) or isinstance(origins, str):
            raise ValueError("allowed hosts and origins are lists of texts")  # noqa: TRY004  # as for other values
        wrong = next((it for it in origins if "://" not in it or it.endswith("/")), None)
        if wrong is not None:
            raise ValueError(f"`{wrong}` is not an origin; accepted: `https://app.example.com`")
        self._allows_all = ANY in hosts
        self._hosts = frozenset(it.lower() for it in hosts if not it.startswith("*."))
        self._endings = tuple(it[1:].lower() for it in hosts if it.startswith("*."))
        self._origins = frozenset(it.lower() for it in origins)

    def refusal(self, found: Mapping[str, str], http_version: str) -> int | None:
        """Return the status with which a request is refused for its names; None if it is not."""
        host = found.get("host")
        if host is None and http_version == "1.1":
            return 400  # RFC 9112, section 3.2
        match = None if host is None else _HOST.fullmatch(host)
        if host is not None and match is None:
            return 400
        if match is not None and not self._allows_all and not self._allows(match[1]):
            return 403
        origin = found.get("origin")
        return 403 if origin is not None and origin.lower() not in self._origins else None

    def fields(self, found: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
        """Return what lets a page of an allowed origin read the answer."""
        origin = found.get("origin")
        if origin is None:
            return []
        return [(b"access-control-allow-origin", origin.encode("latin-1")), (b"vary", b"origin")]

    def preflight(self, found: Mapping[str, str], verb: str) -> list[tuple[bytes, bytes]]:
        """Return what a browser wants to know before it sends; nothing if it does not ask."""
        return list(_PREFLIGHT) if verb == "OPTIONS" and "origin" in found else []

    def _allows(self, host: str) -> bool:
        name = host.lower().strip("[]").removesuffix(".")
        if name in self._hosts or name.endswith(self._endings):
            return True
        # One dot at the end is the root of all names; two are no name.
        return LOOPBACK in self._hosts and not name.endswith(".") and is_loopback(name)
