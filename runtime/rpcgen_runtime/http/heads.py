"""What a request's head says, judged before its body is read: path, names, who calls, headers.

HTTP statuses speak of the transport. A request goes: path, host, origin, verb, who calls, headers;
and only then its body. No I/O but the authenticator's.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from rpcgen_runtime import errors
from rpcgen_runtime.access import Credentials
from rpcgen_runtime.context import MAX_TIMEOUT, Identity
from rpcgen_runtime.dispatch import Dispatcher
from rpcgen_runtime.http import headers
from rpcgen_runtime.http.headers import Beside
from rpcgen_runtime.http.limits import HttpLimits
from rpcgen_runtime.http.origins import Origins
from rpcgen_runtime.messages import Failure

Field: TypeAlias = tuple[bytes, bytes]
Fields: TypeAlias = list[Field]

CLOSE = (b"connection", b"close")
LENGTH = b"content-length"
TIMEOUT = headers.TIMEOUT.encode()
MESSAGE_ID = headers.MESSAGE_ID.encode()
TRACEPARENT = headers.TRACEPARENT.encode()

_MAX_DIGITS = 18
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
    fields: Sequence[Field]
    """Names are in lower case."""
    said: dict[bytes, bytes]
    """The same, of a name that comes twice the last; who judges the head takes from it."""
    certificate: str | None = None
    """The subject of the client's certificate."""


class Again(NamedTuple):
    """What differs in a head that else says what the one before on its connection said."""

    length: bytes | None
    timeout: bytes | None
    message_id: bytes | None
    traceparent: bytes | None
    certificate: str | None


class Standing(NamedTuple):
    """What is known of a head but for the headers that differ from request to request."""

    fields: Fields
    """What lets a page of an allowed origin read the answer."""
    token: str | None
    refusal: tuple[int, Fields] | None
    """What is answered to a caller who is known, whatever else the head says."""
    is_ours: bool
    version: str | None
    data: Mapping[str, str] | str
    """The caller's, or what is wrong with it."""


class Memory:
    """What the last head of a connection said, and what was found: the next one says the same.

    Kept for each connection, so that to know many clients takes no room where few are connected.
    """

    __slots__ = ("asked", "is_same", "standing")

    def __init__(self) -> None:
        self.asked: object = None
        self.standing: Standing | None = None
        self.is_same = False
        """Whether the last head said the same as the one before it."""


class Known(NamedTuple):
    """What is known of a request before its body is read."""

    told: Beside | Failure
    """What its headers say, or what is answered because they cannot be read."""
    identity: Identity | None
    is_ours: bool
    fields: Fields
    """What lets a page of an allowed origin read the answer."""


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
        self._name = name
        self._max_body, self._most_time = limits.max_body, min(limits.max_timeout, MAX_TIMEOUT)
        self._path, self._origins = path, origins

    async def judge(self, head: Head | Again, memory: Memory, arrived: float) -> Known:
        """Return what is known of a request that came at `arrived` (of `time.monotonic`).

        `memory` is that of the connection. Raises Refusal.
        """
        if isinstance(head, Again):
            differs, standing, query = head, memory.standing, b""
            assert standing is not None, "it is like the one before"
        else:
            is_plain, query = len(head.said) == len(head.fields), head.query
            differs = _taken(head)
            standing = self._standing(head, memory, is_plain=is_plain)
        identity = None
        if self._dispatcher.wants_credentials:
            identity = await self._identity(standing, query, differs.certificate)
        if standing.refusal is not None:
            raise Refusal(*standing.refusal)
        if differs.length is not None and self._is_too_long(differs.length):
            raise Refusal(413, [*standing.fields, CLOSE])
        told = self._told(standing, differs, arrived)
        return Known(told, identity, standing.is_ours, standing.fields)

    def _standing(self, head: Head, memory: Memory, *, is_plain: bool) -> Standing:
        """Return what is known of a head; `is_plain` says that no name comes twice in it."""
        asked = (head.said, head.method, head.path, head.query, head.version)
        memory.is_same = is_plain and memory.asked == asked
        if memory.is_same and memory.standing is not None:
            return memory.standing
        memory.asked = None
        memory.standing = standing = self._judged(head, texts(head.said.items()))
        memory.asked = asked if is_plain else None
        return standing

    def _judged(self, head: Head, found: Mapping[str, str]) -> Standing:
        """Return what is known of a head; `found` are its headers. Raises Refusal.

        That is for a request to another path or server, or from a page that may not send any.
        """
        if head.path != self._path and (head.path or self._path != "/"):
            raise Refusal(404)
        told = [it for it in head.fields if it[0] in _ONCE]
        different = len({name for name, _ in told}) < len(set(told))
        if different or sum(name == b"host" for name, _ in told) > 1:
            raise Refusal(400, [CLOSE])
        status = self._origins.refusal(found, head.version)
        if status is not None:
            raise Refusal(status)
        fields = self._origins.fields(found)
        if head.method != "POST":
            preflight = self._origins.preflight(found, head.method)
            more = preflight or [(b"allow", b"POST")]
            raise Refusal(204 if preflight else 405, [*fields, *more])
        refusal = self._refusal(found)
        return Standing(
            fields=fields,
            token=headers.token_of(found.get(headers.AUTHORIZATION)),
            refusal=None if refusal is None else (refusal[0], [*fields, *refusal[1]]),
            is_ours=headers.VERSION in found,
            version=found.get(headers.VERSION),
            data=_data(found.get(headers.CONTEXT)),
        )

    async def _identity(
        self, standing: Standing, query: bytes, certificate: str | None
    ) -> Identity | None:
        """Return who calls. Raises Refusal where that is not known."""
        if _TOKEN_IN_QUERY.search(query):
            # RFC 6750, section 2.3: what is in a URL is in every log.
            raise Refusal(401, [*standing.fields, _challenge("invalid_request")])
        shown = Credentials(token=standing.token, certificate=certificate)
        identity = await self._dispatcher.identify(shown)
        if isinstance(identity, Failure):
            error = "invalid_token" if standing.token is not None else ""
            raise Refusal(401, [*standing.fields, _challenge(error)])
        return identity

    def _refusal(self, found: Mapping[str, str]) -> tuple[int, Fields] | None:
        """Return what is answered to what cannot be read; None if it can."""
        kind, charset = headers.media_type(found.get("content-type", ""))
        if kind not in headers.MEDIA_TYPES or charset not in {"utf-8", "utf8"}:
            return 415, [(b"accept", b"application/json")]
        if found.get("content-encoding", "identity").lower() != "identity":
            return 415, [(b"accept-encoding", b"identity")]
        return (421, []) if found.get(headers.SERVER, self._name) != self._name else None

    def _is_too_long(self, length: bytes) -> bool:
        digits = length.strip(b" \t")
        is_number = digits.isdigit() and len(digits) <= _MAX_DIGITS
        return not is_number or int(digits) > self._max_body

    def _told(self, standing: Standing, differs: Again, arrived: float) -> Beside | Failure:
        try:
            deadline = headers.deadline(_text(differs.timeout), self._most_time, arrived)
        except headers.HeaderError as error:
            return Failure(errors.INVALID_PARAMS, str(error))
        if isinstance(standing.data, str):
            return Failure(errors.INVALID_PARAMS, standing.data)
        # What one handler does to its data no other one sees.
        data = dict(standing.data)
        request_id = headers.named(_text(differs.message_id))
        return Beside(standing.version, deadline, data, request_id, _text(differs.traceparent))


def texts(fields: Iterable[Field]) -> dict[str, str]:
    """Return headers as texts; white space around a value is none of it (RFC 9110, 5.5)."""
    return {name.decode("latin-1"): value.decode("latin-1").strip(" \t") for name, value in fields}


def _taken(head: Head) -> Again:
    """Take from a head what differs in each."""
    take = head.said.pop
    return Again(
        take(LENGTH, None),
        take(TIMEOUT, None),
        take(MESSAGE_ID, None),
        take(TRACEPARENT, None),
        head.certificate,
    )


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("latin-1").strip(" \t")


def _data(text: str | None) -> Mapping[str, str] | str:
    try:
        return headers.data(text)
    except headers.HeaderError as error:
        return str(error)


def _challenge(error: str) -> tuple[bytes, bytes]:
    """Return the header that says how to be let in (RFC 6750, section 3)."""
    told = f', error="{error}"' if error else ""
    return b"www-authenticate", f'Bearer realm="rpcgen"{told}'.encode()
