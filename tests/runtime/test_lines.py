"""Connections of our clients: when one is used again, and when it must not be."""

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field

import pytest

from rpcgen_runtime import (
    NO_RETRY,
    BadReply,
    ConnectionLost,
    Context,
    InvalidRequest,
    Unreachable,
    connect,
    connect_async,
)
from rpcgen_runtime.http import network
from tests.runtime.generated.new.trial.work.v1 import AsyncWorkClient, WorkClient
from tests.runtime.places import PATIENCE, Aside, Place, eventually, in_threads
from tests.runtime.promises.endpoints import Worker

RESULT = b'{"jsonrpc":"2.0","id":%d,"result":"%d"}'


@dataclass
class Peer:
    """A server that does with each connection as it is told."""

    url: str = ""
    connections: int = 0
    requests: list[bytes] = field(default_factory=list)


@contextmanager
def _peer(behave: Callable[[Peer, socket.socket], None]) -> Iterator[Peer]:
    """Serve connections, each in a thread, until none is open any more."""
    peer = Peer()
    with ExitStack() as ends, socket.create_server(("127.0.0.1", 0)) as listening:
        peer.url = f"http://127.0.0.1:{listening.getsockname()[1]}/"

        def each(connection: socket.socket) -> None:
            with connection, suppress(OSError):
                connection.settimeout(PATIENCE)
                behave(peer, connection)

        def accept() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                peer.connections += 1
                thread = threading.Thread(target=each, args=(connection,))
                ends.callback(thread.join, PATIENCE)
                thread.start()

        accepting = threading.Thread(target=accept)
        accepting.start()
        try:
            yield peer
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            accepting.join(PATIENCE)


def _read(peer: Peer, connection: socket.socket) -> int:
    """Read a request; return its number. Raises OSError at the end."""
    text = b""
    while not text.endswith(b"}"):
        piece = connection.recv(65_536)
        if not piece:
            raise ConnectionError
        text += piece
    peer.requests.append(text)
    return len(peer.requests)


def _answered(number: int, more: bytes = b"") -> bytes:
    body = RESULT % (number, number)
    return b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n%b\r\n%b" % (len(body), more, body)


def test_one_caller_has_one_connection(http_place: Place) -> None:
    def behave(peer: Peer, connection: socket.socket) -> None:
        while True:
            connection.sendall(_answered(_read(peer, connection)))

    with _peer(behave) as peer:
        client = http_place.client(WorkClient, peer.url)
        assert [client.run("x") for _ in range(5)] == ["1", "2", "3", "4", "5"]
        http_place.close()
        assert peer.connections == 1


@pytest.mark.parametrize("how", ["closed", "surplus", "told"])
def test_a_connection_that_is_not_as_it_was_left_is_not_used(http_place: Place, how: str) -> None:
    ended = threading.Semaphore(0)

    def behave(peer: Peer, connection: socket.socket) -> None:
        more = b"connection: close\r\n" if how == "told" else b""
        connection.sendall(_answered(_read(peer, connection), more))
        if how == "surplus":
            # A reply to nothing must not become that of the next request.
            connection.sendall(_answered(2))
            ended.release()
            assert connection.recv(1) == b""
            return
        connection.close()
        ended.release()

    with _peer(behave) as peer:
        client = http_place.client(WorkClient, peer.url, retry=NO_RETRY)
        for number in (1, 2, 3):
            assert client.run("x") == str(number)
            assert ended.acquire(timeout=PATIENCE)
            http_place.aside.run(_turn())
        http_place.close()
        assert peer.connections == 3


async def _turn() -> None:
    """Let an event loop see what has come."""
    from asyncio import sleep

    await sleep(0.02)


def test_an_idle_connection_is_not_kept_for_ever(
    http_place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("sockets", "streams"):
        monkeypatch.setattr(f"rpcgen_runtime.http.{module}.IDLE_SECONDS", 0.05)

    def behave(peer: Peer, connection: socket.socket) -> None:
        while True:
            connection.sendall(_answered(_read(peer, connection)))

    with _peer(behave) as peer:
        client = http_place.client(WorkClient, peer.url)
        client.run("x")
        time.sleep(0.1)  # longer than that
        client.run("x")
        http_place.close()
        assert peer.connections == 2


def test_a_body_that_is_refused_halfway_is_told_why(http_place: Place) -> None:
    def behave(_peer: Peer, connection: socket.socket) -> None:
        connection.recv(1_000)
        connection.sendall(
            b"HTTP/1.1 413 Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
        )
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(1 << 20):
            pass

    with _peer(behave) as peer:
        client = http_place.client(WorkClient, peer.url, retry=NO_RETRY)
        with pytest.raises(InvalidRequest, match="so large a request"):
            client.run("x" * 10_000_000)
        http_place.close()


def test_a_name_that_nobody_has_is_not_executed(http_place: Place) -> None:
    for name in ("nobody.invalid", "a..b", "x" * 64 + ".invalid"):
        client = http_place.client(WorkClient, f"http://{name}:1/", retry=NO_RETRY)
        with pytest.raises(
            Unreachable, match=rf"no connection \(.+\): `Work\.run` at http://{name}"
        ):
            client.run("x")


def test_more_calls_than_connections_wait_for_one(
    http_place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("sockets", "streams"):
        monkeypatch.setattr(f"rpcgen_runtime.http.{module}.MAX_REQUESTS", 2)
    running, most = set[str](), 0

    def run(_context: Context, name: str) -> str:
        nonlocal most
        running.add(name)
        most = max(most, len(running))
        time.sleep(0.01)
        running.discard(name)
        return name

    client = http_place.client(WorkClient, http_place.serve(Worker(run)))
    results: list[str] = []
    with in_threads(12, lambda number: results.append(client.run(str(number)))):
        pass
    assert sorted(results, key=int) == [str(it) for it in range(12)]
    assert most == 2
    assert network.MAX_REQUESTS == 1_024


def test_closing_ends_calls_that_wait(http_place: Place) -> None:
    begun, free = threading.Event(), threading.Event()

    def run(_context: Context, name: str) -> str:
        begun.set()
        assert free.wait(PATIENCE)
        return name

    server = http_place.serve(Worker(run))
    transport = http_place.transport(server.url, retry=NO_RETRY)
    client = http_place.stub(WorkClient, transport)
    outcomes: list[object] = []

    def call(_number: int) -> None:
        try:
            outcomes.append(client.run("x"))
        except ConnectionLost as error:
            outcomes.append(error)

    with in_threads(1, call):
        assert begun.wait(PATIENCE)
        closed = transport.close()
        if closed is not None:
            http_place.aside.run(closed)
        assert eventually(lambda: len(outcomes) == 1)
        free.set()
    assert isinstance(outcomes[0], ConnectionLost)


def test_a_call_that_is_given_up_takes_its_connection_with_it(aside: Aside) -> None:
    """Else the next call on it would get the reply."""

    async def main(url: str) -> None:
        from asyncio import timeout

        async with connect_async(url, retry=NO_RETRY) as transport:
            client = AsyncWorkClient(transport)
            for _ in range(3):
                with suppress(TimeoutError):
                    async with timeout(0.02):
                        await client.run("slow")
                assert await client.run("quick") == "quick"

    def run(_context: Context, name: str) -> str:
        if name == "slow":
            time.sleep(0.05)
        return name

    place = Place("http", "async", aside)
    try:
        aside.run(main(place.serve(Worker(run)).url))
    finally:
        place.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_two_processes_do_not_share_a_connection(aside: Aside) -> None:
    place = Place("http", "sync", aside)
    try:
        server = place.serve(Worker())
        with connect(server.url) as transport:
            client = WorkClient(transport)
            assert client.run("x") == "x"
            child = os.fork()
            if child == 0:
                is_right = all(client.run(f"child {it}") == f"child {it}" for it in range(200))
                os._exit(0 if is_right else 1)
            for number in range(200):
                assert client.run(f"parent {number}") == f"parent {number}"
            assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    finally:
        place.close()


def test_what_does_not_speak_http_is_told(http_place: Place) -> None:
    def behave(_peer: Peer, connection: socket.socket) -> None:
        connection.sendall(b"220 mail.example ESMTP\r\n")
        connection.recv(1_000)

    with _peer(behave) as peer:
        client = http_place.client(WorkClient, peer.url, retry=NO_RETRY)
        with pytest.raises((BadReply, ConnectionLost)):
            client.run("x")
        http_place.close()
