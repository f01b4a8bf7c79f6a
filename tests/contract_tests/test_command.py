"""`rpcgen test` on the command line: what it prints, and what it refuses."""

import json
import os
import shlex
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.cli.shell import Ran
from tests.contract_tests.held import HERE, hold

ROOT = HERE.parent.parent
SABOTAGED = "tests.contract_tests.sabotaged"
FILES = sorted((HERE / "commands").glob("*.txt"))


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(sys, "path", [*sys.path])


@pytest.mark.parametrize("path", FILES, ids=lambda it: it.stem)
def test_commands_say_what_the_file_says(path: Path) -> None:
    rows: list[str] = []
    for row in path.read_text("utf-8").splitlines():
        if row.startswith("$ rpcgen "):
            ran = Ran.of(tuple(shlex.split(row.removeprefix("$ rpcgen "))))
            said = [*ran.out.splitlines(), *(f"! {it}" for it in ran.err.splitlines())]
            rows += [row, *said, f"[{ran.code}]", ""]
    hold(path, "\n".join(rows))


def test_json_has_each_check_and_each_finding() -> None:
    name = f"{SABOTAGED}.fails_for_the_last_day:Store"
    ran = Ran.of(("test", name, "--method", "Store.later", "--output-format", "json"))

    assert (ran.code, ran.err) == (1, "")
    (tested,) = json.loads(ran.out)
    (finding,) = tested["findings"]
    assert finding["arguments"] == {"days": 1000}
    assert finding["check"] == "errors"
    assert finding["at"].endswith("fails_for_the_last_day.py:11")
    assert not os.path.isabs(finding["at"])
    results = {it["check"]: it["result"] for it in tested["checks"]}
    assert results["errors"] == "failed"
    assert results["refuses"] == "passed"


def test_junit_has_one_case_for_each_check() -> None:
    ran = Ran.of(("test", f"{SABOTAGED}.returns_nan:Store", "--output-format", "junit"))

    assert ran.code == 1
    (suite,) = ET.fromstring(ran.out.partition("\n")[2])  # ours
    assert suite.get("failures") == "1"
    failed = [it for it in suite if it.find("failure") is not None]
    assert [(it.get("classname"), it.get("name")) for it in failed] == [("Store.share", "result")]


def test_the_command_that_is_told_shows_the_finding_again() -> None:
    name = f"{SABOTAGED}.raises_an_undeclared_exception:Store"
    ran = Ran.of(("test", name, "--method", "add", "--seed", "5"))
    again = next(it for it in ran.out.splitlines() if it.startswith("    again"))

    command = shlex.split(again.partition("rpcgen ")[2])

    assert Ran.of(tuple(command)).out == ran.out


def test_a_factory_gives_an_implementation_its_world(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "made.py").write_text(
        "from examples.calculator import Calculator\n\n\n"
        "def calculator() -> Calculator:\n    return Calculator()\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))

    ran = Ran.of(("test", "made:calculator", "--method", "add", "--examples", "0"))

    assert ran.code == 0, ran.err


def test_a_module_that_breaks_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "broken_module.py").write_text("1 / 0\n")
    monkeypatch.syspath_prepend(str(tmp_path))

    ran = Ran.of(("test", "broken_module:Store"))

    assert ran.code == 2
    told = "cannot import `broken_module`: ZeroDivisionError: division by zero"
    assert ran.err == f"rpcgen test: {told}\n"
