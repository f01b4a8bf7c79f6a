"""What was released is replayed against the implementation, and a changed file is refused."""

import json
import sys
from pathlib import Path

import pytest

from rpcgen.compile import compile_paths
from rpcgen.contract import ledger
from rpcgen.contract.records import recorded
from rpcgen.contract.restore import restored
from rpcgen.contract_tests.vectors import record, text
from rpcgen.python.render import Renderer
from tests.cli.shell import Ran
from tests.contract_tests.held import HERE

ROOT = HERE.parent.parent
SOUND = "tests.contract_tests.sound:Sound"


@pytest.fixture
def released(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every minor of the store, released below a source root of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(ROOT), *sys.path])
    package = compile_paths([HERE / "contract"], HERE / "contract").packages[0]
    folder = tmp_path / "idl" / "released"
    for minor in range(package.version.minor + 1):
        past = restored(recorded(package, minor), "the store")
        vectors = text(record(past[0], Renderer().files(past[0])))
        entries = ledger.read(folder, package.name, package.version.major)
        before = entries[-1] if entries else None
        ledger.write(folder, ledger.written(recorded(package, minor), before, vectors)[0])
    return folder


def test_what_every_earlier_minor_said_is_understood(released: Path) -> None:
    ran = Ran.of(("test", SOUND, "--examples", "0", "--method", "add", "--method", "find"))

    assert (ran.code, ran.err) == (0, "")
    row = next(it for it in ran.out.splitlines() if it.startswith("Store.add"))
    assert row.endswith("✓"), ran.out


def test_a_difference_is_a_finding(released: Path) -> None:
    path = released / "store-1.0.vectors.json"
    vectors = json.loads(path.read_text("utf-8"))
    reply = vectors["services"]["Store"]["count"]["replies"]["least"]
    reply["http"]["body"] = reply["http"]["body"].replace("0}", '"0"}')
    _release_again(released, "store-1.0", text(vectors))

    ran = Ran.of(("test", SOUND, "--examples", "0", "--method", "count"))

    assert ran.code == 1
    assert "Store.count, releases: store 1.0: Store.count, reply least, http: " in ran.out


def test_a_file_that_was_changed_is_refused(released: Path) -> None:
    with (released / "store-1.1.vectors.json").open("a", encoding="utf-8") as file:
        file.write("\n")

    ran = Ran.of(("test", SOUND, "--method", "count"))

    assert (ran.code, ran.out) == (2, "")
    assert "store-1.1.vectors.json` is not what was released with 1.1" in ran.err


def _release_again(folder: Path, name: str, vectors: str) -> None:
    """Let a minor be the only one that was released, with other vectors."""
    contract = json.loads((folder / f"{name}.json").read_text("utf-8"))["contract"]
    for file in folder.iterdir():
        file.unlink()
    ledger.write(folder, ledger.written(contract, None, vectors)[0])
