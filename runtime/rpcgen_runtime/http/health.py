"""Whether a process lives, and whether it takes requests: two paths, on a port of their own too.

They tell nothing of contracts, and ask nobody who he is.
"""

import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from rpcgen_runtime.http.origins import Origins

if TYPE_CHECKING:
    from rpcgen_runtime.http.application import Receive, Scope, Send
    from rpcgen_runtime.http.heads import Fields

LIVE = "/healthz"
READY = "/readyz"
HEALTH_PATHS = frozenset([LIVE, READY])


def told(path: str, verb: str, reasons: Sequence[str]) -> "tuple[int, bytes, Fields]":
    """Return status, body and headers for one of the two paths.

    `reasons` say why no requests are taken; none where they are. What stands behind a colon is for
    who may know the service, and stays here.
    """
    if verb not in {"GET", "HEAD"}:
        return 405, b"", [(b"allow", b"GET, HEAD")]
    fields = [(b"cache-control", b"no-store")]
    if path == LIVE or not reasons:
        return 200, b'{"status":"ok"}', fields
    status = ", ".join(dict.fromkeys(it.partition(":")[0] for it in reasons))
    return 503, json.dumps({"status": status}, separators=(",", ":")).encode(), fields


class Health:
    """An ASGI 3 application that answers at the two paths alone."""

    def __init__(self, not_ready: Callable[[], Sequence[str]], origins: Origins) -> None:
        """Ask `not_ready` each time; `origins` has the names by which it may be called."""
        self._not_ready = not_ready
        self._origins = origins
        self.is_draining = False
        """Whether clients are asked to connect elsewhere; set by the server that stops."""

    async def __call__(self, scope: "Scope", _receive: "Receive", send: "Send") -> None:
        """Answer one request."""
        status, body, fields = self._told(scope)
        if body:
            fields.append((b"content-type", b"application/json"))
        fields.append((b"content-length", b"%d" % len(body)))
        if self.is_draining:
            fields.append((b"connection", b"close"))
        await send({"type": "http.response.start", "status": status, "headers": fields})
        await send({"type": "http.response.body", "body": body})

    def _told(self, scope: "Scope") -> "tuple[int, bytes, Fields]":
        found = {it.decode("latin-1"): value.decode("latin-1") for it, value in scope["headers"]}
        refusal = self._origins.refusal(found, scope["http_version"])
        if refusal is not None:
            return refusal, b"", []
        if scope["path"] not in HEALTH_PATHS:
            return 404, b"", []
        return told(scope["path"], scope["method"], self._not_ready())
