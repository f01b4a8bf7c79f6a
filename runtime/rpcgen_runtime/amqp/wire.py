"""Requests and replies as AMQP messages, and back. No I/O.

A request: the body is the parameters alone, JSON or msgpack by `content_type`. Of AMQP's own
properties: `type` is the verb, `message_id` names the request, `correlation_id` and `reply_to` are
set for calls, `expiration` is what remains of a call's deadline in milliseconds. Headers, texts and
whole numbers only, because pika cuts fractions and dates can break readers:

    method        its full name, such as `Volumes.create`
    version       the lowest version that the arguments need
    timeout-ms    of a call: what remained of the deadline when it was sent
    deadline-ms   of a call: the deadline in milliseconds since 1970 (see `clocks`)
    context       the caller's data: a JSON object of texts, in ASCII
    traceparent   W3C Trace Context, section 3.2
    token         what the sender shows as its credentials
    attempt       how often it was tried before, by who put it back

A reply has the request's `correlation_id` and content type; `type` is `result`, and the body the
result; or `error`, and the body `{"code": …, "message": …, "data": …}`.
"""

import json
import re
import secrets
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final

import msgpack
from pydantic_core import from_json, to_json

from rpcgen_runtime import errors
from rpcgen_runtime.amqp.clocks import Clocks
from rpcgen_runtime.amqp.messages import Message
from rpcgen_runtime.context import Deadline
from rpcgen_runtime.errors import BadReply, InvalidRequest
from rpcgen_runtime.messages import Failure, Reply, Request, Success, Verb

METHOD: Final = "method"
VERSION: Final = "version"
TIMEOUT: Final = "timeout-ms"
DEADLINE: Final = "deadline-ms"
CONTEXT: Final = "context"
TRACEPARENT: Final = "traceparent"
TOKEN: Final = "token"  # noqa: S105  # a name
ATTEMPT: Final = "attempt"
SERVER: Final = "server"
REASON: Final = "dead-reason"
ORIGIN: Final = "dead-from"
_OURS: Final = frozenset(
    [
        METHOD, VERSION, TIMEOUT, DEADLINE, CONTEXT, TRACEPARENT, TOKEN, ATTEMPT, SERVER, REASON,
        ORIGIN,
    ]
)  # fmt: skip
_DEATHS: Final = ("x-death", "x-first-death-", "x-last-death-")
"""What the broker writes onto a dead letter."""
COUNTS: Final = ("x-delivery-count", "x-acquired-count")
"""Where the broker says how often a quorum queue handed a message out before."""

JSON: Final = "application/json"
MSGPACK: Final = "application/msgpack"
RESULT: Final = "result"
ERROR: Final = "error"

MAX_HEADERS = 32_768
"""Bytes; a header larger than a frame would close the connection."""
MAX_CONTEXT = 8_192
"""Characters."""
MAX_DEPTH = 200
MAX_EXPIRES_MS = 2**31 - 1
MAX_TOLD = 4_096
"""Characters of an error's message."""
DEFAULT_TIMEOUT = 60.0

_METHOD = re.compile(r"[\x21-\x7e]{1,512}")
_ID = re.compile(r"[\x21-\x7e]{1,128}")
_VERBS: Mapping[str, Verb] = {it.value: it for it in Verb}
_REPLY_QUEUE = re.compile(r"amq\.(gen-|rabbitmq\.reply-to\.)[\x21-\x7e]{1,230}")
"""What a queue for replies is called: the broker chooses, so that nobody can be aimed at."""


class Unusable(Exception):
    """A message that is no request; `failure` is what its sender is told, if it can be."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.failure = Failure(code, reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A request with what it needs on its way back."""

    request: Request
    attempt: int
    """How often it was tried before."""


def encode_request(
    request: Request, *, is_msgpack: bool, max_body: int, reply_to: str | None
) -> Message:
    """Return a request as a message; it can be sent again with `refreshed`.

    Raises InvalidRequest where it is too large.
    """
    body, content_type = _written(request.params, is_msgpack=is_msgpack)
    if len(body) > max_body:
        raise InvalidRequest(
            f"the parameters of `{request.name}` have {len(body):,} bytes; accepted: {max_body:,}"
        )
    headers: dict[str, object] = {METHOD: request.name}
    if request.version is not None:
        headers[VERSION] = request.version
    if request.traceparent is not None:
        headers[TRACEPARENT] = request.traceparent
    if request.data:
        headers[CONTEXT] = json.dumps(dict(request.data), separators=(",", ":"))
    if request.token is not None:
        headers[TOKEN] = request.token
    if sum(len(str(it)) for it in headers.values()) > MAX_HEADERS:
        raise InvalidRequest(f"what goes beside the parameters is above {MAX_HEADERS:,} bytes")
    is_call = request.verb is Verb.CALL
    expires_ms = None
    if is_call or request.verb is Verb.FANOUT:
        expires_ms = max(1, min(request.deadline.remaining_ms(), MAX_EXPIRES_MS))
        headers[TIMEOUT] = expires_ms
        headers[DEADLINE] = _now_ms() + expires_ms
    return Message(
        body=body,
        content_type=content_type,
        kind=request.verb.value,
        message_id=request.message_id,
        correlation_id=request.message_id if is_call else None,
        reply_to=reply_to if is_call else None,
        expires_ms=expires_ms,
        is_durable=request.verb is not Verb.FANOUT,
        headers=headers,
    )


def decode_request(
    message: Message,
    *,
    clocks: Clocks,
    max_body: int,
    work_timeout: float,
    is_redelivered: bool = False,
) -> Incoming:
    """Return the request that a message is. Raises Unusable."""
    if message.is_unreadable:
        raise Unusable(errors.PARSE_ERROR, "the header cannot be decoded")
    verb = _VERBS.get(message.kind)
    if verb is None:
        raise Unusable(errors.INVALID_REQUEST, "`type` is none of call, cast, fanout, event")
    name = _header(message, METHOD)
    if name is None or not _METHOD.fullmatch(name):
        raise Unusable(errors.INVALID_REQUEST, "there is no `method`")
    if verb is Verb.CALL:
        _check_way_back(message)
    if len(message.body) > max_body:
        raise Unusable(errors.INVALID_REQUEST, f"the body is above {max_body:,} bytes")
    if verb is Verb.CALL or verb is Verb.FANOUT:
        deadline = _deadline(message, clocks, was_held=is_redelivered)
    else:
        deadline = Deadline.after(work_timeout)
    message_id = message.message_id or ""
    request = Request(
        verb=verb,
        name=name,
        params=_params(message),
        version=_header(message, VERSION),
        deadline=deadline,
        message_id=message_id if _ID.fullmatch(message_id) else secrets.token_hex(16),
        traceparent=_header(message, TRACEPARENT),
        data=_data(message),
        token=_header(message, TOKEN),
    )
    return Incoming(request=request, attempt=attempt_of(message))


def encode_reply(message: Message, reply: Reply, *, server: str, max_body: int) -> Message:
    """Return the answer to the request that `message` was."""
    if isinstance(reply, Success):
        kind, body = RESULT, reply.result
    else:
        kind, body = ERROR, _error(reply)
    if len(body) > max_body:
        text = f"the answer has {len(body):,} bytes; accepted: {max_body:,}"
        kind, body = ERROR, _error(Failure(errors.RESPONSE_TOO_LARGE, text))
    body, content_type = _written(body, is_msgpack=message.content_type == MSGPACK)
    return Message(
        body=body,
        content_type=content_type,
        kind=kind,
        correlation_id=message.correlation_id,
        is_durable=False,
        headers={SERVER: server},
    )


def decode_reply(message: Message, *, max_body: int) -> Reply:
    """Return the reply that a message is. Raises BadReply."""
    if len(message.body) > max_body:
        raise BadReply(f"the reply has {len(message.body):,} bytes; accepted: {max_body:,}")
    body = message.body
    if message.content_type == MSGPACK:
        try:
            body = _unpacked(body)
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


def again(message: Message, attempt: int, deadline: Deadline | None = None) -> Message:
    """Return a message to be put into a queue once more."""
    headers = {name: value for name, value in message.headers.items() if name not in COUNTS}
    headers[ATTEMPT] = attempt
    expires_ms = message.expires_ms
    if expires_ms is not None and deadline is not None:
        expires_ms = max(1, min(deadline.remaining_ms(), MAX_EXPIRES_MS))
        headers[TIMEOUT] = expires_ms
    return replace(message, headers=_plain(headers), expires_ms=expires_ms)


def dead(message: Message, reason: str, origin: str) -> Message:
    """Return a message for the dead letters, with the reason, and where it was."""
    headers = {**message.headers, REASON: reason[:MAX_TOLD], ORIGIN: origin}
    return replace(
        message, headers=_plain(headers), expires_ms=None, is_durable=True, is_unreadable=False
    )


def reason_of(failure: Failure) -> str:
    """Return why something is among the dead letters, with what finds it in the server's log."""
    parsed: object = from_json(failure.data) if failure.data is not None else None
    error_id = parsed.get("error_id") if isinstance(parsed, dict) else None
    return f"{failure.message}; error_id={error_id}" if error_id else failure.message


def revived(message: Message) -> Message:
    """Return a dead letter as it was."""
    ours = {REASON, ORIGIN, ATTEMPT, *COUNTS}
    kept = {
        name: value
        for name, value in message.headers.items()
        if name not in ours and not str(name).startswith(_DEATHS)
    }
    return replace(message, headers=_plain(kept))


def attempt_of(message: Message) -> int:
    """Return how often a message was tried before, by its sender's word."""
    attempt = message.headers.get(ATTEMPT)
    return attempt if type(attempt) is int and attempt > 0 else 0


def deliveries_before(message: Message) -> int:
    """Return how often the broker says that it handed a message out before."""
    counts = [message.headers.get(it) for it in COUNTS]
    return max((it for it in counts if type(it) is int), default=0)


def may_answer(message: Message) -> bool:
    """Whether there is somebody to answer."""
    is_queue = _REPLY_QUEUE.fullmatch(message.reply_to or "") is not None
    return is_queue and bool(message.correlation_id)


def _check_way_back(message: Message) -> None:
    correlation_id = message.correlation_id or ""
    if not _ID.fullmatch(correlation_id):
        raise Unusable(
            errors.INVALID_REQUEST, "a call has a `correlation_id` of 1 to 128 characters"
        )
    if not may_answer(message):
        raise Unusable(
            errors.INVALID_REQUEST, "a call's `reply_to` is a queue that the broker named"
        )


def _header(message: Message, name: str) -> str | None:
    """Return a text; what is none counts as absent."""
    value = message.headers.get(name)
    return value if isinstance(value, str) else None


def _deadline(message: Message, clocks: Clocks, *, was_held: bool) -> Deadline:
    """Return the deadline, on this process's clock."""
    timeout_ms = message.headers.get(TIMEOUT)
    if type(timeout_ms) is not int or timeout_ms < 0:
        return Deadline.after(DEFAULT_TIMEOUT)
    left = min(timeout_ms, MAX_EXPIRES_MS)
    deadline_ms = message.headers.get(DEADLINE)
    if type(deadline_ms) is int:
        sender = message.reply_to or ""
        was_held = was_held or attempt_of(message) > 0
        left = clocks.left(sender, left, deadline_ms, _now_ms(), was_held=was_held)
    return Deadline.after(left / 1_000)


def _data(message: Message) -> Mapping[str, str]:
    text = _header(message, CONTEXT)
    if text is None:
        return {}
    problem = "`context` is not a JSON object of texts"
    if len(text) > MAX_CONTEXT:
        raise Unusable(errors.INVALID_REQUEST, problem)
    try:
        found = from_json(text)
    except ValueError:
        raise Unusable(errors.INVALID_REQUEST, problem) from None
    if not isinstance(found, dict) or not all(isinstance(it, str) for it in found.values()):
        raise Unusable(errors.INVALID_REQUEST, problem)
    return found


def _params(message: Message) -> bytes:
    if message.content_type == JSON:
        return message.body
    if message.content_type == MSGPACK:
        try:
            return _unpacked(message.body)
        except ValueError as error:
            raise Unusable(errors.PARSE_ERROR, f"the body is no msgpack: {error}") from None
    raise Unusable(errors.INVALID_REQUEST, "unsupported media type; accepted: JSON, msgpack")


def _error(failure: Failure) -> bytes:
    head = to_json({"code": failure.code, "message": failure.message[:MAX_TOLD]})
    if failure.data is None:
        return head
    return head[:-1] + b',"data":' + failure.data + b"}"


def _written(text: bytes, *, is_msgpack: bool) -> tuple[bytes, str]:
    """Return JSON as a body, with its content type: JSON, too, for a number beyond 64 bits."""
    if is_msgpack:
        with suppress(OverflowError):
            packed = msgpack.packb(from_json(text))
            assert isinstance(packed, bytes), "it is not asked to write elsewhere"
            return packed, MSGPACK
    return text, JSON


def _unpacked(body: bytes) -> bytes:
    """Return msgpack as JSON. Raises ValueError for what has no JSON."""
    try:
        found = msgpack.unpackb(body, raw=False, strict_map_key=True, ext_hook=_refuse)
        _check_depth(found)
        return to_json(found, inf_nan_mode="constants")
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise ValueError(str(error)[:100] or type(error).__name__) from None
    except msgpack.exceptions.UnpackException as error:
        raise ValueError(str(error)[:100] or "it ends too early") from None


def _refuse(code: int, _data: bytes) -> object:
    raise ValueError(f"extension type {code}")


def _check_depth(value: object) -> None:
    level, depth = [value], 0
    while level:
        if depth > MAX_DEPTH:
            raise ValueError(f"it nests more than {MAX_DEPTH} levels")
        depth += 1
        inner: list[object] = []
        for item in level:
            if isinstance(item, dict):
                inner.extend(item.values())
            elif isinstance(item, list):
                inner.extend(item)
        level = inner


def _plain(headers: Mapping[str, object]) -> dict[str, object]:
    """Return the headers that we can write: texts and whole numbers under text names.

    What came in one frame may, with ours, no longer fit into one: what others wrote gives way.
    """
    kept: dict[str, object] = {}
    left = MAX_HEADERS
    for name, value in sorted(headers.items(), key=lambda it: it[0] not in _OURS):
        is_number = type(value) is int and -(2**63) <= value < 2**63
        if not isinstance(name, str) or not (is_number or isinstance(value, str)):
            continue
        size = len(f"{name}{value}".encode(errors="replace"))
        if size <= left and len(name.encode(errors="replace")) <= 128:
            kept[name] = value
            left -= size
    return kept


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
