"""`rpcgen ping`: who is there, who is not, and who is something else."""

import re

import pytest

from rpcgen.cli import endings
from rpcgen_runtime import Server
from tests.cli import fake
from tests.cli.shell import Shell


def test_a_server_that_is_there_answers(shell: Shell, url: str) -> None:
    printed = shell("ping", url).printed
    assert re.fullmatch(rf"{re.escape(url)} answers: [0-9.]+ ms", printed), printed


def test_several_answers_are_summed_up(shell: Shell, url: str) -> None:
    printed = shell("ping", url, "--count", "5").printed
    assert re.fullmatch(r".* answers: min [0-9.]+ ms, median [0-9.]+ ms, 5 of 5", printed), printed


def test_a_server_that_tells_nothing_answers_all_the_same(shell: Shell) -> None:
    with Server("http://127.0.0.1:0", [], introspection=False) as server:
        assert shell("ping", server.url).code == 0


def test_the_one_server_that_is_meant(shell: Shell, url: str) -> None:
    assert shell("ping", url, "--server", "node-7").code == 0
    ran = shell("ping", url, "--server", "node-8")
    assert ran.code == endings.NOT_EXECUTED
    assert ran.err == f"rpcgen ping: {url} is not the server that is meant (HTTP 421)\n"


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (fake.error(-32601, "no"), "JSON-RPC, but is no rpcgen server: "),
        (fake.error(-32000, "no"), "JSON-RPC, but is no rpcgen server (error -32000): "),
        (fake.result("pong"), ": "),
    ],
)
def test_whoever_speaks_json_rpc_is_alive(shell: Shell, answer: fake.Answer, told: str) -> None:
    with fake.served(answer) as url:
        ran = shell("ping", url)
    assert (ran.code, ran.err) == (0, "")
    assert f"{url} answers{' ' * (told != ': ')}{told}" in ran.out


@pytest.mark.parametrize(
    ("answer", "code", "sentence"),
    [
        (lambda _: 401, 11, "URL is there, but wants to know who calls; see --token-file and --cert"),
        (lambda _: 403, 11, "URL is there, but does not let this caller"),
        (lambda _: 404, 11, "URL does not take the request (HTTP 404)"),
        (lambda _: 500, 12, "URL answered with HTTP 500 and no reply"),
        (lambda _: b"hello", 12, "the reply is not JSON: "),
        (fake.error(-32603, "oops"), 13, "the server failed: oops"),
    ],
)  # fmt: skip
def test_what_is_no_answer_has_an_exit_code(
    shell: Shell, answer: fake.Answer, code: int, sentence: str
) -> None:
    with fake.served(answer) as url:
        ran = shell("ping", url)
    assert (ran.code, ran.out) == (code, "")
    assert ran.err.replace(url, "URL").startswith(f"rpcgen ping: {sentence}")


def test_some_answers_of_several_are_a_finding(shell: Shell) -> None:
    seen: list[object] = []

    def answer(request: dict[str, object]) -> bytes | int:
        seen.append(request)
        return fake.reply(request, "result", None) if len(seen) < 3 else 503

    with fake.served(answer) as url:
        ran = shell("ping", url, "--count", "4")
    assert ran.code == 1
    assert ran.out.endswith(", 2 of 4\n")
    assert ran.err == f"rpcgen ping: {url} has too much to do (HTTP 503)\n"
    assert len(seen) == 4
