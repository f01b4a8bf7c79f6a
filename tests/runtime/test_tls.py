"""TLS on real sockets: whom clients trust, whom servers let in, and files that are none."""

import datetime as dt
import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import trustme

from rpcgen_runtime import (
    NO_RETRY,
    ClientTls,
    ConnectionLost,
    Context,
    Credentials,
    Identity,
    RpcError,
    Server,
    ServerTls,
    Unauthenticated,
    Unreachable,
    connect,
)
from tests.runtime.generated.new.trial.work.v1 import WorkClient
from tests.runtime.places import PATIENCE, Place
from tests.runtime.promises.endpoints import Worker


@dataclass(frozen=True)
class Files:
    """Certificates of two authorities, as files."""

    folder: Path
    ca: Path
    server: ServerTls
    client: ClientTls

    def issued(self, authority: trustme.CA, name: str, **more: Any) -> tuple[Path, Path]:
        """Write a new certificate and its key."""
        made = authority.issue_cert(name, **more)
        certificate, key = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        certificate.write_bytes(b"".join(it.bytes() for it in made.cert_chain_pems))
        key.write_bytes(made.private_key_pem.bytes())
        key.chmod(0o600)
        return certificate, key


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def files(authority: trustme.CA, tmp_path: Path) -> Files:
    ca = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(ca)
    bare = Files(tmp_path, ca, ServerTls(certificate="", key=""), ClientTls(ca=ca))
    certificate, key = bare.issued(authority, "127.0.0.1")
    shown, secret = bare.issued(authority, "worker@acme.example", common_name="worker, 1")
    return Files(
        tmp_path,
        ca,
        ServerTls(certificate=certificate, key=key),
        ClientTls(ca=ca, certificate=shown, key=secret),
    )


def _who(context: Context, _name: str) -> str:
    return context.identity.name if context.identity else "nobody"


def _by_certificate(credentials: Credentials) -> Identity | None:
    return Identity(credentials.certificate) if credentials.certificate is not None else None


def test_a_call_over_tls(http_place: Place, files: Files) -> None:
    server = http_place.serve(Worker(), url="https://127.0.0.1:0", tls=files.server)
    assert server.url.startswith("https://127.0.0.1:")
    client = http_place.client(WorkClient, server, tls=ClientTls(ca=files.ca))
    assert [client.run("x") for _ in range(3)] == ["x"] * 3


def test_an_unknown_authority_is_not_trusted(http_place: Place, files: Files) -> None:
    worker = Worker()
    server = http_place.serve(worker, url="https://127.0.0.1:0", tls=files.server)
    other = files.folder / "other.pem"
    trustme.CA().cert_pem.write_to_path(other)
    for tls in (None, ClientTls(ca=other)):
        with pytest.raises(Unreachable, match=r"invalid certificate: unable to get local issuer"):
            http_place.client(WorkClient, server, tls=tls, retry=NO_RETRY).run("x")


def test_a_certificate_for_another_name_is_not_trusted(
    http_place: Place, files: Files, authority: trustme.CA
) -> None:
    certificate, key = files.issued(authority, "elsewhere.example")
    tls = ServerTls(certificate=certificate, key=key)
    server = http_place.serve(Worker(), url="https://127.0.0.1:0", tls=tls)
    client = http_place.client(WorkClient, server, tls=ClientTls(ca=files.ca), retry=NO_RETRY)
    with pytest.raises(Unreachable, match="certificate is not valid for"):
        client.run("x")


def test_verification_is_off_only_when_asked_for_and_then_loudly(
    http_place: Place, files: Files, caplog: pytest.LogCaptureFixture
) -> None:
    server = http_place.serve(Worker(), url="https://127.0.0.1:0", tls=files.server)
    client = http_place.client(WorkClient, server, tls=ClientTls(insecure_skip_verify=True))
    assert client.run("x") == "x"
    assert "certificates of servers are not verified" in caplog.text


def test_a_client_certificate_says_who_calls(http_place: Place, files: Files) -> None:
    tls = ServerTls(certificate=files.server.certificate, key=files.server.key, client_ca=files.ca)
    server = http_place.serve(
        Worker(_who), url="https://127.0.0.1:0", tls=tls, authenticator=_by_certificate
    )
    known = http_place.client(WorkClient, server, tls=files.client)
    assert known.run("x").startswith(r"CN=worker\, 1,")
    unknown = http_place.client(WorkClient, server, tls=ClientTls(ca=files.ca))
    with pytest.raises(Unauthenticated):
        unknown.run("x")


def test_a_client_certificate_is_wanted_without_an_authenticator_too(
    http_place: Place, files: Files, authority: trustme.CA
) -> None:
    tls = ServerTls(certificate=files.server.certificate, key=files.server.key, client_ca=files.ca)
    server = http_place.serve(Worker(), url="https://127.0.0.1:0", tls=tls)
    assert http_place.client(WorkClient, server, tls=files.client).run("x") == "x"
    with pytest.raises(Unauthenticated):
        http_place.client(WorkClient, server, tls=ClientTls(ca=files.ca)).run("x")
    del authority
    shown, secret = files.issued(trustme.CA(), "stranger@acme.example")
    stranger = ClientTls(ca=files.ca, certificate=shown, key=secret)
    with pytest.raises((Unauthenticated, ConnectionLost)):
        http_place.client(WorkClient, server, tls=stranger, retry=NO_RETRY).run("x")


def test_plain_http_finds_nobody_at_https(http_place: Place, files: Files) -> None:
    server = http_place.serve(Worker(), url="https://127.0.0.1:0", tls=files.server)
    client = http_place.client(WorkClient, server.url.replace("https", "http"), retry=NO_RETRY)
    with pytest.raises(RpcError, match="the connection was lost"):
        client.run("x")


def test_https_finds_nobody_at_plain_http(http_place: Place, files: Files) -> None:
    server = http_place.serve(Worker())
    url = server.url.replace("http", "https")
    client = http_place.client(WorkClient, url, tls=ClientTls(ca=files.ca), retry=NO_RETRY)
    with pytest.raises(Unreachable):
        client.run("x")


@contextmanager
def _plain(answer: bytes) -> Iterator[str]:
    """A place that answers whatever comes first, as a server without TLS does."""

    def serve() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listening.accept()
                with connection:
                    connection.recv(4_096)
                    connection.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve)
        thread.start()
        yield f"127.0.0.1:{listening.getsockname()[1]}"
        listening.shutdown(socket.SHUT_RDWR)
        thread.join(PATIENCE)


@pytest.mark.parametrize("scheme", ["https", "amqps"])
@pytest.mark.parametrize(
    "answer",
    [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"AMQP\0\0\x09\x01", b"SSH-2.0-x\r\n", b"\x16HTTP/1.1"],
    ids=["http", "amqp", "ssh", "nearly"],
)
def test_of_a_port_without_tls_that_is_said(scheme: str, answer: bytes, files: Files) -> None:
    told = "the port does not speak TLS"
    with (
        _plain(answer) as place,
        connect(f"{scheme}://{place}", tls=ClientTls(ca=files.ca), retry=NO_RETRY) as transport,
        pytest.raises(Unreachable, match=told) as caught,
    ):
        WorkClient(transport).with_options(timeout=PATIENCE).run("x")
    assert place in str(caught.value)


@contextmanager
def _silent() -> Iterator[str]:
    """A place where connections come about, and nothing more."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"127.0.0.1:{listening.getsockname()[1]}"


def test_a_handshake_that_does_not_end_ends_with_the_deadline_or_at_another_host(
    http_place: Place, files: Files
) -> None:
    server = http_place.serve(Worker(), url="https://127.0.0.1:0", tls=files.server)
    good = server.url.split("/")[2]
    with _silent() as silent:
        alone = http_place.client(WorkClient, f"https://{silent}", timeout=0.3)
        with pytest.raises(TimeoutError):
            alone.run("x")
        both = f"https://{silent},{good}"
        client = http_place.client(WorkClient, both, tls=ClientTls(ca=files.ca))
        assert [client.run("x") for _ in range(2)] == ["x", "x"]


def test_who_begins_tls_and_says_no_more_does_not_stay(files: Files) -> None:
    from rpcgen_runtime import HttpLimits

    limits = HttpLimits(header_timeout=0.3)
    with Server("https://127.0.0.1:0", [Worker()], tls=files.server, limits=limits) as server:
        host, _, port = server.url.split("/")[2].partition(":")
        with socket.create_connection((host, int(port)), PATIENCE) as connection:
            connection.sendall(b"\x16\x03\x01")
            assert connection.recv(1_000) == b""


@pytest.mark.parametrize("kind", ["missing", "unreadable", "nonsense", "mismatch", "expired"])
def test_files_that_are_none_are_told_at_the_start(
    kind: str, files: Files, authority: trustme.CA
) -> None:
    certificate, key = str(files.server.certificate), str(files.server.key)
    told = {
        "missing": "`/nowhere` cannot be read: no such file or directory",
        "unreadable": f"`{files.folder}` cannot be read: is a directory",
        "nonsense": f"`{__file__}` and `{key}` are not a certificate and its key; accepted: PEM",
        "mismatch": "do not belong together",
        "expired": "is not valid: certificate has expired",
    }[kind]
    match kind:
        case "missing":
            certificate = "/nowhere"
        case "unreadable":
            certificate = str(files.folder)
        case "nonsense":
            certificate = __file__
        case "mismatch":
            key = str(files.client.key)
        case _:
            past = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
            made = files.issued(
                authority, "old.example", not_before=past, not_after=past + dt.timedelta(1)
            )
            certificate, key = map(str, made)
    with pytest.raises(ValueError, match=r".") as caught:
        Server("https://127.0.0.1:0", [Worker()], tls=ServerTls(certificate=certificate, key=key))
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("tls", "told"),
    [
        (ClientTls(ca="/nowhere"), "`/nowhere` cannot be read"),
        (ClientTls(ca=__file__), "holds no certificates; accepted: PEM"),
        (ClientTls(certificate="x"), "both a `certificate` and its `key`, or neither"),
        (ClientTls(certificate=__file__, key=__file__), "are not a certificate and its key"),
    ],
)
def test_a_client_is_told_too(tls: ClientTls, told: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        connect("https://127.0.0.1:1", tls=tls)
    assert told in str(caught.value)


def test_tls_and_its_scheme_belong_together(files: Files) -> None:
    with pytest.raises(ValueError, match="`tls` is for `https://`"):
        connect("http://127.0.0.1:1", tls=files.client)
    for url, tls in (("https://127.0.0.1:0", None), ("http://127.0.0.1:0", files.server)):
        with pytest.raises(ValueError, match="a server at `https://`, and no other, has `tls`"):
            Server(url, [Worker()], tls=tls)
    with pytest.raises(ValueError, match="TLS is for HTTP and AMQP, and this is memory"):
        Server("memory://x", [Worker()], tls=files.server)


def test_a_key_that_everybody_can_read_is_warned_of(
    files: Files, caplog: pytest.LogCaptureFixture
) -> None:
    Path(files.server.key).chmod(0o644)
    with caplog.at_level(logging.WARNING):
        Server("https://127.0.0.1:0", [Worker()], tls=files.server)
    assert f"anyone on this machine can read the private key `{files.server.key}`" in caplog.text


def test_many_calls_at_once_over_tls(files: Files) -> None:
    results: list[str] = []
    with (
        Server("https://127.0.0.1:0", [Worker()], tls=files.server) as server,
        connect(server.url, tls=ClientTls(ca=files.ca)) as transport,
    ):
        client = WorkClient(transport)
        threads = [
            threading.Thread(target=lambda n=n: results.append(client.run(str(n))))
            for n in range(50)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE)
    assert sorted(results, key=int) == [str(it) for it in range(50)]
