"""Whether a process lives and takes requests, told on a port of its own."""

import asyncio
import http.client
import json
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from rpcgen_runtime import Context, DrainTimeout, RpcError, Server, connect
from rpcgen_runtime.acceptors import telling_health
from rpcgen_runtime.http.application import Application
from rpcgen_runtime.http.health import told
from rpcgen_runtime.http.limits import HttpLimits
from rpcgen_runtime.http.server import HttpAcceptor
from rpcgen_runtime.memory.hub import hub
from rpcgen_runtime.memory.server import MemoryAcceptor
from rpcgen_runtime.transport import Acceptor
from rpcgen_runtime.url import parse_url
from tests.runtime.generated.new.trial.work.v1 import WorkClient
from tests.runtime.places import PATIENCE, eventually, post
from tests.runtime.promises.endpoints import Worker
from tests.telemetry.commands import ANYWHERE, served, told_url

OK = (200, {"status": "ok"})


def _get(url: str, path: str) -> tuple[int, object]:
    parts = urlsplit(url)
    with closing(
        http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=PATIENCE)
    ) as connection:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())


def _is_closed(url: str) -> bool:
    parts = urlsplit(url)
    with suppress(ConnectionRefusedError):
        socket.create_connection((parts.hostname, parts.port or 0), PATIENCE).close()
        return False
    return True


@contextmanager
def _busy(server: Server, free: threading.Event) -> Iterator[None]:
    """Have a call under way inside; it ends once `free` is set."""

    def call() -> None:
        with suppress(RpcError):  # where the server does not wait for it
            WorkClient(transport).run("a")

    with connect(server.url) as transport:
        calling = threading.Thread(target=call)
        calling.start()
        assert eventually(lambda: server.in_flight == 1)
        try:
            yield
        finally:
            free.set()
            calling.join(PATIENCE)


@pytest.mark.parametrize("scheme", ["memory", "http"])
def test_it_is_told_until_what_was_begun_is_done(scheme: str) -> None:
    free = threading.Event()

    def run(ctx: Context, name: str) -> str:
        free.wait(PATIENCE)
        return name

    url = ANYWHERE if scheme == "http" else f"memory://{uuid4().hex}"
    server = Server(url, [Worker(run)], health=ANYWHERE)
    server.start()
    health = server.health_url
    assert health is not None
    assert health != server.url
    assert _get(health, "/healthz") == _get(health, "/readyz") == OK
    with _busy(server, free):
        stopping = threading.Thread(target=server.stop)
        stopping.start()
        draining = (503, {"status": "draining"})
        assert eventually(lambda: _get(health, "/readyz") == draining)
        assert _get(health, "/healthz") == OK
        stopping.join(PATIENCE)
        assert _get(health, "/readyz") == draining
    server.wait()
    assert _is_closed(health)


def test_it_ends_with_a_server_that_cannot_be_drained() -> None:
    free = threading.Event()
    server = Server(
        f"memory://{uuid4().hex}",
        [Worker(lambda _, it: str(free.wait(PATIENCE)) + it)],
        health=ANYWHERE,
    )
    server.start()
    health = server.health_url
    assert health is not None
    with _busy(server, free):
        server.stop()
        with pytest.raises(DrainTimeout):
            server.wait(0.05)
        assert _is_closed(health)


def test_it_is_told_on_the_event_loop_of_the_server() -> None:
    async def serve() -> None:
        server = Server(f"memory://{uuid4().hex}", [Worker()], health=ANYWHERE)
        async with server:
            assert server.health_url is not None
            assert await asyncio.to_thread(_get, server.health_url, "/readyz") == OK

    asyncio.run(serve())


def _acceptors() -> list[Acceptor]:
    application = Application([Worker()])
    return [
        HttpAcceptor(parse_url(ANYWHERE), application, HttpLimits(), None),
        MemoryAcceptor(hub(uuid4().hex), [], application.dispatcher.handle, "a", "a"),
    ]


@pytest.mark.parametrize("number", [0, 1], ids=["http", "memory"])
def test_an_acceptor_says_why_it_is_not_ready(number: int) -> None:
    async def live() -> None:
        acceptor = _acceptors()[number]
        health = telling_health(parse_url(ANYWHERE), acceptor)
        await health.start()

        async def seen() -> object:
            return await asyncio.to_thread(_get, health.url, "/readyz")

        assert await seen() == (503, {"status": "not started"})
        await acceptor.start()
        assert await seen() == OK
        await acceptor.stop()
        assert await seen() == (503, {"status": "draining"})
        await acceptor.close()
        await health.stop()
        await health.close()

    asyncio.run(live())


def test_what_stands_behind_a_colon_is_told_to_nobody() -> None:
    reasons = ["blocked", "not declared: acme.volumes", "not declared: acme.backups"]
    status, body, _ = told("/readyz", "GET", reasons)
    assert (status, json.loads(body)) == (503, {"status": "blocked, not declared"})
    assert told("/healthz", "GET", reasons)[0] == 200


@pytest.mark.parametrize(
    ("verb", "path", "headers", "status"),
    [
        ("GET", "/readyz", {}, 200),
        ("HEAD", "/readyz", {}, 200),
        ("GET", "/healthz?verbose", {}, 200),
        ("GET", "/healthz", {"host": "localhost"}, 200),
        ("GET", "/healthz", {"host": "rebound.example"}, 403),
        ("GET", "/healthz", {"host": "a b"}, 400),
        ("GET", "/healthz", {"origin": "https://evil.example"}, 403),
        ("POST", "/healthz", {}, 405),
        ("DELETE", "/readyz", {}, 405),
        ("GET", "/", {}, 404),
        ("POST", "/", {}, 404),
        ("GET", "/healthz/", {}, 404),
        ("GET", "/../healthz", {}, 404),
    ],
)
def test_nothing_else_is_told_there(
    verb: str, path: str, headers: dict[str, str], status: int
) -> None:
    """4.1 rows 1, 8, 9, 41."""
    with Server(f"memory://{uuid4().hex}", [Worker()], health=ANYWHERE) as server:
        assert server.health_url is not None
        body = b"" if verb != "POST" else b'{"jsonrpc":"2.0","id":1,"method":"run","params":["a"]}'
        answer = post(server.health_url, body, headers, verb=verb, path=path)
    assert answer.status == status
    assert answer.body == (b'{"status":"ok"}' if (verb, status) == ("GET", 200) else b"")
    assert not {it for it in answer.headers if it.startswith("rpcgen-")}


def test_it_can_be_a_unix_socket() -> None:
    with TemporaryDirectory(prefix="rpcgen-") as folder:
        where = f"{folder}/health.sock"
        with (
            Server("memory://unix", [Worker()], health=f"http+unix://{where}"),
            socket.socket(socket.AF_UNIX) as wire,
        ):
            wire.settimeout(PATIENCE)
            wire.connect(where)
            wire.sendall(b"GET /readyz HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
            answer = b"".join(iter(lambda: wire.recv(4096), b""))
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert not Path(where).exists()


@pytest.mark.parametrize(
    "url", ["https://localhost:1", "memory://a", "http://localhost:1/health", "nothing"]
)
def test_it_cannot_be_anywhere_else(url: str) -> None:
    with pytest.raises(ValueError, match=r"`health` is at|is not a URL"):
        Server("memory://a", [Worker()], health=url)


def test_one_address_that_cannot_be_had_leaves_the_other_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        in_use = f"http://127.0.0.1:{port}"
        beside = Server(ANYWHERE, [Worker()], health=in_use)
        with pytest.raises(OSError, match="cannot listen"):
            beside.start()
        server = Server(in_use, [Worker()], health=ANYWHERE)
        with pytest.raises(OSError, match="cannot listen"):
            server.start()
        assert server.health_url is not None
        assert _is_closed(server.health_url)


def test_the_command_tells_where_and_then_that_it_drains() -> None:
    with served("tests.telemetry.slow:Slow", "--health", ANYWHERE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        health, url = told_url(process), told_url(process)
        assert _get(health, "/readyz") == OK
        with connect(url) as transport:
            calling = threading.Thread(target=WorkClient(transport).run, args=("a",))
            calling.start()
            assert process.stdout.readline() == "begun\n"
            process.send_signal(signal.SIGTERM)
            assert eventually(lambda: _get(health, "/readyz") == (503, {"status": "draining"}))
            assert _get(health, "/healthz") == OK
            process.stdin.write("go on\n")
            process.stdin.flush()
            calling.join(PATIENCE)
        assert process.stdout.readline() == "stopped\n"
        assert process.wait(PATIENCE) == 0


@pytest.mark.parametrize("url", ["https://localhost:1", "nothing"])
def test_the_command_refuses_what_is_no_place_for_it(url: str) -> None:
    with served("tests.telemetry.slow:Slow", "--health", url) as process:
        _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 2
    assert errors.count("\n") == 1
