"""Any content header is read, whatever stands in it, and as pika reads it; and can be written again."""

import struct
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pika import frame, spec

from rpcgen_runtime.amqp import frames, moved, wire
from rpcgen_runtime.amqp.messages import Message
from rpcgen_runtime.amqp.translation import (
    Unreadable,
    message_of,
    properties_of,
    properties_read,
)
from tests.amqp import raw

HEAD = struct.Struct(">HHQ")
VALUES = st.recursive(
    st.one_of(
        st.binary(max_size=12),
        st.binary(max_size=300).map(raw.long),
        st.integers(-(2**63), 2**63 - 1).map(raw.whole),
        st.floats().map(raw.double),
        st.integers(0, 2**64 - 1).map(raw.moment),
        st.sampled_from([b"t\x01", b"V", b"D\xff\xff\xff\xff\xff", b"x\x00\x00\x00\x01\xff"]),
    ),
    lambda inner: (
        st.lists(inner, max_size=4).map(lambda it: raw.array(*it))
        | st.lists(st.tuples(st.binary(max_size=9), inner), max_size=4).map(
            lambda it: b"F" + raw.table(it)
        )
    ),
    max_leaves=10,
)
NAMES = st.binary(max_size=255) | st.sampled_from([b"token", b"attempt", b"x-delivery-count"])
TABLES = st.lists(st.tuples(NAMES, VALUES), max_size=6).map(raw.table)
SHORTS = st.binary(max_size=255).map(raw.short)
FIELDS: Any = st.fixed_dictionaries(
    {},
    optional={
        "content_type": SHORTS,
        "headers": TABLES,
        "delivery_mode": st.binary(min_size=1, max_size=1),
        "priority": st.binary(min_size=1, max_size=1),
        "correlation_id": SHORTS,
        "reply_to": SHORTS,
        "expiration": SHORTS | st.integers(0, 2**80).map(lambda it: raw.short(str(it).encode())),
        "message_id": SHORTS,
        "timestamp": st.binary(min_size=8, max_size=8),
        "type": SHORTS | st.just(raw.short(b"call Work.run")),
        "user_id": SHORTS,
    },
)


BODY = b"12345"


def check(properties: bytes) -> None:
    """Read a header and what follows from it, as a server does."""
    header = HEAD.pack(60, 0, len(BODY)) + properties
    assert frames.read_size(header, 0) == len(BODY)
    found = properties_read(header)
    message = message_of(found, BODY)
    assert message.is_unreadable is isinstance(found, Unreadable)
    with suppress(frames.Unusual):
        assert frames.read_message(header, 0, len(header), BODY) == message
    with suppress(wire.Unusable):
        wire.decode_request(message, max_body=100, work_timeout=1.0)
    for other in (moved.dead(message, "reason", "origin"), moved.again(message, 1)):
        assert sum(map(len, properties_of(other).encode())) < raw.FRAME_MAX
        with suppress(frames.Unusual):
            assert written(other) == written_by_pika(other)


def written(message: Message) -> bytes:
    """Return the frames of a message."""
    return frames.write_message(7, "e", "k", message, mandatory=True, frame_max=raw.FRAME_MAX)


def written_by_pika(message: Message) -> bytes:
    """Return the same, as pika has it."""
    method = spec.Basic.Publish(exchange="e", routing_key="k", mandatory=True)
    header = frame.Header(7, len(message.body), properties_of(message))
    parts = [frame.Method(7, method), header, frame.Body(7, message.body)]
    return b"".join(it.marshal() for it in parts)


def test_what_we_send_is_written_and_read_without_pika() -> None:
    message = Message(
        body=BODY,
        content_type="application/json",
        kind="call Work.run 1.0",
        message_id="m" * 32,
        correlation_id="ü",
        reply_to="amq.gen-x",
        expires_ms=60_000,
        headers={"attempt": -1, "deadline-ms": 2**40, "token": "é"},
    )
    sent = written(message)
    assert sent == written_by_pika(message)
    method, header, body = [it[7:] for it in _split(sent)]
    assert method == b"\0\x3c\0\x28" + b"\0\0" + b"\1e" + b"\1k" + b"\1"
    assert body == BODY
    assert frames.read_message(header, 0, len(header), body) == message


def test_a_body_larger_than_a_frame_is_sent_in_several() -> None:
    message = Message(body=bytes(range(256)) * 2_000)
    parts = _split(written(message))[2:]
    assert b"".join(it[7:] for it in parts) == message.body
    assert [len(it) + 1 for it in parts[:-1]] == [raw.FRAME_MAX] * (len(parts) - 1)


@pytest.mark.parametrize("value", [1.5, None, True, b"x", ["x"], {"x": 1}])
def test_what_we_never_send_is_left_to_pika(value: object) -> None:
    with pytest.raises(frames.Unusual):
        written(Message(body=BODY, headers={"x": value}))


def _split(sent: bytes) -> list[bytes]:
    """Return frames without their ends."""
    found: list[bytes] = []
    while sent:
        end = 7 + int.from_bytes(sent[3:7])
        assert sent[end] == spec.FRAME_END
        found.append(sent[:end])
        sent = sent[end + 1 :]
    return found


@settings(max_examples=1_000, deadline=None)
@given(st.binary(max_size=300))
@example(b"")
@example(b"\xff")
@example(b"\xff\xff\xff\xff")
@example(b"\x20\x00\xff\xff\xff\xff")
def test_any_bytes_are_a_header(properties: bytes) -> None:
    check(properties)


@settings(max_examples=500, deadline=None)
@given(FIELDS)
def test_any_properties_are_a_header(fields: dict[str, bytes]) -> None:
    check(raw.properties(fields))


def test_a_header_as_deep_and_as_long_as_a_frame_is_one() -> None:
    for value in (raw.nested_tables(18_000), raw.nested_arrays(26_000), raw.long(b"x" * 130_000)):
        check(raw.properties({"headers": raw.table([(b"a", value)])}))


def test_very_many_headers_can_be_written_again() -> None:
    many = [(f"{it:x}".encode(), b"b\x01") for it in range(19_000)]
    check(raw.properties({"headers": raw.table(many), "type": raw.short(b"x" * 255)}))
