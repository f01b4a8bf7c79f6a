"""`rpcgen check` and `rpcgen lint`: all that is wrong is said, once, in four forms."""

import json
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.cli.shell import Shell

TIDY = """## Block storage.
package acme.volume 1.0

service Volumes {
  call create(name: str) -> uuid
}
"""
LINT = TIDY.replace("create(name: str)", "get(name: str)")
UNTIDY = TIDY.replace("  call", "\tcall")
WRONG = TIDY.replace("uuid", "UUID")


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with one contract, built."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "idl").mkdir()
    write(TIDY)
    return tmp_path


def write(text: str, name: str = "volume") -> None:
    Path(f"idl/{name}.rpc").write_text(text, encoding="utf-8")


def rules(shell: Shell, *words: str) -> list[str]:
    ran = shell(*words, "--output-format", "json")
    assert ran.err == ""
    found = [it["rule"] for it in json.loads(ran.out)]
    assert ran.code == bool(found)
    return found


def test_nothing_is_found_in_what_is_right(shell: Shell) -> None:
    shell("build")
    assert shell("check").printed == "nothing found in 1 file"
    assert shell("lint").printed == "nothing found in 1 file"


def test_every_step_says_what_it_finds(shell: Shell) -> None:
    shell("build")
    write(UNTIDY.replace("create", "get"))
    ran = shell("check")
    assert (ran.code, ran.err) == (1, "")
    lines = ran.out.splitlines()
    stale = (
        "generated/acme/volume/v1/client.py: error[not-current]: not what the contract says today"
    )
    assert lines[:2] == [stale, "  = accepted: what `rpcgen build` writes"]
    read = "`get` only reads, by its name, and does not promise it"
    assert lines[-7:-1] == [
        "idl/volume.rpc:5:1: error[not-laid-out]: not laid out",
        "  = accepted: what `rpcgen format` writes",
        f"idl/volume.rpc:5:7: warning[missing-readonly]: {read}",
        "    5 | \tcall get(name: str) -> uuid",
        "      | \t     ^^^",
        "  = accepted: `readonly`: then it is tried again after a failure; or another name",
    ]
    assert re.fullmatch(r"[0-9]+ findings in 1 file", lines[-1])


def test_generated_code_that_is_not_there_is_missing(shell: Shell) -> None:
    out = shell("check").out
    assert "generated/acme/volume/v1/client.py: error[not-current]: missing\n" in out
    assert not Path("generated").exists()
    shell("build", "--out", "elsewhere")
    assert shell("check", "--out", "elsewhere").code == 0


def test_mistakes_are_said_once_and_stop_what_needs_the_meaning(shell: Shell) -> None:
    shell("build")
    write(WRONG)
    write("package acme.other 1.0\nstruct  S { import: str }\n", "other")
    assert rules(shell, "check") == ["not-laid-out", "unknown-name"]
    assert rules(shell, "lint") == ["unknown-name"]


def test_a_mistake_of_names_in_python_is_one_too(shell: Shell) -> None:
    write(TIDY + "\nenum Kind { a, a_ }\nerror E(1) { class: str, class_: Kind }\n")
    assert "python-clash" in rules(shell, "check")


def test_strict_adds_what_careful_people_do(shell: Shell) -> None:
    shell("build")
    assert rules(shell, "lint", "--strict") == ["missing-doc", "missing-doc", "unbounded-request"]
    assert rules(shell, "check", "--strict") == rules(shell, "lint", "--strict")


def test_only_what_is_named_is_told_of(shell: Shell) -> None:
    write(LINT)
    write(LINT.replace("volume", "other"), "other")
    assert len(rules(shell, "lint")) == 2
    assert len(rules(shell, "lint", "idl/other.rpc")) == 1
    assert shell("lint", "idl/other.rpc", "idl/volume.rpc").out.endswith("2 findings in 2 files\n")


def test_findings_as_json_have_what_programs_need(shell: Shell) -> None:
    write(LINT)
    ran = shell("lint", "--output-format", "json")
    assert json.loads(ran.out) == [
        {
            "rule": "missing-readonly",
            "level": "warning",
            "path": "idl/volume.rpc",
            "line": 5,
            "column": 8,
            "message": "`get` only reads, by its name, and does not promise it",
            "accepted": "`readonly`: then it is tried again after a failure; or another name",
        }
    ]
    write(TIDY)
    assert shell("lint", "--output-format", "json").printed == "[]"


def test_findings_for_github_are_commands_of_a_workflow(shell: Shell) -> None:
    write(LINT)
    assert shell("lint", "--output-format", "github").out == (
        "::warning file=idl/volume.rpc,line=5,col=8,title=rpcgen missing-readonly::"
        "`get` only reads, by its name, and does not promise it; "
        "accepted: `readonly`: then it is tried again after a failure; or another name\n"
    )
    write(TIDY)
    assert shell("lint", "--output-format", "github").out == ""


def test_findings_as_sarif_name_the_tool_the_rule_and_the_place(shell: Shell) -> None:
    write(LINT)
    document = json.loads(shell("lint", "--output-format", "sarif").out)
    (run,) = document["runs"]
    assert (document["version"], run["tool"]["driver"]["name"]) == ("2.1.0", "rpcgen")
    assert run["tool"]["driver"]["rules"] == [{"id": "missing-readonly"}]
    (result,) = run["results"]
    assert (result["ruleId"], result["level"]) == ("missing-readonly", "warning")
    assert result["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "idl/volume.rpc"},
                "region": {"startLine": 5, "startColumn": 8},
            }
        }
    ]


@pytest.mark.parametrize("command", ["check", "lint"])
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nowhere"], "there is no file or folder `nowhere`"),
        (["empty"], "there is no `.rpc` file in `empty`"),
    ],
)
def test_wrong_usage_is_said_in_one_sentence(
    shell: Shell, command: str, words: list[str], said: str
) -> None:
    Path("empty").mkdir()
    ran = shell(command, *words)
    assert (ran.code, ran.out, ran.err) == (2, "", f"rpcgen {command}: {said}\n")


def test_a_file_in_the_place_of_a_generated_one_is_wrong_usage(shell: Shell) -> None:
    place = Path("generated/acme/volume/v1/client.py")
    place.parent.mkdir(parents=True)
    place.write_text("mine = 1\n", encoding="utf-8")
    ran = shell("check")
    assert (ran.code, ran.out) == (2, "")
    assert "is not ours" in ran.err


def test_explain_knows_every_rule_that_check_says(shell: Shell) -> None:
    listed = [it.split()[0] for it in shell("explain").printed.splitlines()]
    assert listed == sorted(set(listed))
    for rule in ("not-laid-out", "not-current", "missing-readonly", "unknown-name"):
        assert rule in listed
        assert shell("explain", rule).printed.startswith(f"# {rule}: ")


def test_what_another_file_of_the_source_root_needs_is_needed(shell: Shell) -> None:
    write(TIDY + "\nstruct Size { gb: int }\n")
    assert rules(shell, "lint", "idl/volume.rpc") == ["unused-declaration"]
    user = 'package acme.other 1.0\n\nimport "volume.rpc" as volume\n\n'
    write(user + "service Others {\n  call resize(to: volume.Size)\n}\n", "other")
    assert rules(shell, "lint", "idl/volume.rpc") == []
    write("package acme.other 1.0\nstruct {\n", "other")
    assert rules(shell, "lint", "idl/volume.rpc") == ["unused-declaration"]


def test_the_hooks_of_pre_commit_run_commands_that_there_are(shell: Shell) -> None:
    text = (Path(__file__).parents[2] / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")
    entries = re.findall(r"^  entry: rpcgen (\w+)$", text, re.MULTILINE)
    assert [f"rpcgen-{it}" for it in entries] == re.findall(r"^- id: (.+)$", text, re.MULTILINE)
    shell("build")
    for command in entries:
        assert shell(command, "idl/volume.rpc").code == 0


def test_watch_checks_again_after_a_change(project: Path) -> None:
    command = [sys.executable, "-m", "rpcgen", "check", "--watch", "--output-format", "github"]
    with subprocess.Popen(
        command, cwd=project, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        patience = threading.Timer(60, process.kill)
        patience.start()
        try:
            assert process.stdout is not None
            assert "rpcgen not-current" in process.stdout.readline()
            write(WRONG)
            for line in process.stdout:
                if "rpcgen unknown-name" in line:
                    break
            else:
                pytest.fail("it ended")
            Path("idl/volume.rpc").unlink()
            said = "rpcgen check: there is no `.rpc` file in `idl`\n"
            assert said in iter(process.stdout.readline, "")
        finally:
            patience.cancel()
            process.kill()
