"""`rpcgen dead`: what no server could do is told, goes back or goes away."""

import json
import os
import pty
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import uuid4

import msgpack
import pika
import pytest
from pika import spec

from rpcgen.cli import dead
from rpcgen_runtime import Context, Server, connect
from tests.broker.api import Api, Message
from tests.cli.shell import Ran, Shell
from tests.docs.test_reference import page
from tests.runtime.generated.new.trial.work.v1 import Refused, WorkClient
from tests.runtime.promises.endpoints import Worker

TOPIC = "trial.work.Work"
DEAD = f"rpcgen:{TOPIC}.dead"
CASTS = f"rpcgen:{TOPIC}:Work:v1:casts"
MARKS = {"dead-from": CASTS, "dead-reason": "it cannot be done"}


class Poison(spec.BasicProperties):  # type: ignore[misc]  # pika has no types
    """Properties with a time that no reader of Python's can hold."""

    def encode(self) -> list[bytes]:
        table = b"\x01xT" + struct.pack(">Q", 2**63)
        return [struct.pack(">HI", spec.BasicProperties.FLAG_HEADERS, len(table)), table]


class Desk:
    """A topic whose server ran once, and the command that looks at its dead letters."""

    def __init__(self, shell: Shell, url: str, api: Api) -> None:
        self.url, self.api = url, api
        self.vhost = unquote(urlsplit(url).path.removeprefix("/"))
        self._shell = shell
        with Server(url, [Worker()]):
            pass

    def __call__(self, action: str, *words: str) -> Ran:
        return self._shell("dead", action, self.url, "--topic", TOPIC, *words)

    def put(
        self,
        name: str | None = None,
        body: bytes = b'{"text":"hello"}',
        headers: Mapping[str, Any] = MARKS,
        **more: Any,
    ) -> None:
        properties = {
            "content_type": "application/json",
            "type": "cast Work.note 1.0",
            "delivery_mode": 2,
            **more,
        }
        if name is not None:
            properties["message_id"] = name
        properties["headers"] = dict(headers)
        assert self.api.publish(DEAD, body, vhost=self.vhost, properties=properties)

    def put_poison(self, body: bytes) -> None:
        connection = pika.BlockingConnection(pika.URLParameters(self.url))
        channel = connection.channel()
        channel.confirm_delivery()
        channel.basic_publish("", DEAD, body, Poison())
        connection.close()

    def listed(self, *words: str) -> list[dict[str, Any]]:
        """Return the letters, by their ids: the broker keeps no order of what was looked at."""
        found: list[dict[str, Any]] = json.loads(self("list", "--json", *words).printed)
        assert [it.pop("number") for it in found] == [*range(1, len(found) + 1)]
        return sorted(found, key=lambda it: str(it["id"]))

    def ids(self) -> list[str]:
        return [it["id"] for it in self.listed()]

    def back(self) -> list[Message]:
        """Return and remove the casts that wait, without the broker's own marks."""
        found = self.api.get(CASTS, 100, vhost=self.vhost)
        for it in found:
            assert isinstance(it.headers, dict)
            it.headers.pop("x-delivery-count", None)
        return found


@pytest.fixture
def desk(shell: Shell, vhost_url: str, api: Api) -> Desk:
    return Desk(shell, vhost_url, api)


def test_where_nobody_ever_served_there_are_none(shell: Shell, vhost_url: str) -> None:
    for words in (("list",), ("show", "x"), ("replay", "--all"), ("purge", "--all", "--yes")):
        ran = shell("dead", words[0], vhost_url, *words[1:], "--topic", "jobs", "--exchange", "x")
        assert (ran.code, ran.out) == (11, "")
        told = "no dead letters: nobody ever served topic `jobs` of exchange `x`"
        assert ran.err == f"rpcgen dead {words[0]}: {told}\n"


def test_a_cast_that_failed_goes_back_and_is_done(shell: Shell, vhost_url: str, api: Api) -> None:
    desk = Desk(shell, f"{vhost_url}?delivery_limit=2", api)
    mended = threading.Event()

    def run(_: Context, name: str) -> str:
        if not mended.is_set():
            raise Refused(reason="not yet")
        return name

    worker = Worker(run)
    with Server(desk.url, [worker]), connect(desk.url) as transport:
        WorkClient(transport).note("hello")
        [letter] = until(desk.listed)
        assert (letter["verb"], letter["method"], letter["from"]) == ("cast", "Work.note", CASTS)
        assert (letter["bytes"], letter["readable"]) == (16, True)
        mended.set()
        told = "1 dead letter of topic `trial.work.Work` put back"
        assert desk("replay", letter["id"]).printed == told
        assert worker.told.acquire(timeout=20)
    assert worker.notes == ["hello"]
    assert desk.listed() == []


def until(ask: Callable[[], list[Any]]) -> list[Any]:
    """Return what there is as soon as there is something."""
    for _ in range(400):
        if found := ask():
            return found
        threading.Event().wait(0.05)
    pytest.fail("nothing after 20 seconds")


def test_a_list_tells_what_is_known_and_removes_nothing(desk: Desk) -> None:
    assert desk("list").printed == "no dead letters of topic `trial.work.Work`"
    desk.put("one")
    for _ in range(3):
        assert desk.ids() == ["one"]
    assert desk("list").printed == (
        "1 dead letter of topic `trial.work.Work`\n\n"
        "1. cast Work.note, 16 bytes\n"
        "   id      one\n"
        "   from    rpcgen:trial.work.Work:Work:v1:casts\n"
        "   reason  it cannot be done"
    )


def test_a_list_has_a_limit(desk: Desk) -> None:
    for number in range(5):
        desk.put(f"id-{number}")
    assert len(desk.listed("--limit", "2")) == 2
    assert desk("list", "--limit", "2").printed.endswith("\n\n3 more; see --limit")
    assert len(desk.listed()) == 5


def test_what_the_broker_says_of_a_death_is_told(desk: Desk) -> None:
    connection = pika.BlockingConnection(pika.URLParameters(desk.url))
    channel = connection.channel()
    properties = pika.BasicProperties(type="cast Work.note 1.0", message_id="one")
    channel.basic_publish("", CASTS, b"{}", properties)
    method = None
    while method is None:
        method, _, _ = channel.basic_get(CASTS)
    channel.basic_reject(method.delivery_tag, requeue=False)
    connection.close()
    [letter] = until(desk.listed)
    assert (letter["reason"], letter["from"]) == ("rejected", CASTS)
    assert letter["time"].endswith("Z")
    assert '"reason":"rejected"' in desk("show", "one").printed
    assert desk("replay", "one").code == 0
    [back] = desk.back()
    assert back.headers == {}


def test_a_letter_is_shown_with_all_but_credentials(desk: Desk) -> None:
    headers = {"token": "s3cret", "extra": {"a": [1, True, {"b": "c"}]}, **MARKS}
    desk.put("one", headers=headers)
    printed = desk("show", "one").printed
    assert printed == (
        "id              one\n"
        "verb            cast\n"
        "method          Work.note\n"
        "version         1.0\n"
        "reason          it cannot be done\n"
        "from            rpcgen:trial.work.Work:Work:v1:casts\n\n"
        "headers\n"
        '  extra  {"a":[1,true,{"b":"c"}]}\n'
        "  token  (not shown)\n\n"
        "body, application/json, 16 bytes\n"
        '{\n  "text": "hello"\n}'
    )
    shown = desk("show", "one", "--json")
    assert json.loads(shown.printed)["body"] == {"text": "hello"}
    assert "s3cret" not in shown.out


def test_a_body_is_shown_as_what_it_is(desk: Desk) -> None:
    packed = msgpack.packb({"text": "hello"})
    assert isinstance(packed, bytes)
    desk.put("packed", packed, content_type="application/msgpack")
    desk.put("binary", bytes(range(256)) * 8, content_type="image/png")
    desk.put("broken", b'{"text":', content_type="application/json")
    assert desk("show", "packed").printed.endswith('\n{\n  "text": "hello"\n}')
    binary = desk("show", "binary").printed
    assert "\nbody, image/png, 2,048 bytes\n00010203 04050607 " in binary
    assert binary.endswith("\n… 1,024 more bytes")
    assert desk("show", "broken").printed.endswith("\n7b227465 7874223a")
    record = json.loads(desk("show", "broken", "--json").printed)
    assert (record["body"], record["hex"]) == (None, b'{"text":'.hex())


def test_text_of_letters_steers_no_terminal(desk: Desk) -> None:
    evil = "\x1b[2J\u202e"
    desk.put(
        "one", type=f"cast {evil}", headers={"dead-reason": evil, "dead-from": evil, evil: evil}
    )
    desk.put(f"two{evil}", json.dumps(evil).encode())
    for ran in (desk("list"), desk("show", *desk.ids()), desk("replay", "--all")):
        assert not {"\x1b", "\u202e"} & {*ran.out, *ran.err}


def test_letters_that_nobody_can_read_are_in_nobodys_way(desk: Desk) -> None:
    desk.put_poison(b"poison")
    desk.put("good")
    marks = {"dead-from": 5, "dead-reason": ["x"], "x-death": "never"}
    desk.put("odd", headers=marks, type="cast")
    desk.put("odder", headers={"x-death": [1, {"queue": 5}], "dead-from": CASTS})
    letters = {it["id"]: it for it in desk.listed()}
    [poison] = [it for it in letters.values() if not it["readable"]]
    assert poison["id"].startswith("~")
    assert "a message whose header cannot be decoded, 6 bytes" in desk("list").printed
    assert "its header cannot be decoded" in desk("show", poison["id"]).printed
    ran = desk("replay", "--all")
    assert (ran.code, ran.out) == (1, "2 dead letters of topic `trial.work.Work` put back\n")
    assert f"`{poison['id']}` stays: its header cannot be decoded" in ran.err
    assert "`odd` stays: nobody knows which queue it was in" in ran.err
    assert {it.properties["message_id"] for it in desk.back()} == {"good", "odder"}
    assert desk("purge", poison["id"], "--yes").code == 0
    assert desk.ids() == ["odd"]


def test_what_goes_back_is_as_it_was(desk: Desk) -> None:
    headers = {**MARKS, "attempt": 6, "traceparent": "00-1-2-01"}
    desk.put("one", headers=headers)
    assert desk("replay", "one").code == 0
    [message] = desk.back()
    assert message.headers == {"traceparent": "00-1-2-01"}
    assert message.body == b'{"text":"hello"}'
    assert message.properties == {
        "content_type": "application/json", "type": "cast Work.note 1.0", "delivery_mode": 2,
        "message_id": "one",
    }  # fmt: skip
    assert desk.listed() == []


def test_what_goes_back_may_have_another_id(desk: Desk) -> None:
    desk.put("one")
    assert desk("replay", "--all", "--new-ids").code == 0
    [message] = desk.back()
    assert len(message.properties["message_id"]) == 32


def test_what_cannot_go_back_stays(desk: Desk) -> None:
    gone, full = f"rpcgen:{TOPIC}:Work:v9:casts", f"rpcgen:{TOPIC}:Full"
    limits: dict[str, Any] = {"x_max_length": 1, "x_overflow": "reject-publish"}
    desk.api.make_queue(full, desk.vhost, **limits)
    assert desk.api.publish(full, b"", vhost=desk.vhost)
    desk.put("gone", headers={"dead-from": gone})
    desk.put("full", headers={"dead-from": full})
    desk.put("theirs", headers={"dead-from": "rpcgen:other:Work:v1"})
    desk.put("dead", headers={"dead-from": DEAD})
    desk.put("good")
    ran = desk("replay", "gone", "full", "theirs", "dead", "good", "absent")
    assert (ran.code, ran.out) == (1, "1 dead letter of topic `trial.work.Work` put back\n")
    absent = (
        "topic `trial.work.Work` has no dead letter `absent`; `rpcgen dead list` tells their ids"
    )
    assert sorted(ran.err.splitlines()) == [
        f"rpcgen dead replay: `dead` stays: `{DEAD}` is no queue of this topic",
        f"rpcgen dead replay: `full` stays: its queue is full: `{full}`",
        f"rpcgen dead replay: `gone` stays: its queue is gone: `{gone}`",
        "rpcgen dead replay: `theirs` stays: `rpcgen:other:Work:v1` is no queue of this topic",
        f"rpcgen dead replay: {absent}",
    ]
    assert desk.ids() == ["dead", "full", "gone", "theirs"]


def test_only_what_is_named_goes_away(desk: Desk) -> None:
    for name in ("a", "b", "c"):
        desk.put(name)
    ran = desk("purge", "a", "x", "--yes")
    assert (ran.code, ran.out) == (1, "1 dead letter of topic `trial.work.Work` removed\n")
    assert desk.ids() == ["b", "c"]
    assert (
        desk("purge", "--all", "--yes").printed
        == "2 dead letters of topic `trial.work.Work` removed"
    )
    assert desk.listed() == []


def test_nothing_goes_away_unasked(desk: Desk) -> None:
    desk.put("a")
    ran = desk("purge", "--all")
    assert (ran.code, ran.out) == (2, "")
    assert "without a terminal, confirm it with --yes" in ran.err
    assert desk.ids() == ["a"]


def test_a_terminal_is_asked(desk: Desk) -> None:
    desk.put("a")
    assert b"nothing was removed" in answered("n", desk)
    assert desk.ids() == ["a"]
    assert b"1 dead letter of topic `trial.work.Work` removed" in answered("y", desk)
    assert desk.listed() == []


def answered(answer: str, desk: Desk) -> bytes:
    """Return what is said on a terminal where somebody purges, asked, and answers."""
    ours, theirs = pty.openpty()
    words = ["dead", "purge", desk.url, "--topic", TOPIC, "--all"]
    command = [sys.executable, "-m", "rpcgen", *words]
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        said = b""
        while not said.endswith(b"for good? [y/N] "):
            said += os.read(ours, 4_096)
        os.write(ours, f"{answer}\n".encode())
        try:
            while part := os.read(ours, 4_096):
                said += part
        except OSError:  # the other end is closed
            pass
        process.wait(20)
    os.close(ours)
    return said


def test_who_may_not_publish_puts_nothing_back(desk: Desk, shell: Shell) -> None:
    desk.put("a")
    user = f"ann-{uuid4().hex}"
    desk.api.make_user(user, "pw")
    url = desk.url.replace("guest:guest", f"{user}:pw")
    try:
        desk.api.permit(user, desk.vhost, read=".*")
        replay = shell("dead", "replay", url, "--topic", TOPIC, "--all")
        desk.api.permit(user, desk.vhost)
        listing = shell("dead", "list", url, "--topic", TOPIC)
    finally:
        desk.api.delete_user(user)
    for ran in (replay, listing):
        assert ran.code == 11
        assert "not executed: 403 ACCESS_REFUSED" in ran.err
        assert ran.err.count("\n") == 1
    assert desk.ids() == ["a"]


@pytest.mark.parametrize("action", ["replay", "purge"])
@pytest.mark.parametrize("words", [(), ("a", "--all")])
def test_letters_are_named_or_all_are_meant(
    shell: Shell, action: str, words: tuple[str, ...]
) -> None:
    ran = shell("dead", action, "amqp://localhost", "--topic", "x", *words)
    assert (ran.code, ran.err) == (2, "rpcgen dead: name the ids of letters, or give --all\n")


def test_the_page_tells_the_exit_codes() -> None:
    text = page("cli.md").text
    assert all(it in text for it in dead.EXIT_CODES.values())
