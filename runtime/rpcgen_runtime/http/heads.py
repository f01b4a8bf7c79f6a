"""What a request's head says, judged before its body is read: path, names, who calls, headers.

HTTP statuses speak of the transport. A request goes: path, host, origin, verb, who calls, headers;
and only then its body. No I/O but the authenticator's.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from rpcgen_runtime import errors
from rpcgen_runtime.access import Credentials
from rpcgen_runtime.context import Identity
from rpcgen_runtime.dispatch import Dispatcher
from rpcgen_runtime.http import headers
from rpcgen_runtime.http.headers import Beside
from rpcgen_runtime.http.limits import HttpLimits
from rpcgen_runtime.http.origins import Origins
from rpcgen_runtime.messages import Failure

Fields: TypeAlias = list[tuple[bytes, bytes]]

CLOSE = (b"connection", b"close")

_DIGITS = re.compile(r"[0-9]{1,18}")
_TOKEN_IN_QUERY = re.compile(rb"(^|&)(access_token|token)=")
_ONCE = frozenset(
    [b"host", b"authorization", b"content-type", b"content-encoding", b"origin"]
    + [it.encode() for it in headers.OURS]
)
"""Headers of which a second one that says something else is refused; a second host always is."""


class Head(NamedTuple):
    """The head of a request."""

    method: str
    path: str
    """Below where the application is mounted."""
    query: bytes
    version: str
    """HTTP's, such as `1.1`."""
    fields: Sequence[tuple[bytes, bytes]]
    """Names are in lower case."""
    certificate: str | None = None
    """The subject of the client's certificate."""


class Known(NamedTuple):
    """What is known of a request before its body is read."""

    told: Beside | Failure
    """What its headers say, or what is answered because they cannot be read."""
    identity: Identity | None
    is_ours: bool


class Refusal(Exception):  # an answer, not a fault
    """What is answered instead of what a method would."""

    def __init__(
        self, status: int, fields: Iterable[tuple[bytes, bytes]] = (), *, is_read: bool = False
    ) -> None:
        super().__init__(status)
        self.status = status
        self.fields = fields
        self.is_read = is_read
        """Whether all of the body has come."""


class Judge:
    """Judges the heads of one application's requests."""

    def __init__(
        self,
        dispatcher: Dispatcher,
        *,
        name: str | None,
        limits: HttpLimits,
        path: str,
        origins: Origins,
    ) -> None:
        self._dispatcher = dispatcher
        self._name, self._limits = name, limits
        self._path, self._origins = path, origins

    def check_names(self, head: Head, found: Mapping[str, str]) -> Fields:
        """Return what lets a page of an allowed origin read the answer.

        `found` are the headers as `texts` has them. Raises Refusal for a request to another path or
        server, or from a page that may not send any.
        """
        if head.path != self._path and (head.path or self._path != "/"):
            raise Refusal(404)
        if len(found) != len(head.fields):
            told = [it for it in head.fields if it[0] in _ONCE]
            different = len({name for name, _ in told}) < len(set(told))
            if different or sum(name == b"host" for name, _ in told) > 1:
                raise Refusal(400, [CLOSE])
        status = self._origins.refusal(found, head.version)
        if status is not None:
            raise Refusal(status)
        return self._origins.fields(found)

    async def judge(self, head: Head, found: Mapping[str, str], arrived: float) -> Known:
        """Return what is known of a request that came at `arrived` (of `time.monotonic`).

        Raises Refusal.
        """
        if head.method != "POST":
            preflight = self._origins.preflight(found, head.method)
            raise Refusal(204 if preflight else 405, preflight or [(b"allow", b"POST")])
        identity = None
        if self._dispatcher.wants_credentials:
            identity = await self._identity(head, found)
        self._check(found)
        return Known(self._told(found, arrived), identity, headers.VERSION in found)

    async def _identity(self, head: Head, found: Mapping[str, str]) -> Identity | None:
        """Return who calls. Raises Refusal where that is not known."""
        token = headers.token_of(found.get(headers.AUTHORIZATION))
        if _TOKEN_IN_QUERY.search(head.query):
            # RFC 6750, section 2.3: what is in a URL is in every log.
            raise Refusal(401, [_challenge("invalid_request")])
        shown = Credentials(token=token, certificate=head.certificate)
        identity = await self._dispatcher.identify(shown)
        if isinstance(identity, Failure):
            raise Refusal(401, [_challenge("invalid_token" if token is not None else "")])
        return identity

    def _check(self, found: Mapping[str, str]) -> None:
        """Raise Refusal for what is refused before its body is read."""
        kind, charset = headers.media_type(found.get("content-type", ""))
        if kind not in headers.MEDIA_TYPES or charset not in {"utf-8", "utf8"}:
            raise Refusal(415, [(b"accept", b"application/json")])
        if found.get("content-encoding", "identity").lower() != "identity":
            raise Refusal(415, [(b"accept-encoding", b"identity")])
        if found.get(headers.SERVER, self._name) != self._name:
            raise Refusal(421)
        length = found.get("content-length", "0")
        if not _DIGITS.fullmatch(length) or int(length) > self._limits.max_body:
            raise Refusal(413, [CLOSE])

    def _told(self, found: Mapping[str, str], arrived: float) -> Beside | Failure:
        try:
            return headers.decode(found, self._limits.max_timeout, arrived=arrived)
        except headers.HeaderError as error:
            return Failure(errors.INVALID_PARAMS, str(error))


def texts(fields: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Return headers as texts; white space around a value is none of it (RFC 9110, 5.5)."""
    return {name.decode("latin-1"): value.decode("latin-1").strip(" \t") for name, value in fields}


def _challenge(error: str) -> tuple[bytes, bytes]:
    """Return the header that says how to be let in (RFC 6750, section 3)."""
    told = f', error="{error}"' if error else ""
    return b"www-authenticate", f'Bearer realm="rpcgen"{told}'.encode()
