"""HTTP without our client: one raw request, and a recorder that stands between client and server.

Of the standard library alone.
"""

import http.client
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

PATIENCE = 20.0

Fields = Mapping[str, str]
"""Headers, by names in lower case."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    fields: Fields
    body: bytes


@dataclass(frozen=True, slots=True)
class Exchange:
    """What a client sent, and what a server answered."""

    fields: Fields
    body: bytes
    answer: Answer


def post(
    url: str, body: bytes, fields: Fields | None = None, *, verb: str = "POST", path: str = "/"
) -> Answer:
    """Send one request; without headers it says no more than that it is JSON."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=PATIENCE)
    try:
        known = {"content-type": "application/json"} if fields is None else fields
        connection.request(verb, path, body, dict(known))
        return _answer(connection.getresponse())
    finally:
        connection.close()


def _answer(response: http.client.HTTPResponse) -> Answer:
    fields = {name.lower(): value for name, value in response.getheaders()}
    return Answer(response.status, fields, response.read())


class Handler(BaseHTTPRequestHandler):
    """Answers POST over kept connections, each answer in one piece."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    @property
    def fields(self) -> Fields:
        """The headers of the request."""
        return {name.lower(): value for name, value in self.headers.items()}

    def read(self) -> bytes:
        """Return the body of the request."""
        return self.rfile.read(int(self.headers.get("content-length", "0")))

    def say(self, answer: Answer) -> None:
        """Write the answer."""
        self.send_response_only(answer.status)
        known = {} if answer.status == 204 else {"content-length": str(len(answer.body))}
        for name, value in {**answer.fields, **known}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)


@contextmanager
def listening(kind: type[Handler]) -> Iterator[str]:
    """Serve in the background; yields the URL."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), kind)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class Recorder:
    """What went to and fro; the last exchange is taken."""

    url: str = ""
    exchanges: list[Exchange] = field(default_factory=list)

    def take(self) -> Exchange:
        """Return what was recorded last."""
        return self.exchanges.pop()


@contextmanager
def recording(upstream: str) -> Iterator[Recorder]:
    """Pass on to a server, byte by byte, and note what is said."""
    recorder = Recorder()

    class Between(Handler):
        def do_POST(self) -> None:
            body = self.read()
            answer = post(upstream, body, self.fields, path=self.path)
            recorder.exchanges.append(Exchange(self.fields, body, answer))
            self.say(answer)

    with listening(Between) as recorder.url:
        yield recorder


@dataclass
class Saying:
    """Says the same to everybody, until it is told to say something else."""

    url: str = ""
    answer: Answer = field(default_factory=lambda: Answer(500, {}, b""))


@contextmanager
def answering() -> Iterator[Saying]:
    """Serve in the background."""
    saying = Saying()

    class Fixed(Handler):
        def do_POST(self) -> None:
            self.read()
            self.say(saying.answer)

    with listening(Fixed) as saying.url:
        yield saying
