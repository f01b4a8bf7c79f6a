"""One request and its answer, as HTTP has them. No I/O.

What the status says is judged here, once for all clients; what the body says, the caller judges.
"""

from collections.abc import Mapping
from typing import NamedTuple

from rpcgen_runtime import errors, jsonrpc
from rpcgen_runtime.errors import (
    BadReply,
    ExpiredUnstarted,
    Forbidden,
    InvalidRequest,
    NoServer,
    Overloaded,
    RpcError,
    Unauthenticated,
)
from rpcgen_runtime.http import headers
from rpcgen_runtime.messages import Failure, Reply, Request


class Answer(NamedTuple):
    """What came back."""

    status: int
    ours: str | None
    """The header that only a peer of ours sends."""
    server: str | None
    """The server's name."""
    body: bytes


class Post(NamedTuple):
    """One request, ready to be sent to any host: only the time that is left differs by then."""

    request: Request
    number: int | None
    """The envelope's id; None for what is not answered."""
    body: bytes

    @classmethod
    def of(cls, request: Request, number: int | None) -> "Post":
        """Return the request in its envelope."""
        return cls(request, number, jsonrpc.encode_request(number, request.name, request.params))

    def seconds(self) -> float:
        """Return what is left of the deadline. Raises ExpiredUnstarted when nothing is."""
        remaining = self.request.deadline.remaining()
        if remaining <= 0:
            raise ExpiredUnstarted(f"the deadline passed before `{self.request.name}` was sent")
        return remaining

    def fields(self) -> dict[str, str]:
        """Return the headers, as of now."""
        return headers.encode(self.request)

    def reply(self, answer: Answer, url: str) -> Reply:
        """Return the reply in an answer. Raises what an answer without one means."""
        status, ours, _, body = answer
        if self.number is None or status in _NO_REPLY or not body:
            raise refused(status, url)
        try:
            reply = jsonrpc.decode_reply(
                body, self.number, is_ours=ours is not None, may_be_null=status in _OWN
            )
        except BadReply:
            if status != 200:
                raise refused(status, url) from None
            raise
        if isinstance(reply, Failure) and ours is None:
            return Failure(reply.code, reply.message, reply.data, is_foreign=True)
        return reply

    def check_taken(self, answer: Answer, url: str) -> None:
        """Raise unless the answer says that what is not answered was taken."""
        if not 200 <= answer.status < 300:
            raise refused(answer.status, url)


def too_large(limit: int, url: str) -> RpcError:
    """Return what a reply is that is larger than `limit` bytes."""
    return BadReply(f"{url} answered with more than {limit:,} bytes")


_NO_REPLY = frozenset([204, 401, 403, 421])
"""Statuses that say it all."""
_OWN = frozenset([200, 400, 503])
"""Statuses of answers whose sender may not have known the id. With any other, which some services
give their errors, the body may be of who stands in between."""

_SENTENCES: Mapping[int, tuple[type[RpcError], str]] = {
    401: (Unauthenticated, "does not know who calls"),
    403: (Forbidden, "does not let this caller"),
    413: (InvalidRequest, "does not take so large a request"),
    421: (NoServer, "is not the server that is meant"),
    429: (Overloaded, "has too much to do for this caller"),
    503: (Overloaded, "has too much to do"),
}


def refused(status: int, url: str) -> RpcError:
    """Return what an answer means that is no reply."""
    if status in _SENTENCES:
        kind, text = _SENTENCES[status]
        return kind(f"{url} {text} (HTTP {status})")
    if 300 <= status < 400:
        return InvalidRequest(f"{url} is elsewhere (HTTP {status}); redirects are not followed")
    if 400 <= status < 500:
        return InvalidRequest(f"{url} does not take the request (HTTP {status})")
    return BadReply(f"{url} answered with HTTP {status} and no reply")


def is_refusal(reply: Reply) -> bool:
    """Whether another server may be asked: this one has not executed it, and may soon."""
    return isinstance(reply, Failure) and not reply.is_foreign and reply.code == errors.OVERLOADED
