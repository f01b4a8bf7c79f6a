"""How `rpcgen call` ends: each outcome has an exit code, and a sentence that says what it means."""

import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from rpcgen.cli import endings
from rpcgen_runtime import Context, Forbidden, Server
from tests.cli import fake
from tests.cli.shell import Shell
from tests.runtime.generated.new.trial.kinds.v1 import Broken, Leaf
from tests.runtime.generated.old.trial.shop.v1 import Item, Payment, PaymentCash, ShopServer
from tests.runtime.promises.endpoints import Echo, Worker

ROOT = Path(__file__).parents[2]
CALCULATOR = str(ROOT / "idl" / "demo" / "calculator.rpc")
FOREIGN = str(ROOT / "examples" / "foreign")


def behave(ctx: Context, name: str) -> str:
    """Do what the name says."""
    if name == "fail":
        raise OSError("the disk is full")
    if name == "forbid":
        raise Forbidden("not you")
    if name == "sleep":
        threading.Event().wait(0.6)
    return name


@pytest.fixture(scope="module")
def work() -> Iterator[tuple[str, Worker]]:
    worker = Worker(behave)
    with Server("http://127.0.0.1:0", [worker]) as server:
        yield server.url, worker


def test_a_declared_error_is_told_by_its_name_with_its_data(
    shell: Shell, url: str, echo: Echo
) -> None:
    echo.failure = Broken(reason="\x1b[31m", leaf=Leaf(text="a"))
    ran = shell("call", url, "Kinds.fail", "x")
    assert (ran.code, ran.out) == (endings.DECLARED, "")
    first, second = ran.err.splitlines()
    assert first == "Kinds.fail: Broken"
    data = '{"why":"\\u001b[31m","leaf":{"leafText":"a","count":0},"color":"red"}'
    assert second == data


def test_the_message_is_the_documentation_of_the_error(shell: Shell, url: str) -> None:
    ran = shell("call", url, "divide", "1", "0")
    assert (ran.code, ran.out) == (10, "")
    said = "Calculator.divide: DivisionByZero: Nothing can be divided by zero."
    assert ran.err == f'{said}\n{{"dividend":1.0}}\n'


def test_what_the_handler_did_not_mean_is_the_servers_failure(
    shell: Shell, work: tuple[str, Worker]
) -> None:
    ran = shell("call", work[0], "run", "fail")
    assert (ran.code, ran.out) == (endings.SERVER_FAILED, "")
    assert ran.err.startswith("Work.run: the server failed; its log has more under `")


def test_the_deadline_leaves_the_outcome_unknown(shell: Shell, work: tuple[str, Worker]) -> None:
    ran = shell("call", work[0], "Work.run", "sleep", "--timeout", "0.2")
    assert (ran.code, ran.out) == (endings.UNKNOWN, "")
    # Both sides watch it: the client may hear of it from the server before it sees for itself.
    assert re.match(
        "Work.run: nobody knows whether it was executed: "
        "(no reply before the deadline|the deadline passed while the method ran)",
        ran.err,
    )
    assert "again" not in ran.err


def test_the_contract_says_how_long_to_wait_where_the_caller_does_not(
    shell: Shell, work: tuple[str, Worker]
) -> None:
    assert shell("call", work[0], "brief", "sleep").code == endings.UNKNOWN
    assert shell("call", work[0], "brief", "sleep", "--timeout", "5").printed == '"sleep"'


def test_what_may_be_repeated_is_said(shell: Shell, work: tuple[str, Worker]) -> None:
    ran = shell("call", work[0], "repeat", "sleep", "--timeout", "0.2")
    assert ran.code == endings.UNKNOWN
    assert ran.err.endswith("; it is idempotent, so it may be called again\n")


@pytest.mark.parametrize("method", ["note", "note_again", "ring", "rang"])
def test_what_is_not_answered_prints_nothing(
    shell: Shell, work: tuple[str, Worker], method: str
) -> None:
    url, worker = work
    ran = shell("call", url, f"Work.{method}", "text=a")
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    if method != "rang":  # nobody listens to events here
        assert worker.told.acquire(timeout=5)


def test_a_server_that_does_not_tell_is_called_with_the_contract_at_hand(shell: Shell) -> None:
    from examples.calculator import Calculator

    with Server("http://127.0.0.1:0", [Calculator()], introspection=False) as server:
        url = server.url
        ran = shell("call", url, "add", "1", "2")
        hint = "name its files with --contract PATH"
        assert ran.refusal == f"{url} does not tell its contract; {hint}"
        assert shell("list", url).refusal.startswith(f"{url} does not tell its contract; ")
        for path in (CALCULATOR, str(ROOT / "idl")):
            assert shell("call", url, "add", "1", "2", "--contract", path).printed == "3.0"
        assert shell("ping", url).code == 0


def test_a_contract_at_hand_is_read_before_anything_is_sent(shell: Shell, tmp_path: Path) -> None:
    broken = tmp_path / "broken.rpc"
    broken.write_text("package acme.x 1.0\nservice X { call a(x: string) }\n", encoding="utf-8")
    ran = shell("call", "http://127.0.0.1:1", "X.a", "--contract", str(broken))
    assert (ran.code, ran.out) == (2, "")
    assert "error[unknown-name]: the type `string` is not declared" in ran.err
    assert ran.err.endswith(f"rpcgen call: `{broken}` has mistakes\n")
    ran = shell("call", "http://127.0.0.1:1", "X.a", "--contract", str(tmp_path / "none"))
    assert ran.refusal == f"there is no file or folder `{tmp_path / 'none'}`"


def test_a_service_that_nobody_here_wrote_is_called_by_its_own_names(shell: Shell) -> None:
    seen: list[object] = []

    def node(request: dict[str, object]) -> bytes:
        seen.append((request["method"], request["params"]))
        return fake.reply(request, "result", "0x10")

    with fake.served(node) as url:
        for name in ("Ethereum.block_number", "eth_blockNumber", "block_number"):
            ran = shell("call", url, name, "--contract", FOREIGN, "--output-format", "raw")
            assert ran.printed == "0x10", name
    assert seen == [("eth_blockNumber", [])] * 3


@pytest.mark.parametrize(
    ("answer", "code", "sentence"),
    [
        (fake.error(1001, "no", {"dividend": 1}), 10, 'DivisionByZero: no\n{"dividend":1}'),
        (fake.error(1001, "no"), 10, "DivisionByZero: no"),
        (fake.error(77, "\x1b]0;x\x07", [1]), 13, "the peer answered with error 77: \\u001b]0;x\\u0007\n[1]"),
        (fake.error(-32601, "gone"), 11, "not executed: gone"),
        (fake.error(-32602, "wrong"), 11, "not executed: wrong"),
        (fake.error(-32603, "oops"), 13, "the server failed: oops"),
        (fake.result("text"), 0, ""),
        (lambda _: b"nonsense", 12, "nobody knows whether it was executed: the reply is not JSON"),
        (lambda _: 401, 11, "not executed: URL does not know who calls (HTTP 401); see --token-file and --cert"),
        (lambda _: 403, 11, "not executed: URL does not let this caller (HTTP 403)"),
        (lambda _: 404, 11, "not executed: URL does not take the request (HTTP 404)"),
        (lambda _: 500, 12, "nobody knows whether it was executed: URL answered with HTTP 500"),
        (lambda _: 503, 11, "not executed: URL has too much to do (HTTP 503)"),
    ],
)  # fmt: skip
def test_what_a_peer_says_becomes_an_exit_code(
    shell: Shell, answer: fake.Answer, code: int, sentence: str
) -> None:
    with fake.served(answer) as url:
        ran = shell("call", url, "divide", "1", "2", "--contract", CALCULATOR)
    assert ran.code == code, ran
    expected = f"Calculator.divide: {sentence}" if sentence else ""
    assert ran.err.replace(url, "URL").startswith(expected), ran.err
    assert bool(ran.out) == (code == 0)


def test_every_exit_code_is_told_in_the_help(shell: Shell) -> None:
    from rpcgen.cli import call, list, ping

    for command, codes in (
        ("call", call.EXIT_CODES),
        ("list", list.EXIT_CODES),
        ("ping", ping.EXIT_CODES),
    ):
        ran = shell(command, "--help")
        said = " ".join(ran.out.split())
        assert ran.code == 0
        for code, what in codes.items():
            assert f"{code} {what}" in said
        for option in ("--timeout", "--server", "--token-file", "--ca", "--cert", "--key"):
            assert option in ran.out
        assert "--token " not in ran.out


class OldShop(ShopServer):
    """Serves 1.0 only."""

    def find(self, ctx: Context, name: str) -> Item | None:
        return Item(name=name)

    def buy(self, ctx: Context, item: Item, payment: Payment) -> Item:
        return item

    def list(self, ctx: Context) -> list[Item]:
        return []

    def pay(self, ctx: Context) -> Payment:
        return PaymentCash(amount=1)


def test_an_older_server_is_called_until_something_new_is_asked_for(shell: Shell) -> None:
    newer = str(ROOT / "tests" / "runtime" / "contract" / "new" / "trial" / "shop.rpc")
    with Server("http://127.0.0.1:0", [OldShop()]) as server:
        call = ("call", server.url, "--contract", newer)
        assert shell(*call, "find", "a").code == 0
        ran = shell(*call, "find", "a", "disc")
        assert ran.code == endings.NOT_EXECUTED
        told = "Shop.find: not executed: version 1.1 is not served; served: 1.0\n"
        assert ran.err == told
        assert shell(*call, "close").code == endings.NOT_EXECUTED
