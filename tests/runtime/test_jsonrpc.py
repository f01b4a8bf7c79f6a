"""The short way through an envelope of our own says what the long way says."""

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rpcgen_runtime import BadReply, jsonrpc
from rpcgen_runtime.messages import Failure, Success

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
PARAMS = st.lists(JSON, max_size=3) | st.dictionaries(
    st.text(st.characters(codec="utf-8")), JSON, max_size=3
)
NAMES = st.from_regex(r"\A[A-Za-z0-9_.:/-]{1,20}\Z") | st.text(
    st.characters(codec="utf-8"), min_size=1, max_size=20
)
IDS = st.integers(0, 10**20)
BOUNDS = jsonrpc.Bounds(max_batch=10)
TESTED = settings(derandomize=True, max_examples=200, deadline=None)


def _read(envelope: jsonrpc.Envelope) -> list[Any]:
    return [
        (json.loads(it.id or b'"no id"'), it.name, json.loads(it.params))
        if isinstance(it, jsonrpc.Incoming)
        else it
        for it in envelope.items
    ]


@TESTED
@given(IDS, NAMES, PARAMS)
@example(7, "a.b", {"params": '"}', "id": 1})
def test_a_request_of_ours_is_read_alike_both_ways(number: int, name: str, params: Any) -> None:
    body = jsonrpc.encode_request(
        number, name, json.dumps(params, separators=(",", ":"), ensure_ascii=False).encode()
    )
    short = jsonrpc.decode(body, BOUNDS, is_ours=True)
    long = jsonrpc.decode(body, BOUNDS, is_ours=False)
    assert _read(short) == _read(long) == [(number, name, params)]


@TESTED
@given(st.binary(max_size=80))
@example(b'{"jsonrpc":"2.0","id":007,"method":"a","params":[]}')
@example(b'{"jsonrpc":"2.0","id":1,"method":"a","params":1}')
@example(b'{"jsonrpc":"2.0","id":1,"method":"","params":[]}')
@example(b'{"jsonrpc":"2.0","id":-1,"method":"a","params":[]}')
def test_what_is_not_ours_is_judged_alike_whatever_it_claims(body: bytes) -> None:
    assert jsonrpc.decode(body, BOUNDS, is_ours=True) == jsonrpc.decode(body, BOUNDS, is_ours=False)


@TESTED
@given(IDS, JSON)
@example(1, {"id": 2, "error": {"code": 1}})
def test_a_reply_of_ours_is_read_alike_both_ways(number: int, result: Any) -> None:
    encoded = json.dumps(result, separators=(",", ":")).encode()
    body = jsonrpc.encode_reply(b"%d" % number, Success(encoded))
    for is_ours in (True, False):
        reply = jsonrpc.decode_reply(body, number, is_ours=is_ours)
        assert isinstance(reply, Success)
        assert json.loads(reply.result) == result
        with pytest.raises(BadReply, match="another request"):
            jsonrpc.decode_reply(body, number + 1, is_ours=is_ours)


@TESTED
@given(IDS, st.integers(), st.text(st.characters(codec="utf-8")), st.none() | JSON)
def test_a_failure_is_read_as_it_was_written(
    number: int, code: int, message: str, data: Any
) -> None:
    encoded = None if data is None else json.dumps(data).encode()
    body = jsonrpc.encode_reply(b"%d" % number, Failure(code, message, encoded))
    reply = jsonrpc.decode_reply(body, number, is_ours=True)
    assert isinstance(reply, Failure)
    assert (reply.code, reply.message) == (code, message)
    assert json.loads(reply.data or b"null") == data


@TESTED
@given(st.binary(max_size=200))
def test_no_reply_raises_anything_but_that_it_is_none(body: bytes) -> None:
    for is_ours in (True, False):
        with pytest.raises(BadReply):
            jsonrpc.decode_reply(body, 1, is_ours=is_ours)


@TESTED
@given(JSON)
def test_any_document_is_judged(document: Any) -> None:
    body = json.dumps(document).encode()
    for item in jsonrpc.decode(body, BOUNDS, is_ours=False).items:
        assert item.id is None or json.loads(item.id) is None or isinstance(document, dict | list)
    try:
        jsonrpc.decode_reply(body, 1, is_ours=False)
    except BadReply:
        return
