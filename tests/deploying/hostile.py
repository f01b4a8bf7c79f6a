"""What a caller who means ill does to a server; each deed returns what became of it.

    python -m tests.deploying.hostile 8080

measures the server at that port and prints the rows of the table in docs/deploying.md, in some
minutes. Knows nothing of our runtime: whoever serves `rpc.ping` can be measured.
"""

import json
import socket
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial

PATIENCE = 200.0
"""Seconds after which a connection is said to stay."""
ENDLESS = 64 << 20
PART = 16 << 10
UNREAD_BATCHES = 400

PING = b'{"jsonrpc":"2.0","id":1,"method":"rpc.ping"}'
HEAD = b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"


def _request(body: bytes, more: bytes = b"") -> bytes:
    return HEAD + more + b"content-length: %d\r\n\r\n" % len(body) + body


def large_headers(port: int, size: int) -> str:
    """Send headers of so many bytes."""
    request = _request(PING, b"x-large: " + b"a" * size + b"\r\n")
    with _connected(port) as connection:
        for begin in range(0, len(request), PART):
            _send(connection, request[begin : begin + PART])
            time.sleep(0.01)  # else what arrives at once may pass a limit for what is not complete
        status = _status(_heard(connection, 5.0))
    return {"200": "taken", "": "closed"}.get(status, status)


def endless_headers(port: int) -> str:
    """Send headers and never end them."""
    with _connected(port) as connection:
        is_sent = _send(connection, HEAD + b"x-large: ")
        for _ in range(ENDLESS // PART):
            is_sent = is_sent and _send(connection, b"a" * PART)
        status = _status(_heard(connection, 3.0))
    return status or ("all kept" if is_sent else "closed")


def drip(port: int, begin: bytes, byte: bytes, patience: float = PATIENCE) -> str:
    """Send what begins a request, then a byte a second; or nothing more."""
    with _connected(port) as connection:
        connection.settimeout(1.0)
        _send(connection, begin)
        started = time.monotonic()
        while time.monotonic() - started < patience:
            try:
                heard = connection.recv(1 << 16)
            except TimeoutError:
                if byte:
                    _send(connection, byte)
                continue
            except OSError:
                heard = b""
            status = _status(heard)
            if status == "200":
                started = time.monotonic()
            elif not heard or status:
                return f"{status or 'closed'} after {time.monotonic() - started:.0f} s"
    return "stays"


def unread(port: int, patience: float = 40.0) -> str:
    """Ask for much, read nothing for a while, then see whether all of it comes."""
    batch = [{"jsonrpc": "2.0", "id": it, "method": "rpc.contract"} for it in range(100)]
    request = _request(json.dumps(batch).encode())
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(("127.0.0.1", port))
        connection.settimeout(2.0)
        asked = 0
        while asked < UNREAD_BATCHES and _send(connection, request):
            asked += 1
        time.sleep(patience)
        heard = _heard(connection, 5.0)
    answered = heard.count(b"HTTP/1.1 200")
    return "stays" if answered >= asked else f"closed within {patience:.0f} s"


def deeds(port: int) -> Mapping[str, Callable[[], str]]:
    """Return all of them by the names that the table has."""
    return {
        "64 KiB of headers": partial(large_headers, port, 64 << 10),
        "2 MiB of headers": partial(large_headers, port, 2 << 20),
        "headers without an end": partial(endless_headers, port),
        "one byte of a header a second": partial(drip, port, HEAD + b"x-slow: ", b"a"),
        "connects and says nothing": partial(drip, port, b"", b""),
        "one byte of a body a second": partial(
            drip, port, _request(b"")[:-5] + b"99\r\n\r\n", b" "
        ),
        "says nothing after an answer": partial(drip, port, _request(PING), b""),
        "leaves its answers unread": partial(unread, port),
    }


def _connected(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), 20.0)


def _send(connection: socket.socket, data: bytes) -> bool:
    try:
        connection.sendall(data)
    except OSError:
        return False
    return True


def _heard(connection: socket.socket, patience: float) -> bytes:
    """Return what comes until nothing does, or for so many seconds."""
    parts: list[bytes] = []
    connection.settimeout(patience)
    try:
        while part := connection.recv(1 << 20):
            parts.append(part)
    except OSError:
        pass
    return b"".join(parts)


def _status(heard: bytes) -> str:
    line = heard.partition(b"\r\n")[0].decode("latin-1").split(" ")
    return line[1] if len(line) > 1 else ""


def main() -> None:
    """Measure the server at a port."""
    found = deeds(int(sys.argv[1]))
    with ThreadPoolExecutor(len(found)) as threads:
        for name, what in zip(found, threads.map(lambda it: it(), found.values()), strict=True):
            print(f"| {name} | {what} |", flush=True)


if __name__ == "__main__":
    main()
