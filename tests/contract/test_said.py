"""What `rpcgen diff` prints, in files: one for each format, `was.rpc` and `is.rpc` beside them.

`RPCGEN_REFRESH=1` rewrites the files, and fails the run so that somebody reads them.
"""

import json
import os
from pathlib import Path

import pytest

from rpcgen import __version__
from tests.cli.shell import Shell

FOLDER = Path(__file__).parent / "said"
FILES = {"text": "txt", "json": "json", "github": "github", "sarif": "sarif"}
SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


@pytest.fixture(autouse=True)
def in_the_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FOLDER)


@pytest.mark.parametrize("form", FILES)
def test_a_format_is_what_stands_in_its_file(shell: Shell, form: str) -> None:
    ran = shell("diff", "is.rpc", "--against", "was.rpc", "--output-format", form)
    found = ran.out.replace(__version__, "VERSION") + "".join(
        f"! {it}\n" for it in ran.err.splitlines()
    )
    path = FOLDER / f"diff.{FILES[form]}"
    if os.environ.get("RPCGEN_REFRESH"):
        path.write_text(found, encoding="utf-8")
        pytest.fail("expectation rewritten; read it, then run without RPCGEN_REFRESH")
    assert found == path.read_text(encoding="utf-8")
    assert ran.code == 1


def test_a_state_of_its_own_is_no_change_in_any_format(shell: Shell) -> None:
    said = {
        it: shell("diff", "is.rpc", "--against", "is.rpc", "--output-format", it) for it in FILES
    }

    assert {it.code for it in said.values()} == {0}
    assert (said["text"].out, said["text"].err) == ("", "against is.rpc: nothing changed\n")
    assert said["github"].out == ""
    assert json.loads(said["json"].out)["verdict"] == "none"
    assert json.loads(said["sarif"].out)["runs"][0]["results"] == []


def test_sarif_names_its_schema_its_rules_and_lines_that_are_there() -> None:
    document = json.loads((FOLDER / "diff.sarif").read_bytes())
    (run,) = document["runs"]
    rules = [it["id"] for it in run["tool"]["driver"]["rules"]]
    lines = (FOLDER / "is.rpc").read_text(encoding="utf-8").splitlines()

    assert (document["$schema"], document["version"]) == (SCHEMA, "2.1.0")
    assert sorted({it["ruleId"] for it in run["results"]}) == rules
    assert {it["level"] for it in run["results"]} == {"error", "warning", "note"}
    for result in run["results"]:
        (place,) = result["locations"]
        physical = place["physicalLocation"]
        assert physical["artifactLocation"]["uri"] == "is.rpc"
        region = physical["region"]
        assert 1 <= region["startColumn"] <= len(lines[region["startLine"] - 1])
