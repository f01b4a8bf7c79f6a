"""The JSON-RPC envelopes: any body is judged, and what is read is what was sent."""

import json
from collections.abc import Iterable
from typing import Protocol

from pydantic_core import from_json

from rpcgen_runtime import errors, jsonrpc
from rpcgen_runtime.errors import BadReply
from rpcgen_runtime.jsonrpc import Bounds, Envelope, Incoming, Refused
from rpcgen_runtime.messages import Failure, Reply, Success

BOUNDS = Bounds(max_batch=10, max_depth=20, max_keys=50)
"""Small, so that small inputs reach them."""
MAX_ANSWER = 8_192
"""Bytes of an answer to what was refused."""
MAX_MESSAGE = 400
"""Characters of what our own side says about a reply that is none."""
REQUEST_ID = 1

_CODES = frozenset([*errors.BY_CODE, errors.INTERNAL_ERROR])
_UNREADABLE = object()


class Decode(Protocol):
    """Reads the body of a request."""

    def __call__(self, body: bytes, *, is_ours: bool) -> Envelope: ...


class DecodeReply(Protocol):
    """Reads the body of a reply to a request with an id."""

    def __call__(self, body: bytes, request_id: int, *, is_ours: bool) -> Reply: ...


def _decode(body: bytes, *, is_ours: bool) -> Envelope:
    return jsonrpc.decode(body, BOUNDS, is_ours=is_ours)


def envelope(data: bytes, *, decode: Decode = _decode) -> None:
    """Read a request's body as one of ours and as a stranger's; judge each item."""
    document = _python(data)
    for is_ours in (True, False):
        found = decode(data, is_ours=is_ours)
        assert found.items, "a body without an item gets no answer"
        assert found.is_batch or len(found.items) == 1, "several items outside a batch"
        assert len(found.items) <= BOUNDS.max_batch, "the batch is too long"
        for item in found.items:
            _judge(item)
        _compare(found, document)


def reply(data: bytes, *, decode: DecodeReply = jsonrpc.decode_reply) -> None:
    """Read a reply's body as one of ours and as a stranger's; only BadReply may be raised."""
    document = _python(data)
    for is_ours in (True, False):
        try:
            found = decode(data, REQUEST_ID, is_ours=is_ours)
        except BadReply as error:
            _judge_refusal(error)
        else:
            _judge_reply(found, document, is_ours=is_ours)


def _judge(item: Incoming | Refused) -> None:
    """Answer an item as a server would."""
    if isinstance(item, Refused):
        assert item.failure.code in _CODES, f"nobody knows the code {item.failure.code}"
        if item.id is None:
            return
        answer = jsonrpc.encode_reply(item.id, item.failure)
        assert len(answer) <= MAX_ANSWER, "the answer is too long"
        said = json.loads(answer)
        assert said["error"]["message"] == item.failure.message, "the message got changed"
        assert _same(said["id"], json.loads(item.id)), "the answer is to another request"
        return
    assert item.name, "a method without a name"
    assert len(item.name) <= jsonrpc.MAX_METHOD, "the name is too long"
    if item.id is not None:
        said = json.loads(jsonrpc.encode_reply(item.id, Success(b'{"a":[1]}')))
        assert _same(said["id"], json.loads(item.id)), "the answer is to another request"
        assert said["result"] == {"a": [1]}, "the result got changed"


def _compare(found: Envelope, document: object) -> None:
    """Hold what we accept against what Python's own parser reads."""
    sent = document if found.is_batch and isinstance(document, list) else [document]
    for item, there in zip(found.items, sent, strict=True):
        params = _ours(item.params) if isinstance(item, Incoming) else _UNREADABLE
        if isinstance(item, Refused) or params is _UNREADABLE:
            continue
        assert isinstance(there, dict), "Python reads no request here"
        assert ("id" in there) == (item.id is not None), "a notification is none, or the reverse"
        assert item.id is None or _same(json.loads(item.id), there["id"]), "another id"
        assert item.name == there["method"], "another method"
        assert _same(params, there.get("params", {})), "other parameters"
        assert _depth(document) <= BOUNDS.max_depth, "the body is too deep"
        assert _names(document) <= BOUNDS.max_keys, "an object has too many names"


def _judge_refusal(error: BadReply) -> None:
    assert len(str(error)) <= MAX_MESSAGE, "the message is too long"


def _judge_reply(found: Reply, document: object, *, is_ours: bool) -> None:
    part = found.result if isinstance(found, Success) else found.data
    read = None if part is None else _ours(part)
    if is_ours and read is _UNREADABLE:
        return  # whoever reads the result says so
    assert isinstance(document, dict), "Python reads no reply here"
    if isinstance(found, Failure):
        there = document["error"]
        assert found.code == there["code"], "another code"
        said = there.get("message")
        assert found.message == (said if isinstance(said, str) else ""), "another message"
        assert _is_to_us(document.get("id")) or document.get("id") is None, "to another request"
        assert read is _UNREADABLE or _same(read, there.get("data")), "other data"
    else:
        assert _is_to_us(document["id"]), "to another request"
        assert read is _UNREADABLE or _same(read, document["result"]), "another result"


def _is_to_us(found: object) -> bool:
    return found == REQUEST_ID and found is not True


def _python(body: bytes) -> object:
    """Return what Python's own parser reads."""
    try:
        document: object = json.loads(body)
    except (ValueError, RecursionError):
        return _UNREADABLE
    return document


def _ours(part: bytes) -> object:
    """Return what whoever reads parameters and results reads."""
    try:
        value: object = from_json(part)
    except ValueError:
        return _UNREADABLE
    return value


def _depth(value: object) -> int:
    """Return how many arrays and objects stand in each other."""
    if not isinstance(value, dict | list):
        return 0
    return 1 + max((_depth(it) for it in _within(value)), default=0)


def _names(value: object) -> int:
    """Return how many names the largest object has."""
    if not isinstance(value, dict | list):
        return 0
    own = len(value) if isinstance(value, dict) else 0
    return max([own, *(_names(it) for it in _within(value))])


def _within(value: dict[str, object] | list[object]) -> Iterable[object]:
    return value.values() if isinstance(value, dict) else value


def _same(one: object, other: object) -> bool:
    """Whether they are one JSON: NaN equals itself, and 1 is neither 1.0 nor true."""
    return json.dumps(one) == json.dumps(other)
