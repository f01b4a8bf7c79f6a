"""A reply costs its reader no more than the limit says, whoever sends it."""

import threading
from collections.abc import Iterator
from socketserver import BaseRequestHandler, ThreadingTCPServer, ThreadingUnixStreamServer
from tempfile import TemporaryDirectory

import pytest

from rpcgen_runtime import NO_RETRY, BadReply
from tests.runtime.generated.new.trial.work.v1 import WorkClient
from tests.runtime.places import Place
from tests.runtime.promises.endpoints import Worker

LIMIT = 5_000
OVERHEAD = len('{"jsonrpc":"2.0","id":1,"result":""}')


class Endless(BaseRequestHandler):
    """Answers with more and more, until nobody wants it."""

    head = b"transfer-encoding: chunked\r\n\r\n"

    def handle(self) -> None:
        self.request.recv(65_536)
        try:
            self.request.sendall(
                b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n" + self.head
            )
            while True:
                self.request.sendall(b"400\r\n" + b"x" * 1_024 + b"\r\n")
        except OSError:
            return


class Promising(Endless):
    """Says beforehand how much it will be."""

    head = b"content-length: 1000000000000000\r\n\r\n"


class _Tcp(ThreadingTCPServer):
    daemon_threads = True


class _Unix(ThreadingUnixStreamServer):
    daemon_threads = True


@pytest.fixture(params=["endless", "promising"])
def flood(request: pytest.FixtureRequest, place: Place) -> Iterator[str]:
    handler = Endless if request.param == "endless" else Promising
    with TemporaryDirectory() as folder:
        path = f"{folder}/s"
        server = _Unix(path, handler) if "unix" in place.scheme else _Tcp(("127.0.0.1", 0), handler)
        with server:
            thread = threading.Thread(target=server.serve_forever, args=(0.01,))
            thread.start()
            at = f"http+unix://{path}" if "unix" in place.scheme else None
            yield at or f"http://127.0.0.1:{server.socket.getsockname()[1]}/"
            server.shutdown()
            thread.join()


def test_a_flood_is_not_read(place: Place, flood: str) -> None:
    if not place.is_http:
        return  # nothing floods from within
    client = place.client(WorkClient, flood, retry=NO_RETRY, max_reply=LIMIT)
    with pytest.raises(BadReply, match="answered with more than 5,000 bytes"):
        client.run("x")


def test_the_limit_itself_is_read(place: Place) -> None:
    server = place.serve(Worker(lambda _, size: "x" * int(size)))
    client = place.client(WorkClient, server, retry=NO_RETRY, max_reply=LIMIT)
    fitting = LIMIT - OVERHEAD
    assert len(client.run(str(fitting))) == fitting
    if place.is_http:
        with pytest.raises(BadReply, match="answered with more than"):
            client.run(str(fitting + 1))
    with pytest.raises(ValueError, match="`max_reply` is 0; accepted: bytes from 1 on"):
        place.transport(server.url, max_reply=0)
