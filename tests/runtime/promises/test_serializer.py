"""Hooks between values and messages: a secret never travels readable."""

import base64
import http.server
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
from pydantic import JsonValue

from rpcgen_runtime import InternalError
from tests.runtime.generated.new.trial.kinds.v1 import Color, KindsClient, Leaf, PositionsClient
from tests.runtime.places import Place, ask, post
from tests.runtime.promises.endpoints import Echo, Places


class Sealing:
    """Hides everything; knows which of its hooks were used."""

    def __init__(self) -> None:
        self.used: list[str] = []

    def serialize_entity(self, context: Mapping[str, str], entity: JsonValue) -> JsonValue:
        self.used.append("serialize_entity")
        return base64.b16encode(json.dumps(entity).encode()).decode()

    def deserialize_entity(self, context: Mapping[str, str], entity: JsonValue) -> JsonValue:
        self.used.append("deserialize_entity")
        found: JsonValue = json.loads(base64.b16decode(str(entity)))
        return found

    def serialize_context(self, context: Mapping[str, str]) -> Mapping[str, str]:
        self.used.append("serialize_context")
        return {"sealed": base64.b16encode(json.dumps(dict(context)).encode()).decode()}

    def deserialize_context(self, context: Mapping[str, str]) -> Mapping[str, str]:
        self.used.append("deserialize_context")
        found: dict[str, str] = json.loads(base64.b16decode(context["sealed"]))
        return found


def test_all_four_hooks_are_used_and_values_come_back_whole(place: Place) -> None:
    near, far = Sealing(), Sealing()
    seen: list[dict[str, str]] = []

    class Looking(Echo):
        def a_str(self, ctx: Any, value: str) -> str:
            seen.append(dict(ctx.data))
            return value

    server = place.serve(Looking(), Places(), serializer=far)
    client = place.client(KindsClient, server, serializer=near)
    assert client.with_options(context={"user": "ann"}).a_str("x") == "x"
    assert seen == [{"user": "ann"}]
    assert near.used == ["serialize_entity", "serialize_context", "deserialize_entity"]
    assert far.used == ["deserialize_context", "deserialize_entity", "serialize_entity"]
    assert client.by_color({Color.blue: [Leaf(text="x")]}) == {Color.blue: [Leaf(text="x")]}
    assert client.renamed(1) is None
    positions = place.client(PositionsClient, server, serializer=near)
    assert positions.place(1, 2, [3], "n")["note"] == "n"  # type: ignore[index,call-overload]


@contextmanager
def _listening_in(url: str) -> Iterator[tuple[str, list[bytes]]]:
    """A proxy that keeps every byte of headers and bodies."""
    heard: list[bytes] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            heard.extend([body, str(self.headers).encode()])
            answer = post(
                url,
                body,
                {
                    it: str(self.headers[it])
                    for it in self.headers
                    if it.lower() not in {"host", "content-length"}
                },
            )
            heard.extend([answer.body, str(answer.headers).encode()])
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as proxy:
        thread = threading.Thread(target=proxy.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{proxy.server_address[1]}/", heard
        finally:
            proxy.shutdown()
            thread.join()


def test_a_secret_is_never_readable_on_the_wire(http_place: Place) -> None:
    server = http_place.serve(Echo(), serializer=Sealing())
    with _listening_in(server.url) as (url, heard):
        client = http_place.client(KindsClient, url, serializer=Sealing())
        signed = client.with_options(context={"user": "secret-user"})
        assert signed.a_str("secret-text") == "secret-text"
        assert len(heard) == 4
        assert b"secret" not in b"".join(heard)


def test_an_entity_that_cannot_be_read_back_is_not_executed_and_told_nothing_of(
    http_place: Place,
) -> None:
    echo = Echo()
    server = http_place.serve(echo, serializer=Sealing())
    error = ask(server.url, "kinds.perhaps", {"value": "plain"})["error"]
    assert error["code"] == -32603
    assert "plain" not in str(error)
    assert echo.seen == {}
    with pytest.raises(InternalError):
        http_place.client(KindsClient, server).a_str("x")
