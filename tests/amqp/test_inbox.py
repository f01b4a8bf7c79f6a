"""A delivery is read in one pass where all of it is there, and then as frame by frame."""

import struct
from typing import TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rpcgen_runtime.amqp import frames
from rpcgen_runtime.amqp.inbox import Inbox
from rpcgen_runtime.amqp.messages import Message
from tests.amqp import raw

CHANNEL, TAG = 7, 2**40
Taken: TypeAlias = list[tuple[int, bool, Message]]

GOOD = {
    "content_type": raw.short(b"application/json"),
    "headers": raw.table([(b"token", raw.long(b"t")), (b"deadline-ms", raw.whole(-1))]),
    "delivery_mode": b"\1",
    "correlation_id": raw.short(b"m"),
    "expiration": raw.short(b"60000"),
    "type": raw.short(b"call Work.run 1.0"),
}


def framed(kind: int, payload: bytes, channel: int = CHANNEL) -> bytes:
    """Return a frame."""
    return struct.pack(">BHI", kind, channel, len(payload)) + payload + frames.END


def delivery(properties: bytes, *bodies: bytes, size: int | None = None) -> list[bytes]:
    """Return the frames of a delivery, whose body is in as many as are given."""
    names = raw.short(b"ctag"), struct.pack(">QB", TAG, 1), raw.short(b"e"), raw.short(b"k")
    size = sum(map(len, bodies)) if size is None else size
    return [
        framed(frames.METHOD_FRAME, struct.pack(">I", frames.DELIVER) + b"".join(names)),
        framed(frames.HEADER_FRAME, struct.pack(">HHQ", frames.BASIC, 0, size) + properties),
        *(framed(frames.BODY_FRAME, it) for it in bodies),
    ]


def inbox() -> tuple[Inbox, Taken]:
    """Return one, and where what it takes goes."""
    made, taken = Inbox(), Taken()
    made.on_delivered = lambda tag, again, message: taken.append((tag, again, message))
    return made, taken


def frame_by_frame(sent: list[bytes]) -> Taken:
    """Return what becomes of frames that come one after the other."""
    made, taken = inbox()
    for each in sent:
        assert made.take(each[0], each, 7, len(each) - 1)
    return taken


@settings(max_examples=500, deadline=None)
@given(
    st.binary(max_size=40) | st.just(raw.properties(GOOD)), st.binary(max_size=20),
    st.binary(max_size=9), st.binary(max_size=9),
)  # fmt: skip
def test_at_once_is_as_frame_by_frame(
    properties: bytes, body: bytes, before: bytes, after: bytes
) -> None:
    sent = delivery(properties, *([body] if body else []))
    whole = b"".join(sent)
    made, taken = inbox()
    end = made.take_whole(before + whole + after, len(before))
    assert end in {0, len(before) + len(whole)}
    if end:
        assert taken == frame_by_frame(sent)
    else:
        assert not taken


def test_what_a_client_sends_is_read_at_once() -> None:
    whole = b"".join(delivery(raw.properties(GOOD), b"{}"))
    made, taken = inbox()
    assert made.take_whole(whole, 0) == len(whole)
    [(tag, is_redelivered, message)] = taken
    assert (tag, is_redelivered, message.body) == (TAG, True, b"{}")
    assert message.headers == {"token": "t", "deadline-ms": -1}
    assert message.expires_ms == 60_000


def test_a_part_of_a_delivery_is_left_for_later() -> None:
    whole = b"".join(delivery(raw.properties(GOOD), b"{}"))
    for cut in range(len(whole)):
        made, taken = inbox()
        assert (made.take_whole(whole[:cut], 0), taken) == (0, []), cut


DELIVER, HEADER, BODY = delivery(raw.properties(GOOD), b"{}")


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param([DELIVER, HEADER[:2] + b"\x08" + HEADER[3:], BODY], id="another's header"),
        pytest.param([DELIVER, HEADER, BODY[:2] + b"\x08" + BODY[3:]], id="another's body"),
        pytest.param([DELIVER, framed(8, b"", 0), HEADER, BODY], id="a heartbeat between"),
        pytest.param(delivery(raw.properties(GOOD), b"{", b"}"), id="a body in two frames"),
        pytest.param(delivery(raw.properties(GOOD)), id="no body"),
        pytest.param(delivery(b"", b"{}", size=2**63), id="a body without end"),
        pytest.param([DELIVER[:-1] + b"x", HEADER, BODY], id="a method without its end"),
        pytest.param([DELIVER, HEADER[:-1] + b"x", BODY], id="a header without its end"),
        pytest.param([DELIVER, HEADER, BODY[:-1] + b"x"], id="a body without its end"),
    ],
)
def test_what_is_not_three_frames_in_a_row_is_not_taken_at_once(sent: list[bytes]) -> None:
    made, taken = inbox()
    assert (made.take_whole(b"".join(sent) * 2, 0), taken) == (0, [])


def test_an_answer_goes_to_who_asked_and_else_to_pika() -> None:
    answer = framed(frames.METHOD_FRAME, struct.pack(">I", frames.QOS_OK))
    made, answered = Inbox(), list[bool]()
    assert not made.take(answer[0], answer, 7, len(answer) - 1)
    made.on_answer = lambda: answered.append(True)
    assert made.take(answer[0], answer, 7, len(answer) - 1)
    assert answered == [True]
