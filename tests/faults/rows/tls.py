"""Row H3: TLS that is not good is refused, over HTTP and AMQP, before anything is told."""

import datetime as dt
import socket
import ssl
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import trustme

from rpcgen_runtime import ClientTls, NotExecuted, OutcomeUnknown, RpcError, connect
from tests.faults.generated.work import v1
from tests.faults.rows.row import Needs, Row, RowImpossible, none_of
from tests.faults.scene import Scene
from tests.faults.sides import OURS

TOLD_FIRST = (b"POST", b"AMQP")
"""How plain requests begin."""


class Listener:
    """Takes connections at a port of loopback, and keeps what it is told behind TLS, or plain."""

    def __init__(self, context: ssl.SSLContext | None) -> None:
        self._context = context
        self.heard = b""
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        threading.Thread(target=self._listen, daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
        self._listening.close()

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            with connection:
                try:
                    self._hear(connection)
                except OSError:
                    continue  # refused, which is what is wanted

    def _hear(self, connection: socket.socket) -> None:
        connection.settimeout(1)
        if self._context is None:
            self.heard += connection.recv(4096)
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            return
        with self._context.wrap_socket(connection, server_side=True) as behind:
            self.heard += behind.recv(64)


@dataclass(frozen=True, slots=True)
class Case:
    """What is wrong; no certificate at all stands for a server without TLS."""

    name: str
    leaf: trustme.LeafCert | None


def bad_certificates(scene: Scene) -> None:
    """H3: each way of being wrong, over each transport."""
    if scene.side != OURS:
        raise RowImpossible("its TLS is not compared")
    good, other = trustme.CA(), trustme.CA()
    ca = scene.places.folder / "ca.pem"
    good.cert_pem.write_to_path(ca)
    yesterday = dt.datetime.now(dt.UTC) - dt.timedelta(days=1)
    cases = [
        Case("expired", good.issue_cert("127.0.0.1", not_after=yesterday)),
        Case("wrong host", good.issue_cert("elsewhere.example")),
        Case("unknown authority", other.issue_cert("127.0.0.1")),
        Case("no TLS", None),
    ]
    scene.fault("TLS that is not good, in four ways over two transports")
    for scheme in ("https", "amqps"):
        for case in cases:
            _try(scene, scheme, case, ca)


def _try(scene: Scene, scheme: str, case: Case, ca: Path) -> None:
    context = None
    if case.leaf is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        case.leaf.configure_cert(context)
    listener = scene.hold_open(Listener(context))
    began = time.monotonic()
    how, said = "not refused", ""
    try:
        with connect(f"{scheme}://127.0.0.1:{listener.port}/", tls=ClientTls(ca=ca)) as transport:
            v1.WorkClient(transport).with_options(timeout=5).once(v1.Job(key="a"))
    except NotExecuted as error:
        how, said = "refused", str(error)
    except OutcomeUnknown as error:
        how, said = "unknown", str(error)
    except RpcError as error:
        how, said = "something else", str(error)
    scene.notes.append(
        f"{scheme}, {case.name}: {how} in {time.monotonic() - began:.1f} s: {said[:160]}"
    )
    is_told = bool(listener.heard) and (
        case.leaf is not None or listener.heard.startswith(TOLD_FIRST)
    )
    _count(scene, "told_in_spite_of_it", is_counted=is_told)
    _count(scene, "not_refused", is_counted=how != "refused")
    _count(scene, "reason_not_said", is_counted=not _is_reason(said))


def _is_reason(said: str) -> bool:
    words = ("certificate", "tls", "ssl", "handshake")
    return any(it in said.lower() for it in words)


def _count(scene: Scene, figure: str, *, is_counted: bool) -> None:
    scene.measured[figure] = scene.measured.get(figure, 0) + is_counted


ROWS = (
    Row(
        id="H3",
        fault="TLS that is not good, in four ways over HTTP and AMQP",
        needs=Needs.NOTHING,
        act=bad_certificates,
        musts=none_of("told_in_spite_of_it", "not_refused", "reason_not_said"),
    ),
)
