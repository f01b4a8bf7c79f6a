"""What docs/deploying.md says of nginx, with its own `jobs.conf` and a real nginx."""

import http.client
import json
import shutil
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import trustme

from rpcgen_runtime import (
    NO_RETRY,
    BadReply,
    ClientTls,
    Context,
    HttpLimits,
    Identity,
    InvalidRequest,
    Overloaded,
    Server,
    Tokens,
    Unauthenticated,
    connect,
)
from rpcgen_runtime.http.server import HttpAcceptor
from tests.docs.project import (
    OWN_BIN,
    PATH,
    SHOWN_FOLDER,
    environment,
    free_places,
    stay_root,
    write_files,
)
from tests.docs.test_reference import page
from tests.runtime.generated.new.trial.work.v1 import WorkClient
from tests.runtime.places import PATIENCE, eventually
from tests.runtime.promises.endpoints import Worker

PAGE = page("deploying.md")


@dataclass
class Behind:
    """An nginx of its own; servers are put behind it one by one."""

    folder: Path
    url: str
    sockets: Path
    ended: ExitStack = field(default_factory=ExitStack)

    def serve(self, number: int, worker: Worker, **options: object) -> Server:
        """Start the server that `jobs.conf` expects at that socket."""
        url = f"http+unix://{self.sockets}/{number}.sock"
        made = Server(url, [worker], server=f"node-{number}", **options)  # type: ignore[arg-type]  # as a test says
        return self.ended.enter_context(made)

    def client(self, token: str | None = None) -> WorkClient:
        """Return a client that knows nginx alone."""
        tls = ClientTls(ca=self.folder / "ca.pem")
        transport = connect(self.url, tls=tls, token=token, retry=NO_RETRY)
        return WorkClient(self.ended.enter_context(transport))

    def get(self, path: str) -> int:
        """Return the status of a plain request; 0 where nobody listens."""
        try:
            return self._asked("GET", path).status
        except OSError:
            return 0

    def post(self, method: str) -> http.client.HTTPResponse:
        """Return the answer to a call with one argument."""
        call = {"jsonrpc": "2.0", "id": 1, "method": method, "params": ["x"]}
        return self._asked("POST", "/", json.dumps(call))

    def _asked(self, verb: str, path: str, body: str | None = None) -> http.client.HTTPResponse:
        trusting = ssl.create_default_context(cafile=str(self.folder / "ca.pem"))
        port = int(self.url.rpartition(":")[2])
        connection = http.client.HTTPSConnection(
            "localhost", port, timeout=PATIENCE, context=trusting
        )
        try:
            connection.request(verb, path, body, {"content-type": "application/json"})
            answer: http.client.HTTPResponse = connection.getresponse()
            answer.read()
            return answer
        finally:
            connection.close()


@pytest.fixture
def behind() -> Iterator[Behind]:
    if shutil.which("nginx", path=PATH) is None:
        pytest.skip("there is no nginx on this machine (on Debian: apt-get install nginx-light)")
    with TemporaryDirectory(prefix="rpcgen-") as name:
        folder = Path(name)
        places = free_places(folder)
        write_files(PAGE, folder, places)
        authority = trustme.CA()
        authority.cert_pem.write_to_path(folder / "ca.pem")
        issued = authority.issue_cert("localhost")
        issued.cert_chain_pems[0].write_to_path(folder / "server.pem")
        issued.private_key_pem.write_to_path(folder / "server.key")
        (folder / "nginx.tmp").mkdir()
        stay_root(folder)
        variables = environment(folder)
        nginx = shutil.which("nginx", path=variables["PATH"]) or OWN_BIN
        command = [nginx, "-e", "stderr", "-p", str(folder), "-c", "nginx.conf"]
        with (folder / "nginx.log").open("wb") as log:
            process = subprocess.Popen(command, cwd=folder, env=variables, stdout=log, stderr=log)
        url = f"https://localhost:{places['8443']}"
        made = Behind(folder, url, Path(places[SHOWN_FOLDER]))
        try:
            started = eventually(lambda: made.get("/readyz") == 404)
            assert started, (folder / "nginx.log").read_text("utf-8")
            with made.ended:
                yield made
        finally:
            process.terminate()
            process.wait(PATIENCE)


def _told(context: Context, name: str) -> str:
    who = context.identity.name if context.identity else "nobody"
    left = context.deadline.remaining()
    return f"{who} {context.data} {name} {0 < left <= 7}"


def test_what_stands_beside_the_arguments_passes(behind: Behind) -> None:
    ann = Tokens({"token-of-ann": Identity("ann")})
    behind.serve(1, Worker(_told), authenticator=ann)
    client = behind.client("token-of-ann").with_options(timeout=7.0, context={"a": "ä"})
    assert client.run("x") == "ann {'a': 'ä'} x True"
    with pytest.raises(Unauthenticated):
        behind.client("token-of-eve").run("x")


def test_connections_to_the_servers_are_kept(behind: Behind) -> None:
    server = behind.serve(1, Worker())
    client = behind.client()
    assert [client.run("x") for _ in range(20)] == ["x"] * 20
    time.sleep(0.5)  # in which a connection that is not kept ends
    acceptor = server._acceptor
    assert isinstance(acceptor, HttpAcceptor)
    assert 1 <= len(acceptor._state.connections) <= 2


def test_another_server_is_asked_where_one_is_away(behind: Behind) -> None:
    first, _ = behind.serve(1, Worker()), behind.serve(2, Worker())
    client = behind.client()
    assert [client.run("x") for _ in range(6)] == ["x"] * 6
    first.stop()
    first.wait()
    assert [client.run("x") for _ in range(6)] == ["x"] * 6


def test_where_all_are_away_nobody_knows(behind: Behind) -> None:
    with pytest.raises(BadReply, match="HTTP 502"):
        behind.client().run("x")


def _until(free: threading.Event) -> Callable[[Context, str], str]:
    def run(_context: Context, name: str) -> str:
        assert free.wait(PATIENCE)
        return name

    return run


def test_overloaded_passes_as_what_it_is(behind: Behind) -> None:
    free = threading.Event()
    server = behind.serve(1, Worker(_until(free)), max_in_flight=1)
    thread = threading.Thread(target=behind.client().run, args=("x",))
    thread.start()
    try:
        assert eventually(lambda: server.in_flight == 1)
        with pytest.raises(Overloaded):
            behind.client().run("x")
        assert behind.post("run").getheader("retry-after") == "1"
    finally:
        free.set()
        thread.join()


def test_a_body_has_the_same_limit_on_both_sides(behind: Behind) -> None:
    behind.serve(1, Worker())
    client = behind.client()
    largest = HttpLimits().max_body
    assert len(client.run("x" * (largest - 100))) == largest - 100
    with pytest.raises(InvalidRequest, match="HTTP 413"):
        client.run("x" * largest)


def test_health_is_seen_but_readiness_is_not(behind: Behind) -> None:
    behind.serve(1, Worker())
    assert (behind.get("/healthz"), behind.get("/readyz")) == (200, 404)
