"""A JSON-RPC server that answers whatever a test wants, byte for byte."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = Callable[[dict[str, Any]], bytes | int]
"""Takes a request; returns a body for status 200, or another status."""


@contextmanager
def served(answer: Answer) -> Iterator[str]:
    """Serve on a free port; yield the URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["content-length"])))
            found = answer(request)
            status, body = (found, b"") if isinstance(found, int) else (200, found)
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def result(value: object) -> Answer:
    """Answer every request with a result."""
    return lambda request: reply(request, "result", value)


def error(code: int, message: str, data: object = None) -> Answer:
    """Answer every request with an error."""
    found: dict[str, object] = {"code": code, "message": message}
    if data is not None:
        found["data"] = data
    return lambda request: reply(request, "error", found)


def reply(request: dict[str, Any], member: str, value: object) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": request.get("id"), member: value}).encode()


def telling(files: dict[str, str], *services: str, package: str = "acme.jobs") -> object:
    """Return what a server says that tells these files."""
    packages = [{"name": package, "version": "1.0", "services": services, "files": files}]
    return {"server": "fake", "packages": packages}
