"""The steps of the tour with the calculator; `cloud_step` has the one with many servers."""

import asyncio
import http.client
import json
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

from demo.calculator.v1 import AsyncCalculatorClient, CalculatorClient, DivisionByZero
from examples.demo.commands import ROOT, StepFailed, run
from examples.demo.screen import Progress, Screen
from rpcgen_runtime import connect, connect_async

CONTRACT = "idl/demo/calculator.rpc"
CALLS = 200

CLIENT = """\
from demo.calculator.v1 import CalculatorClient
from rpcgen_runtime import connect

with connect("http://127.0.0.1:8080") as transport:
    calculator = CalculatorClient(transport)
    print(calculator.add(a=2, b=3))
"""
SHELL = [
    ("Calculator.add", ["2", "3"], 0),
    ("Calculator.divide", ["a=1", "b=0"], 10),
    ("Calculator.add", ["2", "three"], 2),
]
"""A method, its arguments, and the exit code that is right."""
MISTAKE = ("a=2, b=3", 'a="two", b=3')


def contract(screen: Screen) -> None:
    """Show what a person writes."""
    screen.step("A contract")
    screen.say(f"You write down once what a service can do. This is in {CONTRACT}:")
    screen.code(_excerpt((ROOT / CONTRACT).read_text(encoding="utf-8")))
    screen.say("A call is answered, a cast is not. `raises` names the errors to expect.")


def compiler(screen: Screen) -> None:
    """Compile the contracts."""
    screen.step("The compiler")
    screen.say("It turns contracts into typed Python: clients, servers, models, errors.")
    screen.command("rpcgen build")
    code, told, complaint = run("rpcgen", ["build"])
    if code != 0:
        # After mistakes the last line sums up; anything else is said first.
        line = (complaint or told).splitlines()[-1 if code == 1 else 0]
        raise StepFailed(f"`rpcgen build` failed: {line}")
    screen.result(told)
    screen.say("Only files that change are written; 0 means that all were up to date.")


def type_checker(screen: Screen) -> None:
    """Let mypy find a mistake before anything runs."""
    screen.step("The type checker")
    screen.say("A client is a few lines. mypy knows every method of the contract:")
    screen.code(CLIENT)
    with tempfile.TemporaryDirectory(prefix="rpcgen-demo-") as folder:
        file = Path(folder) / "client.py"
        complaint = _checked(screen, file, CLIENT)
        if complaint:
            raise StepFailed(f"mypy refused a client that is right: {complaint[0]}")
        screen.command("mypy --strict client.py")
        screen.result("no mistake found")
        screen.say(f"Now with a mistake: `add({MISTAKE[1]})`.")
        complaint = _checked(screen, file, CLIENT.replace(*MISTAKE))
        if not complaint:
            raise StepFailed("mypy did not find the mistake")
        screen.command("mypy --strict client.py")
        screen.refusal(complaint[0].replace(f"{file}", file.name))
    screen.say("The mistake is found at your desk, not by the server at night.")


def wire(screen: Screen, url: str) -> None:
    """Call a server in another process, typed and by hand."""
    screen.step("A server and its client")
    screen.say("The server is a class with your methods: examples/calculator.py. Run it:")
    screen.command("rpcgen serve examples.calculator:Calculator --on http://127.0.0.1:0")
    screen.result(f"another process serves it at {url}")
    screen.say("The generated client calls it:")
    with connect(url) as transport:
        calculator = CalculatorClient(transport)
        screen.result(f"calculator.add(a=2, b=3) -> {calculator.add(a=2, b=3)}")
        calculator.remember(value=42)
        screen.result(f"calculator.recall() -> {_recalled(calculator)}")
        try:
            calculator.divide(a=1, b=0)
        except DivisionByZero as error:
            screen.refusal(f"calculator.divide(a=1, b=0) raises {error!r}")
            screen.say(
                f"The error is a class with typed fields: error.dividend is {error.dividend}."
            )
        else:
            raise StepFailed("1 / 0 was not refused")
    screen.say("On the wire this is JSON-RPC 2.0. Any language can send it:")
    asked = {"jsonrpc": "2.0", "id": 1, "method": "Calculator.divide", "params": {"a": 1, "b": 0}}
    body = json.dumps(asked)
    screen.code(f"POST {url}\n→ {body}\n← {_posted(url, body)}")


def shell(screen: Screen, url: str) -> None:
    """Call the same server without writing any code."""
    screen.step("From the shell")
    screen.say("The server tells its contract, so the shell is typed too:")
    for method, given, expected in SHELL:
        arguments = ["call", url, method, *given]
        screen.command(f"rpcgen {' '.join(arguments)}")
        code, told, complaint = run("rpcgen", arguments)
        if code != expected:
            raise StepFailed(f"`rpcgen call` ended with {code} instead of {expected}: {complaint}")
        if code == 0:
            screen.result(told)
        else:
            screen.refusal(complaint.splitlines()[0])
    screen.say("What the contract forbids is refused before anything is sent.")


def many_calls(screen: Screen, url: str) -> None:
    """Call often, at once."""
    screen.step(f"{CALLS} calls at once")
    screen.say("There is an async client too. It speaks to the same server:")
    with screen.progress(CALLS) as progress:
        seconds = asyncio.run(_race(url, progress))
    rate = f"{CALLS / seconds:,.0f} calls per second"
    screen.result(f"{CALLS} answers in {seconds * 1000:.0f} ms: {rate}, each one typed and checked")


def what_next(screen: Screen) -> None:
    """Say where to go from here."""
    screen.step("What to read next")
    screen.table(
        ["where", "what"],
        [
            ["README.md", "what rpcgen is for, and how to install it"],
            ["docs/language.md", "how to write a contract"],
            ["docs/runtime.md", "clients, servers, deadlines, retries, errors"],
            ["make help", "everything that can be run here"],
        ],
    )


def _excerpt(contract: str) -> str:
    """Return an error, the first call, one that raises the error, a cast; without `##` texts."""
    lines = [it for it in contract.splitlines() if not it.strip().startswith("##")]
    start = next(n for n, line in enumerate(lines) if line.startswith("error "))
    left_out = ("subtract(", "multiply(", "recall(")
    return "\n".join(it for it in lines[start:] if not any(name in it for name in left_out))


def _checked(screen: Screen, file: Path, text: str) -> list[str]:
    """Return what mypy complains about, one line each."""
    file.write_text(text, encoding="utf-8")
    with screen.waiting("mypy checks the client (the first time takes longest)"):
        options = ["--strict", "--no-pretty", "--no-color-output", "--no-error-summary"]
        code, told, complaint = run("mypy", [*options, str(file)])
    found = [it for it in told.splitlines() if ": error: " in it]
    if code != 0 and not found:
        raise StepFailed(f"mypy did not run: {(complaint or told).splitlines()[-1]}")
    return found


def _recalled(calculator: CalculatorClient) -> float:
    """Return what the calculator keeps; nobody waits for a cast, so it may take a moment."""
    deadline = time.monotonic() + 5
    while (kept := calculator.recall()) is None:
        if time.monotonic() > deadline:
            raise StepFailed("the calculator forgot what it was to remember")
        time.sleep(0.01)
    return kept


def _posted(url: str, body: str) -> str:
    """Return the answer to a request that no client of ours has made."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
    try:
        connection.request("POST", parts.path, body, {"content-type": "application/json"})
        return connection.getresponse().read().decode()
    finally:
        connection.close()


async def _race(url: str, progress: Progress) -> float:
    """Call; return how many seconds it took."""
    async with connect_async(url) as transport:
        calculator = AsyncCalculatorClient(transport)
        await calculator.add(a=0, b=0)

        async def call(number: int) -> None:
            if await calculator.add(a=number, b=1) != number + 1:
                raise StepFailed("an answer was wrong")
            progress.advance()

        start = time.perf_counter()
        await asyncio.gather(*(call(it) for it in range(CALLS)))
        return time.perf_counter() - start
