"""What travels beside the envelope is read as it was written."""

import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rpcgen_runtime import Deadline, Target
from rpcgen_runtime.http import headers
from rpcgen_runtime.messages import Request, Verb


def _request(data: dict[str, str], timeout: float = 10.0) -> Request:
    return Request(
        verb=Verb.CALL,
        name="a.b",
        params=b"{}",
        version="1.2",
        deadline=Deadline.after(timeout),
        message_id="a" * 32,
        traceparent=f"00-{'1' * 32}-{'2' * 16}-01",
        data=data,
        target=Target(topic="t", server="s"),
    )


@settings(derandomize=True, max_examples=100, deadline=None)
@given(
    st.dictionaries(
        st.text(st.characters(codec="utf-8")), st.text(st.characters(codec="utf-8")), max_size=4
    )
)
def test_what_is_written_is_read(data: dict[str, str]) -> None:
    written = headers.encode(_request(data))
    assert all(it.isascii() and it.isprintable() for it in written.values())
    read = headers.decode(written)
    assert dict(read.data) == data
    assert (read.version, read.message_id) == ("1.2", "a" * 32)
    assert read.traceparent == written["traceparent"]
    assert 9 < read.deadline.remaining() <= 10.001


def test_nothing_is_needed() -> None:
    read = headers.decode({})
    assert (read.version, read.traceparent, dict(read.data)) == (None, None, {})
    assert 59 < read.deadline.remaining() <= 60
    assert len(read.message_id) == 32


def test_a_deadline_that_has_passed_still_travels_as_a_millisecond() -> None:
    assert headers.encode(_request({}, -1.0))["rpcgen-timeout-ms"] == "1"


@pytest.mark.parametrize("wrong", ["", "-1", "1.0", "1e3", "x", "9" * 13, "٣"])
def test_a_timeout_that_is_none_is_refused(wrong: str) -> None:
    with pytest.raises(headers.HeaderError, match="`rpcgen-timeout-ms` is not a whole number"):
        headers.decode({"rpcgen-timeout-ms": wrong})


@pytest.mark.parametrize("wrong", ["", "a b", "x" * 65, "a\nb", "ä"])
def test_a_message_id_that_is_none_is_replaced(wrong: str) -> None:
    found = headers.decode({"rpcgen-id": wrong}).message_id
    assert len(found) == 32
    assert set(found) <= set(string.hexdigits)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("application/json", ("application/json", "utf-8")),
        ("Application/JSON; charset=UTF-8", ("application/json", "utf-8")),
        ('application/json;charset="utf8"', ("application/json", "utf8")),
        ("text/plain; x=y; charset=latin-1", ("text/plain", "latin-1")),
        ("", ("", "utf-8")),
    ],
)
def test_a_content_type_is_read(text: str, expected: tuple[str, str]) -> None:
    assert headers.media_type(text) == expected
