"""JSON-RPC 2.0 envelopes: bytes to messages and back. No I/O.

Strategy: parameters and results are read once, by the method that knows their types. In an envelope
from our own side, which a peer says beside it, they are cut out as bytes; any other envelope is
parsed, judged by the specification (https://www.jsonrpc.org/specification, sections 4 to 6), and
its parts are written again for the reader.
"""

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from pydantic_core import from_json

from rpcgen_runtime import errors
from rpcgen_runtime.errors import BadReply
from rpcgen_runtime.messages import Failure, Reply, Success

KEPT = 4_096
"""Names of methods that are not written anew."""
MAX_ID = 256
"""Characters of an id that is a text or a number."""
MAX_METHOD = 512
"""Characters of a method's name."""
MAX_TOLD = 200
"""Characters of the parser's words that are passed on."""
PARSER_DEPTH = 201
"""How deep pydantic's parser goes."""

_OURS_REQUEST = re.compile(
    rb'\{"jsonrpc":"2\.0","id":(0|[1-9]\d{0,17}),"method":"([A-Za-z0-9_.:/-]{1,400})","params":(?=[\[{])'
)
_NO_BRACKET = re.compile(rb'"(?:[^"\\]|\\.)*"|[^\[\]{}"]+', re.DOTALL)
_OURS_REPLY = re.compile(rb'\{"jsonrpc":"2\.0","id":(0|[1-9]\d{0,17}),"result":')


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What a body may hold."""

    max_batch: int = 100
    """Requests."""
    max_depth: int = 200
    """Arrays and objects within each other, at most 200."""
    max_keys: int = 10_000
    """Names in one object."""


class Incoming(NamedTuple):
    """One request of an envelope."""

    id: bytes | None
    """As JSON; None for a notification, which is not answered."""
    name: str
    params: bytes


class Refused(NamedTuple):
    """What is no request, with the answer that it gets."""

    id: bytes | None
    """As JSON; None for a notification, which is not answered."""
    failure: Failure


class Envelope(NamedTuple):
    """What one body holds."""

    items: Sequence[Incoming | Refused]
    is_batch: bool


class _Object(dict[str, object]):
    """A JSON object that knows whether a name stood in it twice."""

    has_duplicates = False
    is_ambiguous = False
    """Whether it is the id that did."""


class _Fraction(float):
    """A number that is not whole, as it stood in the text: an id is echoed so."""

    text: str


class _Unreadable(ValueError):
    """The body is refused as a whole."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.failure = Failure(code, message[:MAX_TOLD])


def encode_request(request_id: int | None, name: str, params: bytes) -> bytes:
    """Return a request; without an id, a notification (section 4.1)."""
    if request_id is None:
        return b'{"jsonrpc":"2.0",%b%b}' % (_method(name), params)
    return b'{"jsonrpc":"2.0","id":%d,%b%b}' % (request_id, _method(name), params)


def decode_own(body: bytes, bounds: Bounds) -> Incoming | None:
    """Return the request in `body`, where it is in an envelope that our own side writes.

    What follows the parameters, if anything does, makes them unreadable; then `decode` tells more.
    """
    match = _OURS_REQUEST.match(body)
    if match is None or not body.endswith(b"}") or not _is_within(body, bounds):
        return None
    return Incoming(match[1], match[2].decode(), body[match.end() : -1])


def decode(body: bytes, bounds: Bounds, *, is_ours: bool) -> Envelope:
    """Return the requests in `body`, and what is to be refused instead of one.

    `is_ours` says that the sender claims to be one of ours: see `decode_own`.
    """
    own = decode_own(body, bounds) if is_ours else None
    if own is not None:
        return Envelope([own], is_batch=False)
    try:
        document, duplicated = _parse(body, bounds)
    except _Unreadable as error:
        return _whole(error.failure)
    if not isinstance(document, list):
        return Envelope([_item(document, duplicated=duplicated)], is_batch=False)
    if not document:
        return _whole(Failure(errors.INVALID_REQUEST, "a batch holds at least one request"))
    if len(document) > bounds.max_batch:
        message = f"a batch holds at most {bounds.max_batch} requests"
        return _whole(Failure(errors.INVALID_REQUEST, message))
    return Envelope([_item(it, duplicated=duplicated) for it in document], is_batch=True)


def encode_reply(request_id: bytes, reply: Reply) -> bytes:
    """Return a response object (section 5)."""
    head = b'{"jsonrpc":"2.0","id":' + request_id
    if isinstance(reply, Success):
        return head + b',"result":' + reply.result + b"}"
    error = b'{"code":%d,"message":' % reply.code + json.dumps(reply.message).encode()
    if reply.data is not None:
        error += b',"data":' + reply.data
    return head + b',"error":' + error + b"}}"


def decode_reply(body: bytes, request_id: int, *, is_ours: bool, may_be_null: bool = True) -> Reply:
    """Return the reply to the request with that id. Raises BadReply for anything else.

    `may_be_null` says whether an error with the id null is one too: whoever could not read the
    request answers so (section 5).
    """
    match = _OURS_REPLY.match(body) if is_ours and body.endswith(b"}") else None
    if match is not None and int(match[1]) == request_id:
        return Success(body[match.end() : -1])
    try:
        document = from_json(body, allow_inf_nan=False)
    except ValueError as error:
        raise BadReply(f"the reply is not JSON: {error}") from None
    if not isinstance(document, dict):
        raise BadReply("the reply is not a JSON object")
    return _reply(document, request_id, may_be_null=may_be_null)


@lru_cache(KEPT)
def _method(name: str) -> bytes:
    """Return what stands before the parameters."""
    return b'"method":%b,"params":' % json.dumps(name).encode()


def _reply(document: dict[str, object], request_id: int, *, may_be_null: bool) -> Reply:
    error = document.get("error")
    if error is None and "result" in document:
        if document.get("id") != request_id or isinstance(document.get("id"), bool):
            raise BadReply("the reply is to another request")
        return Success(_dump(document["result"]))
    if not isinstance(error, dict):
        raise BadReply("the reply has neither a result nor an error")
    answered = document.get("id")
    known = (request_id, None) if may_be_null else (request_id,)
    if answered not in known or isinstance(answered, bool):
        raise BadReply("the reply is to another request")
    code, message = error.get("code"), error.get("message")
    if not isinstance(code, int) or isinstance(code, bool):
        raise BadReply("the reply's error has no code")
    data = _dump(error["data"]) if "data" in error else None
    return Failure(code, message if isinstance(message, str) else "", data)


def _is_within(body: bytes, bounds: Bounds) -> bool:
    """Whether a body is within the bounds for sure, so far as can be told without reading it."""
    opened = body.count(b"{") + body.count(b"[")
    return opened <= bounds.max_depth and body.count(b":") <= bounds.max_keys


def _parse(body: bytes, bounds: Bounds) -> tuple[object, bool]:
    """Return the document, and whether a name stands twice in any of its objects."""
    duplicated = False
    # pydantic's parser first: it bounds depth and digits, and refuses what is not Unicode. In more
    # brackets it reaches its own bound where ours is.
    around = PARSER_DEPTH - bounds.max_depth
    is_borderline = False
    try:
        from_json(b"[" * around + body + b"]" * around, allow_inf_nan=False)
    except ValueError:
        try:
            from_json(body, allow_inf_nan=False)
        except ValueError as error:
            raise _Unreadable(errors.PARSE_ERROR, str(error)) from None
        # Too deep, or just so: the parser counts what stands in the innermost brackets too.
        is_borderline = True

    def made(pairs: list[tuple[str, object]]) -> _Object:
        nonlocal duplicated
        if len(pairs) > bounds.max_keys:
            message = f"an object holds at most {bounds.max_keys:,} names"
            raise _Unreadable(errors.INVALID_REQUEST, message)
        found = _Object(pairs)
        if len(found) != len(pairs):
            found.has_duplicates = duplicated = True
            found.is_ambiguous = sum(name == "id" for name, _ in pairs) > 1
        return found

    try:
        parsed: object = json.loads(body, object_pairs_hook=made, parse_float=_fraction)
    except json.JSONDecodeError:
        # The brackets made one document of several, or of none.
        raise _unreadable(body) from None
    if is_borderline and _is_deeper(body, bounds.max_depth):
        message = f"arrays and objects nest at most {bounds.max_depth} deep"
        raise _Unreadable(errors.PARSE_ERROR, message)
    return parsed, duplicated


def _fraction(text: str) -> _Fraction:
    made = _Fraction(text)
    made.text = text
    return made


def _unreadable(body: bytes) -> _Unreadable:
    """Return why a body cannot be read, in the parser's words."""
    try:
        from_json(body, allow_inf_nan=False)
    except ValueError as error:
        return _Unreadable(errors.PARSE_ERROR, str(error))
    return _Unreadable(errors.PARSE_ERROR, "the body is not one document")


def _is_deeper(body: bytes, most: int) -> bool:
    """Whether arrays and objects nest deeper than `most`, those that a second name hides too."""
    depth = 0
    for bracket in _NO_BRACKET.sub(b"", body):
        depth += 1 if bracket in b"[{" else -1
        if depth > most:
            return True
    return False


def _has_duplicates(document: object) -> bool:
    """Whether a name stands twice in one of the objects within."""
    pending = [document]
    while pending:
        node = pending.pop()
        if isinstance(node, _Object):
            if node.has_duplicates:
                return True
            pending.extend(node.values())
        elif isinstance(node, list):
            pending.extend(node)
    return False


def _whole(failure: Failure) -> Envelope:
    return Envelope([Refused(b"null", failure)], is_batch=False)


def _item(document: object, *, duplicated: bool) -> Incoming | Refused:
    if not isinstance(document, _Object):
        return _refused(b"null", "a request is an object")
    has_id = "id" in document
    request_id = _id(document["id"]) if has_id else None
    if has_id and request_id is None:
        return _refused(b"null", f"an id is a text or a number of at most {MAX_ID} characters")
    answer_to = b"null" if document.is_ambiguous else request_id or b"null"
    if document.has_duplicates:
        return _refused(answer_to, "a member of the request stands twice")
    if document.get("jsonrpc") != "2.0":
        return _refused(answer_to, '`jsonrpc` is "2.0"')
    name, params = document.get("method"), document.get("params", {})
    if not isinstance(name, str) or not name:
        return _refused(answer_to, "`method` is a text")
    if len(name) > MAX_METHOD:
        failure = Failure(errors.METHOD_NOT_FOUND, "no method has so long a name")
        return Refused(request_id, failure)
    if not isinstance(params, dict | list):
        failure = Failure(errors.INVALID_PARAMS, "`params` is an object or an array")
        return Refused(request_id, failure)
    if duplicated and _has_duplicates(params):
        failure = Failure(errors.INVALID_PARAMS, "a name stands twice in an object")
        return Refused(request_id, failure)
    return Incoming(request_id, name, _dump(params))


def _refused(request_id: bytes, message: str) -> Refused:
    return Refused(request_id, Failure(errors.INVALID_REQUEST, message))


def _id(value: object) -> bytes | None:
    """Return an id as JSON, or None for what cannot be one."""
    if value is None:
        return b"null"
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, float) and not math.isfinite(value):
        return None
    text = value.text.encode() if isinstance(value, _Fraction) else _dump(value)
    length = len(value) if isinstance(value, str) else len(text)
    return text if length <= MAX_ID else None


def _dump(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
