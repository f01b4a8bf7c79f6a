"""What is tried again, and what never is. The peer is a socket that says what it is told to say."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from rpcgen_runtime import (
    NO_RETRY,
    BadReply,
    ConnectionLost,
    Context,
    NotExecuted,
    Overloaded,
    RetryPolicy,
    UnknownRemoteError,
)
from tests.runtime.generated.new.trial.work.v1 import Busy, Refused, WorkClient
from tests.runtime.places import Place
from tests.runtime.promises.endpoints import Worker

QUICK = RetryPolicy(first_pause=0.001, max_pause=0.001)

Script = Callable[[int, int], bytes | None]
"""The number of the request and its id to a raw HTTP answer; None closes the connection."""


def http(status: str, body: bytes, *fields: str) -> bytes:
    """Return a raw HTTP answer."""
    head = [f"HTTP/1.1 {status}", f"content-length: {len(body)}", "connection: close", *fields]
    return "\r\n".join([*head, "", ""]).encode() + body


def result(number: int, value: object = "done") -> bytes:
    """Return a raw reply."""
    body = json.dumps({"jsonrpc": "2.0", "id": number, "result": value}).encode()
    return http("200 OK", body, "content-type: application/json")


@contextmanager
def scripted(script: Script) -> Iterator[tuple[str, list[bytes]]]:
    """Listen, answer each request as the script says; yields the URL and the bodies seen."""
    seen: list[bytes] = []
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection, connection.makefile("rb") as file:
                length = 0
                while (line := file.readline()) not in {b"\r\n", b""}:
                    name, _, value = line.partition(b":")
                    length = int(value) if name.lower() == b"content-length" else length
                body = file.read(length)
                seen.append(body)
                answer = script(len(seen), json.loads(body).get("id", 0))
                if answer is not None:
                    connection.sendall(answer)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/", seen
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join()


def test_a_retryable_error_is_tried_three_times_and_then_told(place: Place) -> None:
    tries: list[str] = []

    def run(_context: Context, name: str) -> str:
        tries.append(name)
        if len(tries) < 3 or name == "never":
            raise Busy(tried=len(tries))
        return "at last"

    client = place.client(WorkClient, place.serve(Worker(run)), retry=QUICK)
    assert client.run("x") == "at last"
    assert len(tries) == 3
    tries.clear()
    with pytest.raises(Busy) as caught:
        client.run("never")
    assert caught.value.tried == 3
    tries.clear()
    with pytest.raises(Busy):
        client.with_options(retry=NO_RETRY).run("never")
    assert len(tries) == 1


def test_the_same_message_id_goes_with_each_try(place: Place) -> None:
    ids: list[str] = []

    def run(context: Context, _name: str) -> str:
        ids.append(context.message_id)
        raise Busy(tried=0)

    client = place.client(WorkClient, place.serve(Worker(run)), retry=QUICK)
    for _ in range(2):
        with pytest.raises(Busy):
            client.run("x")
    assert len(ids) == 6
    assert len({*ids[:3]}) == len({*ids[3:]}) == 1
    assert ids[0] != ids[3]


def test_other_errors_are_told_at_once(place: Place) -> None:
    tries: list[str] = []

    def run(_context: Context, name: str) -> str:
        tries.append(name)
        if name == "refused":
            raise Refused(reason="no")
        raise RuntimeError

    client = place.client(WorkClient, place.serve(Worker(run)), retry=QUICK)
    for name in ("refused", "internal"):
        for call in (client.run, client.repeat):
            tries.clear()
            with pytest.raises(Exception, match=r"cannot be done|failed"):
                call(name)
            assert tries == [name]


def test_a_lost_reply_is_unknown_and_only_idempotent_methods_are_tried_again(
    http_place: Place,
) -> None:
    with scripted(lambda _try, _id: None) as (url, seen):
        client = http_place.client(WorkClient, url, retry=QUICK)
        with pytest.raises(ConnectionLost):
            client.run("x")
        assert len(seen) == 1
        with pytest.raises(ConnectionLost):
            client.repeat("x")
        assert len(seen) == 4
        seen.clear()
        with pytest.raises(ConnectionLost):
            client.note("x")
        assert len(seen) == 1
        with pytest.raises(ConnectionLost):
            client.note_again("x")
        assert len(seen) == 4


def test_an_idempotent_method_ends_well_after_a_lost_reply(http_place: Place) -> None:
    with scripted(lambda tried, it: result(it) if tried > 1 else None) as (url, seen):
        assert http_place.client(WorkClient, url, retry=QUICK).repeat("x") == "done"
        assert len(seen) == 2


def test_one_try_of_unknown_outcome_leaves_the_outcome_unknown(http_place: Place) -> None:
    busy = http("503 Service Unavailable", b"")
    with scripted(lambda tried, _id: None if tried == 1 else busy) as (url, seen):
        client = http_place.client(WorkClient, url, retry=QUICK)
        with pytest.raises(ConnectionLost):
            client.repeat("x")
        assert len(seen) == 3
        seen.clear()
    with scripted(lambda _try, _id: busy) as (url, seen):
        client = http_place.client(WorkClient, url, retry=QUICK)
        with pytest.raises(Overloaded):
            client.run("x")
        assert len(seen) == 3


def test_retries_stay_within_the_deadline(http_place: Place) -> None:
    patient = RetryPolicy(tries=100, first_pause=1e6, max_pause=1e6)
    with scripted(lambda _try, _id: http("503 Service Unavailable", b"")) as (url, seen):
        client = http_place.client(WorkClient, url, retry=patient)
        with pytest.raises(Overloaded):
            client.with_options(timeout=5).run("x")
        assert len(seen) == 1


def test_a_bucket_stops_a_storm_of_retries(http_place: Place) -> None:
    with scripted(lambda _try, _id: http("503 Service Unavailable", b"")) as (url, seen):
        client = http_place.client(WorkClient, url, retry=QUICK)
        for _ in range(20):
            with pytest.raises(Overloaded):
                client.run("x")
        assert len(seen) == 20 + 10


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (lambda _: http("200 OK", b"garbage"), BadReply),
        (lambda _: http("200 OK", b"<html></html>", "content-type: text/html"), BadReply),
        (lambda _: http("200 OK", b""), BadReply),
        (lambda _: http("200 OK", b"[]"), BadReply),
        (lambda it: result(it + 1), BadReply),
        (lambda it: result(it, 7), BadReply),
        (lambda _: http("200 OK", b'{"jsonrpc":"2.0","id":1}'), BadReply),
        (lambda _: http("204 No Content", b""), BadReply),
        (lambda _: http("500 Oops", b"<html>"), BadReply),
        (lambda _: http("502 Bad Gateway", b""), BadReply),
        (lambda _: b"garbage\r\n\r\n", BadReply),
        (lambda _: b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{", ConnectionLost),
        (
            lambda _: http("200 OK", b'{"jsonrpc":"2.0","id":1,"error":{"code":7,"message":"m"}}'),
            UnknownRemoteError,
        ),
    ],
)
def test_what_is_no_reply_leaves_the_outcome_unknown(
    aside: object, answer: Callable[[int], bytes], outcome: type[Exception]
) -> None:
    for style in ("sync", "async"):
        place = Place("http", style, aside)  # type: ignore[arg-type]
        with scripted(lambda _try, it: answer(it)) as (url, seen):
            try:
                with pytest.raises(outcome):
                    place.client(WorkClient, url, retry=QUICK).run("x")
                assert len(seen) == 1
            finally:
                place.close()


def test_a_redirect_is_not_followed_and_nothing_was_executed(aside: object) -> None:
    for style in ("sync", "async"):
        place = Place("http", style, aside)  # type: ignore[arg-type]
        moved = http("307 Temporary Redirect", b"", "location: /elsewhere")
        with scripted(_always(moved)) as (url, seen):
            try:
                with pytest.raises(NotExecuted, match="redirects are not followed"):
                    place.client(WorkClient, url, retry=QUICK).run("x")
                assert len(seen) == 1
            finally:
                place.close()


def _always(answer: bytes) -> Callable[[int, int], bytes]:
    return lambda _try, _id: answer
