"""What no conversation shows: what stands in the server's log, and what the server still holds."""

import http.client
import json
import logging
import socket
import struct
import threading
import time
from contextlib import ExitStack, closing
from typing import Any

import pytest

from tests.runtime.jsonrpc.answers import Answer
from tests.runtime.jsonrpc.play import Address
from tests.runtime.jsonrpc.served import serving
from tests.runtime.jsonrpc.wire import EndedError, Wire
from tests.runtime.places import PATIENCE, eventually

HEAD = b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"


def _send(wire: Wire, body: bytes) -> None:
    wire.send(HEAD + b"content-length: %d\r\n\r\n" % len(body) + body)


def _ask(address: Address, body: bytes) -> Any:
    with closing(address.connect()) as wire:
        _send(wire, body)
        answer = wire.read()
        return json.loads(answer.body) if answer.body else None


def _logged(caplog: pytest.LogCaptureFixture, text: str) -> list[logging.LogRecord]:
    return [it for it in list(caplog.records) if text in it.getMessage()]


def test_the_id_null_is_warned_of_once(caplog: pytest.LogCaptureFixture) -> None:
    """4.1 row 19."""
    with serving({}) as served:
        for _ in range(3):
            _ask(served.address, b'{"jsonrpc":"2.0","id":null,"method":"get_data"}')
    (record,) = _logged(caplog, "id null")
    assert record.levelno == logging.WARNING


def test_a_failure_is_found_in_the_log_by_the_id_that_its_caller_was_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """4.1 row 32."""
    with serving({}) as served:
        body = b'{"jsonrpc":"2.0","id":1,"method":"fail","params":["secret"]}'
        told = _ask(served.address, body)["error"]["data"]["error_id"]
    (record,) = _logged(caplog, told)
    assert record.exc_info is not None
    assert "secret" in str(record.exc_info[1])


def test_a_notification_that_fails_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """4.1 row 33."""
    with serving({}) as served:
        body = b'{"jsonrpc":"2.0","method":"fail","params":["secret"]}'
        assert _ask(served.address, body) is None
        assert eventually(lambda: bool(_logged(caplog, "Specification.fail failed")))


def test_hostile_input_is_not_logged_as_an_error(caplog: pytest.LogCaptureFixture) -> None:
    """4.1 row 13: no RecursionError in the log; nor anything else that a stranger can fill it with."""
    with serving({}) as served:
        for body in (b"[" * 100_000, b"\xff", b"9" * 100_000, b'{"a":' * 100_000):
            assert _ask(served.address, body)["error"]["code"] == -32700
    assert [it for it in caplog.records if it.levelno >= logging.WARNING] == []


def test_clients_that_never_read_are_let_go_with_all_they_held() -> None:
    """4.1 row 36: their connections, their tasks, and the places that they took."""
    body = b'{"jsonrpc":"2.0","id":1,"method":"large","params":[16000000]}'
    with serving({"write_timeout": "0.3"}) as served, ExitStack() as opened:
        wires = [opened.enter_context(closing(served.address.connect())) for _ in range(5)]
        for wire in wires:
            _send(wire, body)
            _send(wire, body)
        assert _ask(served.address, b'{"jsonrpc":"2.0","id":1,"method":"rpc.ping"}')["id"] == 1
        assert eventually(served.is_idle), "they are still held"
        for wire in wires:
            with pytest.raises(EndedError):
                wire.read()
        assert _ask(served.address, b'{"jsonrpc":"2.0","id":1,"method":"rpc.ping"}')["id"] == 1


def test_clients_that_go_away_leave_nothing_behind() -> None:
    """4.1 row 36: in their head, in their body, while the method runs, before they read."""
    hold = b'{"jsonrpc":"2.0","id":1,"method":"hold","params":[0.2]}'
    whole = HEAD + b"content-length: %d\r\n\r\n" % len(hold) + hold
    with serving({}) as served:
        for size in (1, 10, len(HEAD), len(whole) - 1, len(whole)):
            for is_reset in (False, True):
                wire = served.address.connect()
                wire.send(whole[:size])
                if is_reset:
                    wire.socket.setsockopt(
                        socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
                    )
                wire.close()
        # Who is answered now came after them.
        assert _ask(served.address, b'{"jsonrpc":"2.0","id":1,"method":"rpc.ping"}')["id"] == 1
        assert eventually(served.is_idle), "something is still held"


def test_a_client_of_the_standard_library_reads_why_its_large_body_is_refused() -> None:
    """4.1 rows 4, 5: it sends all of it before it reads anything."""
    with serving({}) as served:
        for size in (5_000_000, 10_000_000):
            connection = http.client.HTTPConnection(
                served.address.host, served.address.port, timeout=PATIENCE
            )
            with closing(connection):
                headers = {"content-type": "application/json"}
                connection.request("POST", "/", b"x" * size, headers)
                assert connection.getresponse().status == 413


def test_a_server_that_drains_lives_and_is_not_ready() -> None:
    """`/readyz` says 503 once the server stops; what was begun is answered, and is the last."""
    with serving({}) as served, ExitStack() as opened:
        busy = opened.enter_context(closing(served.address.connect()))
        probe = opened.enter_context(closing(served.address.connect()))
        _send(busy, b'{"jsonrpc":"2.0","id":1,"method":"hold","params":[10]}')
        assert eventually(lambda: served.server.in_flight == 1)
        stopping = threading.Thread(target=served.server.stop)
        stopping.start()
        while (answer := _ready(probe)).status == 200:
            time.sleep(0.005)
        assert (answer.status, json.loads(answer.body)) == (503, {"status": "draining"})
        served.suite.free.set()
        answer = busy.read()
        assert json.loads(answer.body)["result"] == 10
        assert answer.headers["connection"] == "close"
        busy.ended()
        stopping.join(PATIENCE)


def _ready(wire: Wire) -> Answer:
    wire.send(b"GET /readyz HTTP/1.1\r\nhost: localhost\r\n\r\n")
    return wire.read()
