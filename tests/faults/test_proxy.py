"""What each toxic does to bytes between two sockets, and that AMQP and HTTP pass."""

import http.client
import http.server
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing

import pika
import pytest

from tests.broker.reached import Broker
from tests.faults.proxy import (
    Bandwidth,
    Latency,
    LimitData,
    Proxy,
    ResetPeer,
    Slicer,
    SlowClose,
    Timeout,
    Toward,
)
from tests.runtime.places import PATIENCE, eventually


class Echo:
    """Sends back what it gets, and says good bye when it hears it."""

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def close(self) -> None:
        # Wakes a thread that waits for a connection, as closing does not.
        self._listening.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listening.close()

    def _serve(self) -> None:
        threads: list[threading.Thread] = []
        try:
            while True:
                connection, _ = self._listening.accept()
                threads.append(threading.Thread(target=self._talk, args=[connection]))
                threads[-1].start()
        except OSError:
            for thread in threads:
                thread.join()

    def _talk(self, connection: socket.socket) -> None:
        with connection:
            try:
                while data := connection.recv(65_536):
                    connection.sendall(data)
            except OSError:
                return


@pytest.fixture
def echo() -> Iterator[Echo]:
    with closing(Echo()) as made:
        yield made


@pytest.fixture
def proxy(echo: Echo) -> Iterator[Proxy]:
    with Proxy("127.0.0.1", echo.port) as made:
        yield made


@pytest.fixture
def talk(proxy: Proxy) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", proxy.port), PATIENCE) as made:
        yield made


def said(talk: socket.socket, words: bytes) -> bytes:
    """Say it, and return as much of what is heard."""
    talk.sendall(words)
    heard = b""
    while len(heard) < len(words) and (data := talk.recv(65_536)):
        heard += data
    return heard


def seconds_for(talk: socket.socket, words: bytes) -> float:
    began = time.monotonic()
    assert said(talk, words) == words
    return time.monotonic() - began


def test_everything_passes_and_is_counted(proxy: Proxy, talk: socket.socket) -> None:
    words = bytes(range(256)) * 10_000
    sender = threading.Thread(target=talk.sendall, args=[words])
    sender.start()
    heard = b""
    while len(heard) < len(words):
        heard += talk.recv(65_536)
    sender.join()
    assert heard == words
    counts = proxy.counts()
    assert (counts.connections, counts.open) == (1, 1)
    assert (counts.to_server, counts.to_client) == (len(words), len(words))


def test_an_end_passes_after_what_was_said_before_it(talk: socket.socket) -> None:
    talk.sendall(b"x" * 100_000)
    talk.shutdown(socket.SHUT_WR)
    heard = b""
    while data := talk.recv(65_536):
        heard += data
    assert len(heard) == 100_000


def test_latency_adds_up_over_both_directions(proxy: Proxy, talk: socket.socket) -> None:
    proxy.add("far", Latency(0.15))
    assert 0.3 <= seconds_for(talk, b"hello") < 1
    proxy.add("far", Latency(0.15, jitter=0.1), Toward.SERVER)
    assert 0.05 <= seconds_for(talk, b"hello") < 0.3
    proxy.remove("far")
    assert seconds_for(talk, b"hello") < 0.1


def test_jitter_keeps_the_order(proxy: Proxy, talk: socket.socket) -> None:
    proxy.add("far", Latency(0.02, jitter=0.02))
    proxy.add("bits", Slicer(3))
    assert said(talk, bytes(range(200))) == bytes(range(200))


def test_bandwidth_bounds_one_direction(proxy: Proxy, talk: socket.socket) -> None:
    proxy.add("thin", Bandwidth(100_000), Toward.CLIENT)
    assert 0.45 <= seconds_for(talk, b"x" * 50_000) < 1.5


def test_a_slicer_lets_bytes_come_one_by_one(proxy: Proxy, talk: socket.socket) -> None:
    proxy.add("bits", Slicer(1, pause=0.01), Toward.CLIENT)
    assert seconds_for(talk, b"0123456789") >= 0.1


def test_after_a_timeout_nothing_comes_and_all_stays_open(
    proxy: Proxy, talk: socket.socket
) -> None:
    assert said(talk, b"before") == b"before"
    proxy.add("dead", Timeout())
    talk.settimeout(0.3)
    with pytest.raises(TimeoutError):
        said(talk, b"meanwhile")
    assert proxy.counts().open == 1
    talk.settimeout(PATIENCE)
    proxy.remove("dead")
    assert talk.recv(100) == b"meanwhile"


def test_nobody_hears_of_a_reset_during_a_timeout(proxy: Proxy, talk: socket.socket) -> None:
    assert said(talk, b"before") == b"before"
    proxy.add("dead", Timeout(), Toward.SERVER)
    talk.close()
    time.sleep(0.2)  # in which it would have been heard
    assert proxy.counts().open == 1
    proxy.remove("dead")
    assert eventually(lambda: proxy.counts().open == 0)


def test_a_reset_is_one(proxy: Proxy, talk: socket.socket) -> None:
    assert said(talk, b"before") == b"before"
    proxy.add("reset", ResetPeer())
    with pytest.raises(ConnectionResetError):
        talk.recv(1)


def test_data_is_cut_in_the_middle(proxy: Proxy, talk: socket.socket) -> None:
    proxy.add("cut", LimitData(7), Toward.CLIENT)
    assert said(talk, b"0123") == b"0123"
    assert said(talk, b"456789") == b"456"


def test_a_slow_close_comes_late(proxy: Proxy, talk: socket.socket) -> None:
    proxy.add("slow", SlowClose(0.3), Toward.SERVER)
    talk.shutdown(socket.SHUT_WR)
    began = time.monotonic()
    assert talk.recv(1) == b""
    assert time.monotonic() - began >= 0.29


def test_what_is_down_refuses_until_it_is_up(proxy: Proxy, talk: socket.socket) -> None:
    assert said(talk, b"before") == b"before"
    proxy.down()
    assert talk.recv(1) == b""
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", proxy.port), PATIENCE)
    proxy.up()
    with socket.create_connection(("127.0.0.1", proxy.port), PATIENCE) as again:
        assert said(again, b"after") == b"after"


def test_nobody_behind_it_is_a_connection_that_ends(echo: Echo) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with (
        Proxy("127.0.0.1", port) as proxy,
        socket.create_connection(("127.0.0.1", proxy.port), PATIENCE) as talk,
    ):
        assert talk.recv(1) == b""


class Hello(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"hello")

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def test_http_passes() -> None:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hello)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        with Proxy("127.0.0.1", server.server_port) as proxy:
            client = http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=PATIENCE)
            client.request("GET", "/")
            assert client.getresponse().read() == b"hello"
            client.close()
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_amqp_passes_in_pieces(broker: Broker, vhost_url: str) -> None:
    there = pika.URLParameters(vhost_url)
    with Proxy(there.host, there.port) as proxy:
        proxy.add("bits", Slicer(1))
        here = pika.URLParameters(vhost_url)
        here.host, here.port = "127.0.0.1", proxy.port
        connection = pika.BlockingConnection(here)
        channel = connection.channel()
        channel.queue_declare("work")
        channel.basic_publish("", "work", b"hello")
        assert channel.basic_get("work", auto_ack=True)[2] == b"hello"
        connection.close()
