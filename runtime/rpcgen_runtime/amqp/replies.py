"""Replies as AMQP messages, and back. No I/O.

A reply has the request's `correlation_id` and content type; `type` is `result`, and the body the
result; or `error`, and the body `{"code": …, "message": …, "data": …}`.
"""

from typing import Final

from pydantic_core import from_json, to_json

from rpcgen_runtime import errors
from rpcgen_runtime.amqp.bodies import JSON, MSGPACK, unpacked, written
from rpcgen_runtime.amqp.messages import Message
from rpcgen_runtime.errors import BadReply
from rpcgen_runtime.messages import Failure, Reply, Success

RESULT: Final = "result"
ERROR: Final = "error"

MAX_TOLD = 4_096
"""Characters of an error's message."""


def encode_reply(message: Message, reply: Reply, *, max_body: int) -> Message:
    """Return the answer to the request that `message` was."""
    if isinstance(reply, Success):
        kind, body = RESULT, reply.result
    else:
        kind, body = ERROR, _error(reply)
    if len(body) > max_body:
        text = f"the answer has {len(body):,} bytes; accepted: {max_body:,}"
        kind, body = ERROR, _error(Failure(errors.RESPONSE_TOO_LARGE, text))
    body, content_type = written(body, is_msgpack=message.content_type == MSGPACK)
    # By position: by name it takes three times as long.
    return Message(body, content_type, kind, None, message.correlation_id, None, None, False)


def decode_reply(message: Message, *, max_body: int) -> Reply:
    """Return the reply that a message is. Raises BadReply."""
    if len(message.body) > max_body:
        raise BadReply(f"the reply has {len(message.body):,} bytes; accepted: {max_body:,}")
    body = message.body
    if message.content_type == MSGPACK:
        try:
            body = unpacked(body)
        except ValueError as error:
            raise BadReply(f"the reply is no msgpack: {error}") from None
    elif message.content_type != JSON:
        raise BadReply("the reply is neither JSON nor msgpack")
    if message.kind == RESULT:
        return Success(body)
    if message.kind != ERROR:
        raise BadReply("the reply is neither `result` nor `error`")
    try:
        parsed: object = from_json(body)
    except ValueError:
        parsed = None
    found = parsed if isinstance(parsed, dict) else {}
    code = found.get("code")
    if type(code) is not int or not -(2**31) <= code < 2**31:
        raise BadReply("the error that came back has no code")
    text = found.get("message")
    data = found.get("data")
    told = text[:MAX_TOLD] if isinstance(text, str) else ""
    return Failure(code, told, None if data is None else to_json(data))


def _error(failure: Failure) -> bytes:
    head = to_json({"code": failure.code, "message": failure.message[:MAX_TOLD]})
    if failure.data is None:
        return head
    return head[:-1] + b',"data":' + failure.data + b"}"
