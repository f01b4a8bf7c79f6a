"""`ping`, `list` and `call` at a broker, and how each command ends where it says no."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit
from uuid import uuid4

import pytest

from examples.calculator import Calculator
from rpcgen_runtime import Server
from tests.broker.api import Api
from tests.broker.node import Node
from tests.broker.plugin import refuse
from tests.broker.programs import find
from tests.cli.shell import Shell

TOPIC = "demo.calculator.Calculator"
CALCULATOR = "examples.calculator:Calculator"
PASSWORD = "pw-that-nobody/may:see"
COMMANDS = [
    ("ping", "URL", "--topic", TOPIC),
    ("list", "URL", "--topic", TOPIC),
    ("call", "URL", "--topic", TOPIC, "add", "1", "2"),
    ("topology", "check", "URL", CALCULATOR),
    ("dead", "list", "URL", "--topic", TOPIC),
    ("dead", "replay", "URL", "--topic", TOPIC, "--all"),
]


def at(url: str, words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(url if it == "URL" else it for it in words)


@pytest.fixture
def served(vhost_url: str) -> Iterator[str]:
    """Where a calculator is."""
    with Server(vhost_url, [Calculator()], server="node-7"):
        yield vhost_url


@pytest.fixture
def user(vhost_url: str, api: Api) -> Iterator[str]:
    """One who may do everything in the vhost."""
    name = f"ann-{uuid4().hex}"
    api.make_user(name, PASSWORD)
    vhost = unquote(urlsplit(vhost_url).path.removeprefix("/"))
    api.permit(name, vhost, configure=".*", write=".*", read=".*")
    yield name
    api.delete_user(name)


@pytest.fixture(scope="module")
def node() -> Iterator[Node]:
    """A broker that a test may alarm."""
    if find() is None:
        refuse("there is no RabbitMQ on this machine: python -m tests.broker.install")
    with Node(tls=True) as node:
        yield node


def test_servers_are_found_by_their_topic(shell: Shell, served: str) -> None:
    place = served.replace("guest:guest@", "")
    assert shell("ping", served, "--topic", TOPIC).printed.startswith(f"{place} answers: ")
    assert shell("ping", served, "--topic", TOPIC, "--count", "3").printed.endswith(", 3 of 3")
    assert shell("list", served, "--topic", TOPIC).printed.startswith("Calculator (demo.calculator")
    assert shell("call", served, "--topic", TOPIC, "add", "1", "2").printed == "3.0"
    assert shell("call", served, "--topic", TOPIC, "--server", "node-7", "add", "1", "2").code == 0


def test_a_contract_in_files_says_the_topic_itself(shell: Shell, served: str) -> None:
    contract = str(Path(__file__).parents[2] / "idl" / "demo" / "calculator.rpc")
    assert shell("call", served, "--contract", contract, "add", "1", "2").printed == "3.0"


def test_without_a_topic_it_is_said_what_is_missing(shell: Shell, served: str, url: str) -> None:
    for words in (("ping", served), ("list", served), ("call", served, "add")):
        ran = shell(*words)
        assert (ran.code, ran.out) == (2, "")
        told = "on a broker, servers are found by their topic; add --topic NAME"
        assert ran.err == f"rpcgen {words[0]}: {told}\n"
    ran = shell("ping", url, "--topic", TOPIC)
    assert (ran.code, ran.out) == (2, "")
    assert "--topic and --exchange are for `amqp://`" in ran.err


def test_where_nobody_is_nothing_was_executed(shell: Shell, served: str) -> None:
    for words in (("--topic", "jobs"), ("--topic", TOPIC, "--exchange", "other")):
        ran = shell("ping", served, *words)
        assert (ran.code, ran.out) == (11, "")
        assert ran.err.startswith("rpcgen ping: nobody serves topic `")
    ran = shell("ping", served, "--topic", TOPIC, "--server", "node-8")
    assert (ran.code, "on server `node-8`" in ran.err) == (11, True)


@pytest.mark.parametrize("words", COMMANDS, ids=lambda it: "-".join(it[:2]).removesuffix("-URL"))
def test_the_password_comes_from_elsewhere_and_is_never_seen(
    shell: Shell,
    served: str,
    user: str,
    words: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url = served.replace("guest:guest", user)
    monkeypatch.setenv("RPCGEN_PASSWORD", PASSWORD)
    ran = shell(*at(url, words))
    assert ran.code == 0, ran
    assert PASSWORD not in ran.out + ran.err
    monkeypatch.setenv("RPCGEN_PASSWORD", f"{PASSWORD}!")
    refused = shell(*at(url, words))
    monkeypatch.delenv("RPCGEN_PASSWORD")
    for ran in (refused, shell(*at(url, words))):
        assert (ran.code, ran.out) == (11, "")
        assert "403 user or password are refused" in ran.err
        assert ran.err.count("\n") == 1
        assert PASSWORD not in ran.err
    written = served.replace("guest:guest", f"{user}:{quote(PASSWORD, safe='')}")
    ran = shell(*at(written, words))
    assert (ran.code, PASSWORD in ran.out + ran.err) == (0, False)
    assert quote(PASSWORD, safe="") not in ran.out + ran.err


@pytest.mark.parametrize("words", COMMANDS, ids=lambda it: "-".join(it[:2]).removesuffix("-URL"))
def test_where_there_is_no_broker_and_no_vhost_it_is_one_sentence(
    shell: Shell, vhost_url: str, words: tuple[str, ...]
) -> None:
    nobody = "amqp://localhost:1"
    for url, told in {
        nobody: "no connection to amqp://localhost:1/: ",
        f"{vhost_url}-gone": "530 the virtual host is refused, or not there",
    }.items():
        ran = shell(*at(url, words))
        assert (ran.code, ran.out) == (11, "")
        assert told in ran.err
        assert ran.err.count("\n") == 1


def test_an_alarm_ends_a_replay_and_loses_nothing(shell: Shell, node: Node) -> None:
    url, api = node.url(), node.api
    with Server(url, [Calculator()]):
        pass
    for number in range(3):
        properties = {
            "message_id": f"id-{number}",
            "headers": {"dead-from": f"rpcgen:{TOPIC}:Calculator:v1:casts"},
        }
        assert api.publish(f"rpcgen:{TOPIC}.dead", b"{}", properties=properties)
    dead = ("dead", "replay", url, "--topic", TOPIC, "--all")
    node.alarm("memory")
    try:
        started = time.monotonic()
        ran = shell(*dead)
        listed = shell("dead", "list", url, "--topic", TOPIC).printed
    finally:
        node.clear("memory")
    assert ran.code == 12
    assert "takes no messages at the moment" in ran.err
    assert time.monotonic() - started < 15
    assert all(f"id      id-{it}" in listed for it in range(3))
    assert shell(*dead).printed == f"3 dead letters of topic `{TOPIC}` put back"


def test_brokers_behind_tls(shell: Shell, node: Node) -> None:
    url = node.tls_url()
    with Server(node.url(), [Calculator()]):
        for words in COMMANDS:
            trusting = shell(*at(url, words), "--ca", str(node.ca))
            assert trusting.code == 0, trusting
            ran = shell(*at(url, words))
            assert (ran.code, ran.out) == (11, "")
            assert "certificate verify failed" in ran.err
    ran = shell("ping", node.url(), "--topic", TOPIC, "--ca", str(node.ca))
    assert (ran.code, "are for `https://` and `amqps://`" in ran.err) == (2, True)


def test_a_server_takes_the_same_url(shell: Shell, node: Node, tmp_path: Path) -> None:
    url = node.tls_url().replace("guest:guest", "guest")
    command = [sys.executable, "-m", "rpcgen", "serve", CALCULATOR, "--on", url]
    said = tmp_path / "said"
    with said.open("wb") as output:
        process = subprocess.Popen(
            [*command, "--ca", str(node.ca), "--server", "tls"],
            env={**os.environ, "RPCGEN_PASSWORD": "guest"},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        patient_until = time.monotonic() + 20
        while b"serving " not in said.read_bytes():
            assert process.poll() is None, said.read_text()
            assert time.monotonic() < patient_until
            time.sleep(0.02)
        assert shell("ping", node.url(), "--topic", TOPIC, "--server", "tls").code == 0
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    assert (
        f"serving {CALCULATOR} at {node.tls_url().replace('guest:guest@', '')[:-3]}"
        in said.read_text()
    )
    assert "guest" not in said.read_text()
