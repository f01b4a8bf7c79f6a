"""What only a process of its own shows: terminals, signals, pipes, bytes."""

import os
import pty
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from tests.cli import fake

COMMAND = [sys.executable, "-m", "rpcgen"]


def run(*words: str, **more: str) -> "subprocess.CompletedProcess[bytes]":
    environment = {**os.environ, **more}
    return subprocess.run(
        [*COMMAND, *words], env=environment, capture_output=True, timeout=50, check=False
    )


def on_a_terminal(*words: str) -> bytes:
    """Return what a command prints on a terminal."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen([*COMMAND, *words], stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    said = b""
    try:
        while part := os.read(ours, 4_096):
            said += part
    except OSError:  # the other end is closed
        pass
    finally:
        os.close(ours)
        process.wait()
    return said.replace(b"\r\n", b"\n")


def test_a_terminal_gets_indented_json_and_a_pipe_one_line(url: str) -> None:
    words = ("call", url, "Kinds.node", "value.name=ü")
    assert on_a_terminal(*words).decode() == '{\n  "name": "ü",\n  "children": []\n}\n'
    assert run(*words).stdout.decode() == '{"name":"ü","children":[]}\n'


def test_on_a_terminal_one_line_tells_what_was_sent(url: str) -> None:
    words = ("call", url, "remember", "3")
    told = b"Calculator.remember: sent; nobody says what became of it\n"
    assert on_a_terminal(*words) == told
    done = run(*words)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_raw_bytes_are_as_they_were_but_steer_no_terminal(url: str) -> None:
    words = ("call", url, "Kinds.a_bytes", "--output-format", "raw")
    assert run(*words, r'value:="/wAbWzMxbQ=="').stdout == b"\xff\x00\x1b[31m"
    shown = on_a_terminal(*words, r'value:="ABtbMzFt"')
    assert shown == b"\\u0000\\u001b[31m\n"


def test_a_terminal_without_the_letters_gets_escapes(url: str) -> None:
    done = run("call", url, "Kinds.a_str", "ü😀", PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stdout) == (0, b'"\\u00fc\\ud83d\\ude00"\n')


def test_a_pipe_that_is_closed_ends_it_quietly(url: str) -> None:
    command = " ".join([*COMMAND, "list", url, "2>&1 | true; exit ${PIPESTATUS[0]}"])
    done = subprocess.run(["bash", "-c", command], capture_output=True, timeout=50, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (141, b"", b"")


@pytest.fixture
def silent() -> Iterator[tuple[str, threading.Event]]:
    """A server that takes requests, says so, and answers none."""
    asked, ended = threading.Event(), threading.Event()

    def answer(_request: dict[str, object]) -> int:
        asked.set()
        ended.wait(30)
        return 503

    with fake.served(answer) as url:
        yield url, asked
        ended.set()


@pytest.mark.parametrize("command", ["call", "list", "ping"])
def test_ctrl_c_ends_it_while_it_waits(silent: tuple[str, threading.Event], command: str) -> None:
    url, asked = silent
    words = [command, url, *(["add", "1", "2"] if command == "call" else [])]
    with subprocess.Popen(
        [*COMMAND, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert asked.wait(20)
        process.send_signal(signal.SIGINT)
        said, complaint = process.communicate(timeout=10)
    # A shell calls this 130.
    assert (process.returncode, said, complaint) == (-signal.SIGINT, b"", b"")


def test_compiling_and_explaining_start_without_the_runtime() -> None:
    code = (
        "import sys; from rpcgen.cli.main import main; main(['explain']); "
        "import rpcgen.cli.build; print([it for it in sys.modules if 'rpcgen_runtime' in it])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=50, check=False
    )
    assert done.stdout.endswith("\n[]\n")
