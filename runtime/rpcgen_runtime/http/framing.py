"""What a head says of how its body is sent, and of other protocols. No I/O."""

from collections.abc import Iterable
from http import HTTPStatus


def refusal(encodings: Iterable[bytes]) -> HTTPStatus | None:
    """Return with which status transfer encodings are refused (RFC 9112, section 6.1); or None.

    What is packed is not understood, what does not end in chunks has no end.
    """
    for value in encodings:
        *packings, last = [it.strip().lower() for it in value.split(b",")]
        if packings or last != b"chunked":
            is_packed = last == b"chunked" and last not in packings
            return HTTPStatus.NOT_IMPLEMENTED if is_packed else HTTPStatus.BAD_REQUEST
    return None


def without_upgrade(connection: bytes) -> bytes:
    """Return what a `connection` header says beside the wish to change the protocol."""
    tokens = [it.strip() for it in connection.split(b",")]
    return b", ".join(it for it in tokens if it.lower() not in {b"upgrade", b"http2-settings"})
