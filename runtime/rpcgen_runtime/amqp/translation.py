"""What pika hands over, in our words, and back: messages, and why something ended."""

import ssl
from typing import Any

from pika import exceptions as problems
from pika import spec
from pika.compat import long

from rpcgen_runtime.amqp.frames import expires_of
from rpcgen_runtime.amqp.messages import AmqpError, Message

NO_TLS = {"WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE"}
"""What OpenSSL says, by its version, of a first answer that is none of TLS."""
_PROPERTIES_AT = 12
"""In a content header."""


class Unreadable(spec.BasicProperties):  # type: ignore[misc]  # pika has no types
    """The properties of a message whose header cannot be decoded."""


def properties_read(header: bytes) -> Any:
    """Return the properties in a content header, whatever they are."""
    properties = spec.BasicProperties()
    try:
        properties.decode(header[_PROPERTIES_AT:])
    except Exception:  # noqa: BLE001  # pika raises half a dozen kinds, RecursionError among them
        return Unreadable()
    return properties


def properties_of(message: Message) -> Any:
    """Return a message's properties as pika writes them."""
    headers: Any = dict(message.headers)
    return spec.BasicProperties(
        content_type=message.content_type or None,
        headers=headers or None,
        delivery_mode=2 if message.is_durable else 1,
        correlation_id=message.correlation_id,
        reply_to=message.reply_to,
        expiration=None if message.expires_ms is None else str(message.expires_ms),
        message_id=message.message_id,
        type=message.kind or None,
    )


def message_of(properties: Any, body: bytes) -> Message:
    """Return a message that pika read."""
    if isinstance(properties, Unreadable):
        return Message(body=body, is_unreadable=True)
    return Message(
        body=body,
        content_type=_text(properties.content_type) or "",
        kind=_text(properties.type) or "",
        message_id=_text(properties.message_id),
        correlation_id=_text(properties.correlation_id),
        reply_to=_text(properties.reply_to),
        expires_ms=expires_of(_text(properties.expiration)),
        is_durable=properties.delivery_mode == 2,
        headers=_headers(properties.headers),
    )


def _headers(found: object) -> dict[str, object]:
    """Return headers; pika has a class of its own for whole numbers of 64 bits."""
    if not isinstance(found, dict):
        return {}
    return {name: int(it) if isinstance(it, long) else it for name, it in found.items()}


def _text(value: object) -> str | None:
    """Return a text property; what is not UTF-8 counts as absent."""
    return value if isinstance(value, str) else None


def error_of(reason: BaseException) -> AmqpError:
    """Return what pika says of an end, in our words: the first that says more than pika's own."""
    cause: BaseException | None = reason
    while cause is not None:
        known = _known(cause)
        if known is not None:
            return known
        cause = _cause_of(cause)
    return AmqpError(0, str(reason)[:200] or type(reason).__name__)


def _known(reason: BaseException) -> AmqpError | None:
    if isinstance(reason, AmqpError):
        return reason
    if isinstance(reason, problems.ConnectionClosed | problems.ChannelClosed):
        return AmqpError(int(reason.reply_code), str(reason.reply_text))
    if isinstance(reason, problems.ProbableAuthenticationError):
        return AmqpError(403, "user or password are refused")
    if isinstance(reason, problems.ProbableAccessDeniedError):
        return AmqpError(530, "the virtual host is refused, or not there")
    if isinstance(reason, problems.AMQPHeartbeatTimeout):
        return AmqpError(0, str(reason), is_heartbeat=True)
    if isinstance(reason, ssl.SSLError) and reason.reason in NO_TLS:
        return AmqpError(0, "the port does not speak TLS")
    if isinstance(reason, OSError):
        return AmqpError(0, reason.strerror or str(reason) or type(reason).__name__)
    return None


def _cause_of(error: BaseException) -> BaseException | None:
    """Return what an error of pika's was made of: the last, where it was made of several."""
    found: object = (
        getattr(error, "exceptions", None) or getattr(error, "exception", None) or error.args
    )
    last: object = found[-1] if isinstance(found, list | tuple) and found else found
    return last if isinstance(last, BaseException) else None
