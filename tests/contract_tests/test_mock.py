"""`rpcgen mock`: the same answer to the same request, errors on demand, a clean end."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from rpcgen_runtime import connect
from tests.cli.shell import Ran
from tests.contract_tests.generated.store.v1 import Full, NotFound, StoreClient, WhichName
from tests.contract_tests.held import HERE

STORE = str(HERE / "contract" / "store.rpc")


@contextmanager
def mocked(*words: str, folder: Path) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    """Run the command; yields where it serves."""
    process = subprocess.Popen(
        [sys.executable, "-m", "rpcgen", "mock", STORE, *words],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(folder)},
    )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        assert line.startswith("mocking store.Store at "), line
        yield line.split()[-1], process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_answers_are_valid_and_the_same_for_the_same_request(tmp_path: Path) -> None:
    words = "--on", "http://127.0.0.1:0", "--seed", "7"
    said = []
    for _ in range(2):
        with mocked(*words, folder=tmp_path) as (url, _process), connect(url) as transport:
            store = StoreClient(transport)
            said.append([store.add(it).model_dump_json() for it in ("a", "b", "a")])
            assert store.count() >= 0

    assert said[0] == said[1]
    assert said[0][0] == said[0][2] != said[0][1]


def test_it_ends_cleanly_and_prints_what_nobody_waits_for(tmp_path: Path) -> None:
    socket = tempfile.mkdtemp(dir="/tmp", prefix="mock-")
    url = f"http+unix://{socket}/s"
    try:
        with mocked("--on", url, folder=tmp_path) as (_, process):
            with connect(url) as transport:
                store = StoreClient(transport)
                store.touch("a")
                store.count()
            assert list(tmp_path.glob("rpcgen-*"))
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0
            assert process.stdout is not None
            assert process.stdout.read() == 'cast Store.touch {"name":"a"}\nstopped\n'
    finally:
        for file in Path(socket).iterdir():
            file.unlink()
        Path(socket).rmdir()
    assert not list(tmp_path.glob("rpcgen-*"))


def test_errors_come_where_they_are_asked_for(tmp_path: Path) -> None:
    words = "--on", "http://127.0.0.1:0", "--fail", "add=Full", "--fail", "Store.find=NotFound"
    with mocked(*words, folder=tmp_path) as (url, _process), connect(url) as transport:
        store = StoreClient(transport)
        with pytest.raises(Full) as raised:
            store.add("a")
        assert raised.value.room >= 0
        with pytest.raises(NotFound):
            store.find(WhichName(name="a"))


def test_a_broker_carries_it_too(vhost_url: str, tmp_path: Path) -> None:
    with mocked("--on", vhost_url, folder=tmp_path) as _, connect(vhost_url) as transport:
        assert StoreClient(transport).add("a").id >= 1


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("nope.rpc",), "there is no file or folder `nope.rpc`"),
        (("README.md",), "`README.md` is not an `.rpc` file"),
        ((STORE, "--fail", "add"), "`add` is no METHOD=ERROR"),
        ((STORE, "--fail", "ad=Full"), "there is no method `ad`"),
        ((STORE, "--fail", "add=Ful"), "`Store.add` does not raise `Ful`; accepted: `Full`"),
        ((STORE, "--fail", "list=Full"), "accepted: none: the method declares no error"),
    ],
)
def test_a_mistake_is_one_sentence(
    words: tuple[str, ...], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(HERE.parent.parent)

    ran = Ran.of(("mock", *words, "--on", "http://127.0.0.1:0"))

    assert (ran.code, ran.out) == (2, "")
    assert told in ran.err


@pytest.mark.parametrize("url", ["memory://a", "https://127.0.0.1", "ftp://a"])
def test_an_address_that_cannot_be_served_is_refused(url: str) -> None:
    ran = Ran.of(("mock", STORE, "--on", url))

    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("rpcgen mock: --on: ")
