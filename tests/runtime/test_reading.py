"""Answers are read as HTTP/1.1 has them, in whatever pieces they come."""

import pytest

from rpcgen_runtime.http.exchange import Answer
from rpcgen_runtime.http.reading import MAX_HEAD, Reader, TooLarge, Unreadable

OURS = b"HTTP/1.1 200 OK\r\nRpcgen-Version: 1.2\r\nrpcgen-server: node-7\r\n"
PLAIN = OURS + b"content-length: 3\r\n\r\nabc"
CHUNKS = (
    OURS
    + b"transfer-encoding: chunked\r\n\r\n1;x=y\r\na\r\n2\r\nbc\r\n0\r\nrpcgen-server: x\r\n\r\n"
)
ANSWER = Answer(200, "1.2", "node-7", b"abc")


def _fed(reader: Reader, data: bytes, size: int) -> Answer | None:
    answer = None
    for at in range(0, len(data), size):
        answer = reader.feed(data[at : at + size])
    return answer


@pytest.mark.parametrize("size", [1, 7, 1_000])
@pytest.mark.parametrize(
    ("data", "answer"),
    [
        (PLAIN, ANSWER),
        (CHUNKS, ANSWER),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nx: y\r\n\r\n" + PLAIN, ANSWER),
        (b"HTTP/1.1 204 No Content\r\n\r\n", Answer(204, None, None, b"")),
        (b"HTTP/1.1 503 X\r\nContent-Length: 0\r\n\r\n", Answer(503, None, None, b"")),
    ],
    ids=["plain", "chunks", "interim", "nothing", "empty"],
)
def test_an_answer_and_another_one(data: bytes, answer: Answer, size: int) -> None:
    reader = Reader(3)
    for _ in range(3):
        reader.expect()
        assert not reader.may_go_on
        assert _fed(reader, data, size) == answer
        assert reader.may_go_on


@pytest.mark.parametrize("size", [1, 1_000])
@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.0 200 OK\r\ncontent-length: 3\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 3\r\n\r\nabc",
    ],
    ids=["1.0", "close"],
)
def test_after_some_answers_the_connection_is_not_used_again(data: bytes, size: int) -> None:
    reader = Reader(3)
    answer = _fed(reader, data, size)
    assert answer is not None
    assert answer.body == b"abc"
    assert not reader.may_go_on


@pytest.mark.parametrize("surplus", [PLAIN, b"x", b"\r\n\0"])
def test_what_comes_unasked_makes_no_answer_of_the_next_request(surplus: bytes) -> None:
    reader = Reader(3)
    assert reader.feed(PLAIN + surplus) == ANSWER
    assert not reader.may_go_on


def test_an_answer_may_end_with_its_connection() -> None:
    reader = Reader(3)
    assert reader.feed(OURS + b"\r\nab") is None
    assert reader.feed(b"c") is None
    assert reader.finish() == ANSWER
    assert not reader.may_go_on


@pytest.mark.parametrize("whole", [PLAIN, CHUNKS], ids=["plain", "chunks"])
def test_one_that_says_its_length_may_not(whole: bytes) -> None:
    for end in range(len(whole)):
        reader = Reader(3)
        reader.feed(whole[:end])
        assert reader.finish() is None


@pytest.mark.parametrize(
    "data",
    [
        OURS + b"content-length: 4\r\n\r\n",
        OURS + b"transfer-encoding: chunked\r\n\r\n4\r\nabcd\r\n",
        OURS + b"\r\nabcd",
        OURS + b"content-length: 99999999999999999\r\n\r\n",
    ],
    ids=["told", "chunks", "to-the-end", "huge"],
)
def test_a_larger_body_is_not_read(data: bytes) -> None:
    for size in (1, 1_000):
        with pytest.raises(TooLarge):
            _fed(Reader(3), data, size)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"SSH-2.0-x\r\n", "Expected HTTP/"),
        (b"HTTP/1.1 OK\r\n\r\n", "status code"),
        (b"HTTP/1.1 101 X\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n", "changes the protocol"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n", "Content-Length"),
        (
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ncontent-length: 2\r\n\r\n",
            "Content-Length",
        ),
        (b"HTTP/1.1 200 OK\r\na: b\r\n c\r\n\r\n", "whitespace"),
        (b"HTTP/1.1 200 OK\r\na: " + b"b" * MAX_HEAD, "more than 65,536 bytes"),
        (b"HTTP/1.1 100 X\r\n\r\n" * MAX_HEAD, "more than 65,536 bytes"),
    ],
    ids=["ssh", "status", "upgrade", "lengths", "smuggled", "folded", "endless", "interim"],
)
def test_what_is_no_answer_is_told(data: bytes, told: str) -> None:
    with pytest.raises(Unreadable, match=told):
        _fed(Reader(3), data, 4_000)
