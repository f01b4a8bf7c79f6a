"""Connections of our own server: what they make of wishes that are not HTTP/1.1's."""

import email.utils
import re
import socket
import time
from collections.abc import Iterator

import pytest

from rpcgen_runtime import Server
from tests.runtime.places import PATIENCE, post
from tests.runtime.promises.endpoints import Worker

BODY = b'{"jsonrpc":"2.0","id":1,"method":"Work.run","params":["x"]}'
HEAD = b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
H2C = b"connection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABk\r\n"
WEBSOCKET = b"connection: keep-alive, Upgrade\r\nupgrade: websocket\r\n"
LENGTH = b"content-length: %d\r\n\r\n" % len(BODY)
CHUNKS = b"transfer-encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(BODY), BODY)


@pytest.fixture
def server() -> Iterator[Server]:
    with Server("http://127.0.0.1:0", [Worker()]) as running:
        yield running


def _said(server: Server, pieces: list[bytes], answers: int) -> list[bytes]:
    host, _, port = server.url.split("/")[2].partition(":")
    found = b""
    with socket.create_connection((host, int(port)), PATIENCE) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in pieces:
            connection.sendall(piece)
            time.sleep(0.02)
        while found.count(b'"result":"x"') < answers:
            piece = connection.recv(65_536)
            if not piece:
                break
            found += piece
    return re.findall(rb"HTTP/1\.1 (\d+)", found)


@pytest.mark.parametrize("wish", [H2C, WEBSOCKET], ids=["h2c", "websocket"])
@pytest.mark.parametrize("cut", [0, 10, 90, -5])
def test_a_wish_for_another_protocol_is_ignored(server: Server, wish: bytes, cut: int) -> None:
    for text in (HEAD + wish + LENGTH + BODY, HEAD + wish + CHUNKS):
        pieces = [text[:cut], text[cut:]] if cut else [text]
        assert _said(server, pieces, 1) == [b"200"]


def test_the_next_request_on_the_connection_is_read_too(server: Server) -> None:
    asking, plain = HEAD + H2C + LENGTH + BODY, HEAD + LENGTH + BODY
    assert _said(server, [asking + plain + asking], 3) == [b"200"] * 3


@pytest.mark.parametrize(
    ("text", "status"),
    [
        (b"CONNECT / HTTP/1.1\r\nhost: localhost\r\n\r\n", b"405"),
        (b"CONNECT localhost:80 HTTP/1.1\r\nhost: localhost\r\n\r\n", b"405"),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"400"),
        (
            b"GET /%s HTTP/1.1\r\nhost: localhost\r\n" % (b"x" * 20_000) + WEBSOCKET + b"\r\n",
            b"431",
        ),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"400"),
    ],
    ids=["connect", "connect-authority", "http-2", "long-upgrade", "tls"],
)
def test_what_is_no_request_for_us_ends_the_connection(
    server: Server, text: bytes, status: bytes
) -> None:
    assert _said(server, [text], 1) == [status]
    assert _said(server, [HEAD + LENGTH + BODY], 1) == [b"200"]


def test_answers_have_a_date(server: Server) -> None:
    for answer in (post(server.url, BODY), post(server.url, b"", verb="GET")):
        told = email.utils.parsedate_to_datetime(answer.headers["date"]).timestamp()
        assert abs(told - time.time()) < PATIENCE
