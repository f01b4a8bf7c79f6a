"""Requests as AMQP messages, and back; the names of our headers. No I/O.

A request: the body is the parameters alone, JSON or msgpack by `content_type`. Of AMQP's own
properties: `type` is its first line, such as `call Volumes.create 1.2`: the verb, the method's full
name, the lowest version that the arguments need. `correlation_id` names a call, `message_id` what
is none; `reply_to` is set for calls; `expiration` is what remains of a call's deadline in
milliseconds, and so the time that remains. All else is in headers, texts and whole numbers only,
because pika cuts fractions and dates can break readers:

    deadline-ms   of a call: the deadline in milliseconds since 1970 (see `clocks`); not there where
                  the sender knows that its clock differs
    context       the caller's data: a JSON object of texts, in ASCII
    traceparent   W3C Trace Context, section 3.2
    token         what the sender shows as its credentials
    attempt       how often it was tried before, by who put it back
"""

import json
import re
import time
from collections.abc import Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from pydantic_core import from_json

from rpcgen_runtime import errors
from rpcgen_runtime.amqp.bodies import JSON, MSGPACK, unpacked, written
from rpcgen_runtime.amqp.clocks import left
from rpcgen_runtime.amqp.messages import Message
from rpcgen_runtime.context import Deadline
from rpcgen_runtime.errors import InvalidRequest
from rpcgen_runtime.messages import CALL, FANOUT, Failure, Request, Verb
from rpcgen_runtime.unique import unique_name

DEADLINE: Final = "deadline-ms"
CONTEXT: Final = "context"
TRACEPARENT: Final = "traceparent"
TOKEN: Final = "token"  # noqa: S105  # a name
ATTEMPT: Final = "attempt"
REASON: Final = "dead-reason"
ORIGIN: Final = "dead-from"
COUNTS: Final = ("x-delivery-count", "x-acquired-count")
"""Where the broker says how often a quorum queue handed a message out before."""

MAX_HEADERS = 32_768
"""Bytes; a header larger than a frame would close the connection."""
MAX_CONTEXT = 8_192
"""Characters."""
MAX_EXPIRES_MS = 2**31 - 1
DEFAULT_TIMEOUT = 60.0

MAX_LINE = 255
"""Bytes of a property (AMQP 0-9-1, section 4.2.5.3)."""

_METHOD = re.compile(r"[\x21-\x7e]+")
_ID = re.compile(r"[\x21-\x7e]{1,128}")
_VERBS: Mapping[str, Verb] = {it.value: it for it in Verb}
_REPLY_QUEUE = re.compile(r"amq\.(gen-|rabbitmq\.reply-to\.)[\x21-\x7e]{1,230}")
"""What a queue for replies is called: the broker chooses, so that nobody can be aimed at."""


class Unusable(Exception):
    """A message that is no request; `failure` is what its sender is told, if it can be."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.failure = Failure(code, reason)


class Incoming(NamedTuple):
    """A request with what it needs on its way back."""

    request: Request
    attempt: int
    """How often it was tried before."""


def encode_request(
    request: Request,
    *,
    is_msgpack: bool,
    max_body: int,
    reply_to: str | None,
    tells_deadline: bool = True,
) -> Message:
    """Return a request as a message; without `tells_deadline` only how long it may take is said.

    Raises InvalidRequest where it is too large.
    """
    body, content_type = written(request.params, is_msgpack=is_msgpack)
    if len(body) > max_body:
        raise InvalidRequest(
            f"the parameters of `{request.name}` have {len(body):,} bytes; accepted: {max_body:,}"
        )
    headers: dict[str, object] = {}
    if request.traceparent is not None:
        headers[TRACEPARENT] = request.traceparent
    if request.token is not None:
        headers[TOKEN] = request.token
    if request.data:
        headers[CONTEXT] = json.dumps(dict(request.data), separators=(",", ":"))
        # All else is as long as a trace and a token may be.
        if sum(len(str(it)) for it in headers.values()) > MAX_HEADERS:
            raise InvalidRequest(f"what goes beside the parameters is above {MAX_HEADERS:,} bytes")
    verb = request.verb
    is_call = verb is CALL
    # A call is of no use once the node is lost: its reply would have nowhere to go.
    is_durable = not is_call and verb is not FANOUT
    expires_ms = None
    if not is_durable:
        expires_ms = max(1, min(request.deadline.remaining_ms(), MAX_EXPIRES_MS))
        if tells_deadline:
            headers[DEADLINE] = _now_ms() + expires_ms
    line = _line("call" if is_call else verb.value, request.name, request.version)
    # By position: by name it takes three times as long. After `line`: `message_id` and
    # `correlation_id`, of which a call has the second one.
    name = request.message_id
    if is_call:
        return Message(
            body, content_type, line, None, name, reply_to, expires_ms, is_durable, headers
        )
    return Message(body, content_type, line, name, None, None, expires_ms, is_durable, headers)


def decode_request(message: Message, *, max_body: int, work_timeout: float) -> Incoming:
    """Return the request that a message is. Raises Unusable."""
    if message.is_unreadable:
        raise Unusable(errors.PARSE_ERROR, "the header cannot be decoded")
    verb, name, version = read_line(message.kind)
    headers = message.headers
    is_call = verb is CALL
    if is_call:
        message_id = _way_back(message)
    else:
        message_id = message.message_id or ""
        if not _ID.fullmatch(message_id):
            message_id = unique_name()
    if len(message.body) > max_body:
        raise Unusable(errors.INVALID_REQUEST, f"the body is above {max_body:,} bytes")
    if is_call or verb is FANOUT:
        deadline = _deadline(message.expires_ms, headers.get(DEADLINE), is_answered=is_call)
    else:
        deadline = Deadline.after(work_timeout)
    # By position, too: verb, name, params, version, deadline, message_id, data, traceparent,
    # target, token.
    request = Request(
        verb, name, _params(message), version, deadline, message_id,
        _data(headers) if CONTEXT in headers else {},
        _text(headers, TRACEPARENT) if TRACEPARENT in headers else None, None,
        _text(headers, TOKEN) if TOKEN in headers else None,
    )  # fmt: skip
    return Incoming(request, attempt_of(message))


@lru_cache(1_024)
def read_line(line: str) -> tuple[Verb, str, str | None]:
    """Return the verb, the method and the version in a request's `type`. Raises Unusable."""
    kind, *rest = line.split(" ")
    verb = _VERBS.get(kind)
    if verb is None:
        raise Unusable(
            errors.INVALID_REQUEST, "`type` begins with none of call, cast, fanout, event"
        )
    if len(rest) not in {1, 2} or not _METHOD.fullmatch(rest[0]):
        raise Unusable(errors.INVALID_REQUEST, "`type` names no method")
    return verb, rest[0], rest[1] if len(rest) == 2 else None


def attempt_of(message: Message) -> int:
    """Return how often a message was tried before, by its sender's word."""
    attempt = message.headers.get(ATTEMPT)
    return attempt if type(attempt) is int and attempt > 0 else 0


def may_answer(message: Message) -> bool:
    """Whether there is somebody to answer."""
    is_queue = _REPLY_QUEUE.fullmatch(message.reply_to or "") is not None
    return is_queue and bool(message.correlation_id)


@lru_cache(1_024)
def _line(verb: str, name: str, version: str | None) -> str:
    """Return what `read_line` reads. Raises InvalidRequest."""
    line = f"{verb} {name}" if version is None else f"{verb} {name} {version}"
    if not _METHOD.fullmatch(name) or len(line) > MAX_LINE:
        text = f"{MAX_LINE} characters with verb and version, printable, of ASCII, no space"
        raise InvalidRequest(f"`{name}` is no name for RabbitMQ; accepted: {text}")
    return line


def _way_back(message: Message) -> str:
    """Return what the sender of a call knows it by, and its reply. Raises Unusable."""
    correlation_id = message.correlation_id or ""
    if not _ID.fullmatch(correlation_id):
        raise Unusable(
            errors.INVALID_REQUEST, "a call has a `correlation_id` of 1 to 128 characters"
        )
    if not may_answer(message):
        raise Unusable(
            errors.INVALID_REQUEST, "a call's `reply_to` is a queue that the broker named"
        )
    return correlation_id


def _text(headers: Mapping[str, object], name: str) -> str | None:
    """Return a text; what is none counts as absent."""
    value = headers.get(name)
    return value if isinstance(value, str) else None


def _deadline(expires_ms: int | None, deadline_ms: object, *, is_answered: bool) -> Deadline:
    """Return the deadline, on this process's clock."""
    if expires_ms is None:
        return Deadline.after(DEFAULT_TIMEOUT)
    remaining = min(expires_ms, MAX_EXPIRES_MS)
    if type(deadline_ms) is int:
        remaining = left(remaining, deadline_ms, _now_ms(), is_answered=is_answered)
    return Deadline.after(remaining / 1_000)


def _data(headers: Mapping[str, object]) -> Mapping[str, str]:
    text = _text(headers, CONTEXT)
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
            return unpacked(message.body)
        except ValueError as error:
            raise Unusable(errors.PARSE_ERROR, f"the body is no msgpack: {error}") from None
    raise Unusable(errors.INVALID_REQUEST, "unsupported media type; accepted: JSON, msgpack")


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
