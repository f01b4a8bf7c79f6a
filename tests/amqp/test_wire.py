"""Whatever stands in a message, reading it ends in a request, a reply, or the one way to refuse it."""

import json
import math
from typing import Any

import msgpack
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rpcgen_runtime.amqp import bodies, moved, replies, wire
from rpcgen_runtime.amqp.messages import Message
from rpcgen_runtime.context import Deadline
from rpcgen_runtime.errors import BadReply, InvalidRequest
from rpcgen_runtime.messages import Failure, Reply, Request, Success, Verb
from rpcgen_runtime.targets import Target
from tests.amqp.poison import packed

MAX_BODY = 1 << 20
REPLY_TO = "amq.gen-x"
WHOLE = st.integers(-(2**63), 2**64 - 1)
VALUES = st.recursive(
    st.none() | st.booleans() | WHOLE | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip
JSON = VALUES.map(lambda it: json.dumps(it).encode())
DATA = JSON.filter(lambda it: it != b"null")
BODIES = st.binary(max_size=200) | JSON | VALUES.map(lambda it: packed(it))
OURS = st.sampled_from(
    [wire.DEADLINE, wire.CONTEXT, wire.TOKEN, wire.ATTEMPT, wire.TRACEPARENT, wire.REASON,
     *wire.COUNTS]
)  # fmt: skip
FIELDS: st.SearchStrategy[object] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text() | st.binary(), inner, max_size=3)
    ),
    max_leaves=6,
)
HEADERS: Any = st.dictionaries(
    OURS | st.text() | st.binary(), FIELDS | st.sampled_from(["{}", 5_000]),
    max_size=8,
)  # fmt: skip
MESSAGES = st.builds(
    Message,
    body=BODIES,
    content_type=st.sampled_from([bodies.JSON, bodies.MSGPACK]) | st.text(max_size=20),
    kind=st.sampled_from(["call", "cast", "event", "fanout", "result", "error"])
    | st.sampled_from(["call Work.run", "cast Work.run 1.0", "event ", "fanout a b c"])
    | st.text(max_size=9),
    message_id=st.none() | st.text(max_size=255),
    correlation_id=st.none() | st.text(max_size=255),
    reply_to=st.none() | st.just(REPLY_TO) | st.text(max_size=255),
    expires_ms=st.none() | st.integers(0, 2**70),
    is_durable=st.booleans(),
    headers=HEADERS,
    is_unreadable=st.booleans() | st.just(value=False),
)


def read(message: Message) -> wire.Incoming:
    return wire.decode_request(message, max_body=MAX_BODY, work_timeout=9.0)


def request(verb: Verb, params: bytes, **more: Any) -> Request:
    given_: dict[str, Any] = {"version": "1.0", "data": {}, "message_id": "m", **more}
    return Request(
        verb=verb,
        name="Work.run",
        params=params,
        deadline=Deadline.after(30),
        target=Target(topic="t"),
        **given_,
    )


def written(one: Request, *, is_msgpack: bool) -> Message:
    return wire.encode_request(one, is_msgpack=is_msgpack, max_body=MAX_BODY, reply_to=REPLY_TO)


@settings(max_examples=500, deadline=None)
@given(MESSAGES)
def test_a_message_is_a_request_or_unusable(message: Message) -> None:
    try:
        found = read(message)
    except wire.Unusable as error:
        _check_told(error.failure.message)
    else:
        assert found.request.verb.value == message.kind.split(" ")[0]
        assert found.attempt >= 0
        assert found.request.deadline.remaining() < 366 * 86_400
        json.loads(found.request.params if message.content_type == bodies.MSGPACK else b"0")


@settings(max_examples=500, deadline=None)
@given(MESSAGES)
@example(Message(body=b'{"code":1,"data":NaN}', kind="error", content_type=bodies.JSON))
@example(Message(body=b'{"code":' + b"9" * 5_000 + b"}", kind="error", content_type=bodies.JSON))
def test_a_message_is_a_reply_or_a_bad_one(message: Message) -> None:
    try:
        found = replies.decode_reply(message, max_body=MAX_BODY)
    except BadReply as error:
        _check_told(str(error))
    else:
        if isinstance(found, Failure):
            assert len(found.message) <= replies.MAX_TOLD


@settings(max_examples=300, deadline=None)
@given(MESSAGES, st.text(), st.text(max_size=255))
def test_what_is_put_elsewhere_has_only_texts_and_numbers_and_fits_a_frame(
    message: Message, reason: str, origin: str
) -> None:
    letter = moved.dead(message, reason, origin)
    assert (letter.body, letter.expires_ms, letter.is_unreadable) == (message.body, None, False)
    assert letter.headers[wire.REASON] == reason[: replies.MAX_TOLD]
    for other in (letter, moved.again(message, 3, Deadline.after(1)), moved.revived(letter)):
        assert all(isinstance(it, str) for it in other.headers)
        assert all(type(it) in {str, int} for it in other.headers.values())
    assert wire.attempt_of(moved.again(message, 3)) == 3
    assert wire.attempt_of(moved.revived(letter)) == 0


def test_of_a_message_that_fills_its_frame_what_is_ours_goes_on() -> None:
    headers: dict[str, object] = {f"x{it}": "y" * 1_000 for it in range(130)}
    message = Message(body=b"{}", headers={**headers, wire.CONTEXT: "{}"})
    letter = moved.dead(message, "r" * 10_000, "o" * 255)
    assert letter.headers[wire.CONTEXT] == "{}"
    assert letter.headers[wire.REASON] == "r" * replies.MAX_TOLD
    assert sum(len(f"{k}{v}") for k, v in letter.headers.items()) <= wire.MAX_HEADERS


@settings(max_examples=200, deadline=None)
@given(
    verb=st.sampled_from(Verb),
    params=st.dictionaries(st.text(max_size=8), VALUES, max_size=4),
    data=st.dictionaries(st.text(max_size=8), st.text(max_size=20), max_size=4),
    is_msgpack=st.booleans(),
)
def test_a_request_comes_as_it_was_sent(
    verb: Verb, params: dict[str, Any], data: dict[str, str], *, is_msgpack: bool
) -> None:
    sent = request(verb, json.dumps(params).encode(), data=data, token="t", traceparent="p")
    found = read(written(sent, is_msgpack=is_msgpack)).request
    assert json.loads(found.params) == params
    for name in ("verb", "name", "version", "message_id", "data", "token", "traceparent"):
        assert getattr(found, name) == getattr(sent, name), name
    limit = 30 if verb in {Verb.CALL, Verb.FANOUT} else 9
    assert limit - 2 < found.deadline.remaining() <= limit + 0.01


@settings(max_examples=200, deadline=None)
@given(
    reply=st.builds(Success, JSON)
    | st.builds(Failure, st.integers(-(2**31), 2**31 - 1), st.text(max_size=50), st.none() | DATA),
    is_msgpack=st.booleans(),
)  # fmt: skip
def test_a_reply_comes_as_it_was_sent(reply: Reply, *, is_msgpack: bool) -> None:
    asked = written(request(Verb.CALL, b"{}"), is_msgpack=is_msgpack)
    found = replies.decode_reply(
        replies.encode_reply(asked, reply, max_body=MAX_BODY), max_body=MAX_BODY
    )
    if isinstance(reply, Success):
        assert isinstance(found, Success)
        assert json.loads(found.result) == json.loads(reply.result)
    else:
        assert isinstance(found, Failure)
        assert (found.code, found.message) == (reply.code, reply.message)
        assert json.loads(found.data or b"null") == json.loads(reply.data or b"null")


STRICT = {
    "an extension": packed(msgpack.ExtType(5, b"x")),
    "a moment": packed(msgpack.Timestamp(1, 1)),
    "a moment out of range": b"\xc7\x0c\xff" + b"\xff" * 12,
    "100,000 levels": b"\x91" * 100_000 + b"\xc0",
    "250 levels": b"\x91" * 250 + b"\xc0",
    "2^32-1 items": b"\xdd\xff\xff\xff\xff",
    "2^32-1 pairs": b"\xdf\xff\xff\xff\xff",
    "2^32-1 bytes": b"\xc6\xff\xff\xff\xff",
    "2^32-1 characters": b"\xdb\xff\xff\xff\xff",
    "a number as a key": b"\x81\x01\x01",
    "a list as a key": b"\x81\x90\x01",
    "text that is not UTF-8": b"\xa1\xff",
    "bytes that are not UTF-8": b"\xc4\x01\xff",
    "two values": b"\xc0\xc0",
    "nothing": b"",
    "a byte that means nothing": b"\xc1",
}


@pytest.mark.parametrize("name", STRICT)
def test_msgpack_is_read_strictly(name: str) -> None:
    body = STRICT[name]
    with pytest.raises(wire.Unusable, match="no msgpack") as caught:
        read(_call(body))
    assert len(str(caught.value)) < 200
    with pytest.raises(BadReply, match="no msgpack"):
        replies.decode_reply(
            Message(body=body, kind=replies.RESULT, content_type=bodies.MSGPACK), max_body=MAX_BODY
        )


def test_a_megabyte_of_nothing_is_read() -> None:
    body = b"\xdd" + (MAX_BODY - 5).to_bytes(4) + b"\xc0" * (MAX_BODY - 5)
    assert read(_call(body)).request.params.startswith(b"[null,null")


@pytest.mark.parametrize("number", [math.inf, -math.inf, math.nan])
def test_numbers_that_json_does_not_have_come_as_words_that_the_contract_refuses(
    number: float,
) -> None:
    found = read(_call(packed({"x": number}))).request.params
    assert found in {b'{"x":Infinity}', b'{"x":-Infinity}', b'{"x":NaN}'}


def test_a_request_with_a_number_beyond_64_bits_is_json() -> None:
    params = b'{"x": 18446744073709551616}'
    sent = written(request(Verb.CALL, params), is_msgpack=True)
    assert (sent.content_type, sent.body) == (bodies.JSON, params)


def test_a_result_beyond_64_bits_is_json() -> None:
    asked = written(request(Verb.CALL, b"{}"), is_msgpack=True)
    reply = Success(b"18446744073709551616")
    answer = replies.encode_reply(asked, reply, max_body=MAX_BODY)
    assert replies.decode_reply(answer, max_body=MAX_BODY) == reply


def test_a_request_above_the_limits_is_not_sent() -> None:
    with pytest.raises(InvalidRequest, match="1,048,576"):
        written(request(Verb.CALL, b'"' + b"x" * MAX_BODY + b'"'), is_msgpack=False)
    with pytest.raises(InvalidRequest, match="beside the parameters"):
        written(request(Verb.CALL, b"{}", data={"a": "x" * 40_000}), is_msgpack=False)


@pytest.mark.parametrize("name", ["x" * 250, "Work.a b", "Work.ü", ""])
def test_a_name_that_does_not_fit_is_not_sent(name: str) -> None:
    with pytest.raises(InvalidRequest, match="no name for RabbitMQ; accepted: 255 characters"):
        written(request(Verb.CALL, b"{}")._replace(name=name), is_msgpack=False)


@pytest.mark.parametrize("version", ["1.0", "12.345", None])
def test_the_first_line_of_a_request_is_its_verb_its_method_and_the_version(
    version: str | None,
) -> None:
    sent = request(Verb.CAST, b"{}")._replace(version=version)
    line = written(sent, is_msgpack=False).kind
    assert line == ("cast Work.run" if version is None else f"cast Work.run {version}")
    assert wire.read_line(line) == (Verb.CAST, "Work.run", version)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("", "begins with none of"),
        ("Call Work.run", "begins with none of"),
        ("call", "names no method"),
        ("call ", "names no method"),
        ("call  Work.run", "names no method"),
        ("call Work.run 1.0 ", "names no method"),
        ("call Work.\n 1.0", "names no method"),
    ],
)
def test_another_first_line_is_refused(line: str, problem: str) -> None:
    with pytest.raises(wire.Unusable, match=f"^`type` {problem}"):
        wire.read_line(line)


def _check_told(message: str) -> None:
    """Little, whatever was sent."""
    assert 0 < len(message) < 300


def _call(body: bytes) -> Message:
    return Message(
        body=body,
        kind="call Work.run",
        content_type=bodies.MSGPACK,
        correlation_id="c",
        reply_to=REPLY_TO,
    )
