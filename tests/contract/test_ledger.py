"""`rpcgen diff --against ledger`, and `rpcgen release` before it: what was promised stays."""

import json
from pathlib import Path

import pytest

from tests.cli.shell import Shell
from tests.contract.changed import refusal, told
from tests.contract.pages import examples, page_of

ONE = "package acme.volume 1.0\n\nservice Volumes {\n  call count() -> int\n}\n"
TWO = ONE.replace("1.0", "1.1").replace("int\n", "int\n  call size() -> int since 1.1\n")
THREE = TWO.replace("acme.volume 1.1", "acme.volume 1.2").replace(
    "int since 1.1\n", "int since 1.1\n  call pause() since 1.2\n"
)
LEDGER = ("--against", "ledger")


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "idl").mkdir()
    monkeypatch.chdir(tmp_path)


def write(text: str) -> None:
    Path("idl/volume.rpc").write_text(text, encoding="utf-8")


def release(shell: Shell, *texts: str) -> None:
    """Release states one after another; the last one stays."""
    for text in texts:
        write(text)
        ran = shell("release")
        assert (ran.code, ran.err) == (0, "")


def test_before_the_first_release_there_is_nothing_to_compare_with(shell: Shell) -> None:
    write(ONE)
    assert refusal(shell("diff", *LEDGER)) == (
        "rpcgen diff: nothing is released yet; `rpcgen release` records what is there"
    )


def test_what_was_released_is_no_change(shell: Shell) -> None:
    release(shell, ONE, TWO, THREE)
    found = told(shell, *LEDGER)

    assert (found.against, found.refused) == ("the ledger", [])
    assert {it.rule for it in found.changes} == {"method-added"}
    assert shell("diff", *LEDGER).code == 0


def test_the_next_minor_is_allowed_before_it_is_released(shell: Shell) -> None:
    release(shell, ONE)
    write(TWO)

    found = told(shell, *LEDGER)
    assert (found.verdict, found.refused) == ("minor", [])


def test_every_released_minor_is_compared_with(shell: Shell) -> None:
    release(shell, ONE, TWO)
    write(THREE.replace("  call size() -> int since 1.1\n", "").replace("-> int", "-> float"))

    found = told(shell, *LEDGER)
    assert ("type-generalised", "acme.volume.Volumes.count[result]") in found.rules
    assert ("method-removed", "acme.volume.Volumes.size") in found.rules
    assert "version-not-raised" in {it.rule for it in found.refused}
    assert shell("diff", *LEDGER).code == 1


def test_a_break_in_a_new_major_has_a_ledger_of_its_own(shell: Shell) -> None:
    release(shell, ONE)
    write(ONE.replace("1.0", "2.0").replace("int", "str"))

    assert shell("release").code == 0
    assert told(shell, *LEDGER).rules == []


@pytest.mark.parametrize("rule", ["released-changed", "history-edited"])
def test_the_example_of_a_page_is_refused_and_its_way_out_is_not(shell: Shell, rule: str) -> None:
    was, now, instead = examples(page_of(rule)).values()
    release(shell, was)
    write(now)
    found = told(shell, *LEDGER)
    assert rule in {it.rule for it in found.refused}
    assert shell("diff", *LEDGER).code == shell("release").code == 1

    write(instead)
    assert told(shell, *LEDGER).refused == []
    assert shell("release").code == 0


def test_the_example_of_a_page_is_not_recorded(shell: Shell) -> None:
    release(shell, ONE)
    before = sorted(Path("idl/released").iterdir())
    write(ONE.replace("count", "number"))

    ran = shell("release")
    assert (ran.code, ran.out) == (1, "")
    assert "refused[released-changed]" in ran.err
    assert ran.err.endswith("nothing was recorded\n")
    assert sorted(Path("idl/released").iterdir()) == before


def test_a_version_behind_the_ledger_is_refused(shell: Shell) -> None:
    release(shell, ONE, TWO)
    write(ONE)

    assert {it.rule for it in told(shell, *LEDGER).refused} >= {"version-lowered"}


def test_documentation_of_a_released_minor_may_change(shell: Shell) -> None:
    release(shell, ONE)
    write(ONE.replace("  call", "  ## How many.\n  call"))

    found = told(shell, *LEDGER)
    assert (found.rules, found.refused) == ([], [])


def _changed(path: Path) -> None:
    path.write_text(path.read_text(encoding="utf-8").replace("count", "number"), encoding="utf-8")


def _removed(path: Path) -> None:
    path.unlink()


def _cut_off(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


def _emptied(path: Path) -> None:
    path.write_text("{}", encoding="utf-8")


def _no_text(path: Path) -> None:
    path.write_bytes(b"\xff\xfe")


def _made_up(path: Path) -> None:
    record = json.loads(path.read_bytes())
    record["digest"] = "sha256:0"
    path.write_text(json.dumps(record), encoding="utf-8")


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize(
    "break_", [_changed, _removed, _cut_off, _emptied, _no_text, _made_up, _folder]
)
def test_a_released_file_that_is_not_what_it_was_is_refused(shell: Shell, break_: object) -> None:
    release(shell, ONE, TWO)
    assert callable(break_)
    break_(Path("idl/released/acme.volume-1.0.json"))

    (refused,) = told(shell, *LEDGER).refused
    assert (refused.rule, refused.path) == ("broken-ledger", "acme.volume")
    assert shell("diff", *LEDGER).code == 1
    write(THREE)
    ran = shell("release")
    assert (ran.code, ran.out) == (1, "")
    assert "released/acme.volume-1." in ran.err
    assert not Path("idl/released/acme.volume-1.2.json").exists()
