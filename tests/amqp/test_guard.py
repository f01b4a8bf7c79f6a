"""Any content header is read, whatever stands in it; what is put elsewhere can be written again."""

import struct
from contextlib import suppress
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from rpcgen_runtime.amqp import moved, wire
from rpcgen_runtime.amqp.guard import Unreadable, _header
from rpcgen_runtime.amqp.translation import message_of, properties_of
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
NAMES = st.binary(max_size=255) | st.sampled_from([b"method", b"attempt", b"x-delivery-count"])
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
        "type": SHORTS | st.just(raw.short(b"call")),
        "user_id": SHORTS,
    },
)


def check(properties: bytes) -> None:
    """Read a header and what follows from it, as a server does."""
    header = _header(1, HEAD.pack(60, 0, 5) + properties)
    assert header.body_size == 5
    message = message_of(header.properties, b"12345")
    assert message.is_unreadable is isinstance(header.properties, Unreadable)
    with suppress(wire.Unusable):
        wire.decode_request(message, max_body=100, work_timeout=1.0)
    for other in (moved.dead(message, "reason", "origin"), moved.again(message, 1)):
        assert sum(map(len, properties_of(other).encode())) < raw.FRAME_MAX


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
