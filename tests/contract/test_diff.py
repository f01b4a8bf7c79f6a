"""`rpcgen diff` as its users call it: exit codes, paths, what was accepted."""

from pathlib import Path

import pytest

from tests.cli.shell import Shell
from tests.contract.changed import refusal, told
from tests.contract.states import written

CORPUS = Path(__file__).parent / "corpus"
ACCEPTED = "idl/accepted-changes.txt"

WAS = (
    "package acme.volume 1.3\n\nservice Volumes {\n  call count() -> int\n  call size() -> int\n}\n"
)
IS = "package acme.volume 1.4\n\nservice Volumes {\n  call count() -> float\n}\n"

CASES = {
    "none": "neutral-order-of-fields",
    "note": "timeout-raised",
    "minor": "method-added-call",
    "danger": "timeout-lowered",
    "break": "method-removed-call",
}
"""One case of each verdict, with versions that allow it."""
LEVELS = ("note", "minor", "danger", "break")


@pytest.mark.parametrize("verdict", CASES)
@pytest.mark.parametrize("level", [*LEVELS, "refused"])
def test_fail_on_ends_with_1_from_its_level_on(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, verdict: str, level: str
) -> None:
    monkeypatch.chdir(CORPUS / CASES[verdict])
    ran = shell("diff", "is.rpc", "--against", "was.rpc", "--fail-on", level)

    reached = level in LEVELS and verdict in LEVELS[LEVELS.index(level) :]
    assert ran.code == int(reached), ran


def test_without_fail_on_what_the_versions_refuse_ends_with_1(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(CORPUS / "version-major-not-raised")
    assert shell("diff", "is.rpc", "--against", "was.rpc").code == 1
    assert shell("diff", "is.rpc", "--against", "was.rpc", "--fail-on", "refused").code == 1


@pytest.fixture
def states(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with two states of a contract, which is the current one."""
    monkeypatch.chdir(tmp_path)
    written(tmp_path / "idl", WAS, IS)
    return tmp_path


PAIR = ("idl/is.rpc", "--against", "idl/was.rpc")


def test_an_accepted_change_counts_no_more(shell: Shell, states: Path) -> None:
    before = told(shell, *PAIR)
    assert (before.verdict, [it.rule for it in before.refused]) == ("break", ["version-not-raised"])

    for change in before.changes:
        ran = shell("diff", *PAIR, "--accept", change.fingerprint, "nobody  calls\nit")
        assert (ran.code, ran.err) == (0, "")
        assert ran.out == f"{change.rule} of {change.path} is accepted; {ACCEPTED} says why\n"

    after = told(shell, *PAIR)
    assert (after.verdict, after.refused) == ("none", [])
    assert [it.fingerprint for it in after.changes] == [it.fingerprint for it in before.changes]
    assert {it.accepted for it in after.changes} == {
        f"{it.path}: nobody calls it" for it in before.changes
    }
    assert shell("diff", *PAIR, "--fail-on", "note").code == 0


def test_what_is_accepted_is_kept_in_a_file_for_people(shell: Shell, states: Path) -> None:
    first, second = told(shell, *PAIR).changes
    (states / ACCEPTED).write_text("# Ours.\n\n", encoding="utf-8")
    shell("diff", *PAIR, "--accept", first.fingerprint, "one")
    shell("diff", *PAIR, "--accept", second.fingerprint, "two")

    assert (states / ACCEPTED).read_text(encoding="utf-8") == (
        "# Ours.\n\n"
        f"{first.fingerprint} {first.path}: one\n"
        f"{second.fingerprint} {second.path}: two\n"
    )


def test_a_last_line_without_its_end_is_kept(shell: Shell, states: Path) -> None:
    first, second = told(shell, *PAIR).changes
    line = f"{first.fingerprint} by hand"
    (states / ACCEPTED).write_text(line, encoding="utf-8")
    assert shell("diff", *PAIR, "--accept", second.fingerprint, "two").code == 0

    assert (states / ACCEPTED).read_text(encoding="utf-8").splitlines()[0] == line
    assert told(shell, *PAIR).verdict == "none"


def test_a_change_that_goes_further_is_another_one(shell: Shell, states: Path) -> None:
    (generalised,) = (it for it in told(shell, *PAIR).changes if it.rule == "type-generalised")
    shell("diff", *PAIR, "--accept", generalised.fingerprint, "they read floats")
    (states / "idl/is.rpc").write_text(IS.replace("float", "str"), encoding="utf-8")

    assert {it.accepted for it in told(shell, *PAIR).changes} == {None}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ("0" * 12, "why"),
            f"no change has the fingerprint `{'0' * 12}`; `rpcgen diff` tells them",
        ),
        (("x", "why"), "no change has the fingerprint `x`; `rpcgen diff` tells them"),
    ],
)
def test_what_nobody_found_is_not_accepted(
    shell: Shell, states: Path, words: tuple[str, str], said: str
) -> None:
    assert refusal(shell("diff", *PAIR, "--accept", *words)) == f"rpcgen diff: {said}"
    assert not (states / ACCEPTED).exists()


def test_a_change_is_accepted_once_and_for_a_reason(shell: Shell, states: Path) -> None:
    change = told(shell, *PAIR).changes[0].fingerprint
    said = refusal(shell("diff", *PAIR, "--accept", change, " "))
    assert said.endswith("a change is accepted for a reason: --accept FINGERPRINT REASON")
    assert not (states / ACCEPTED).exists()

    assert shell("diff", *PAIR, "--accept", change, "why").code == 0
    said = refusal(shell("diff", *PAIR, "--accept", change, "again"))
    assert f"`{change}` is accepted already: " in said


@pytest.mark.parametrize(
    "line", ["abc nobody", "0123456789ab", "0123456789AB why", " 0123456789ab why", "why"]
)
def test_a_broken_line_of_what_was_accepted_is_told(shell: Shell, states: Path, line: str) -> None:
    (states / ACCEPTED).write_text(f"# Ours.\n{line}\n", encoding="utf-8")

    assert refusal(shell("diff", *PAIR)) == (
        f"rpcgen diff: cannot read `{ACCEPTED}`: line 2 is not an accepted change; "
        "accepted: a fingerprint of 12 hexadecimal digits, and a reason"
    )


def test_what_was_accepted_has_to_be_text(shell: Shell, states: Path) -> None:
    (states / ACCEPTED).write_bytes(b"\xff\xfe")
    assert refusal(shell("diff", *PAIR)).startswith(f"rpcgen diff: cannot read `{ACCEPTED}`: ")


def test_two_folders_are_compared_package_by_package(shell: Shell, tmp_path: Path) -> None:
    for folder, first, second in (
        ("then", "call a()", "call b()"),
        ("now", "call c()", "call b()"),
    ):
        (tmp_path / folder).mkdir()
        for name, method in (("one", first), ("two", second)):
            text = f"package acme.{name} 1.0\n\nservice Things {{ {method} }}\n"
            (tmp_path / folder / f"{name}.rpc").write_text(text, encoding="utf-8")

    found = told(shell, str(tmp_path / "now"), "--against", str(tmp_path / "then"))
    assert found.rules == [
        ("method-removed", "acme.one.Things.a"),
        ("method-added", "acme.one.Things.c"),
    ]


def test_a_second_major_beside_the_first_touches_nobody(shell: Shell, tmp_path: Path) -> None:
    for folder in ("then", "now"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "v1.rpc").write_text(WAS, encoding="utf-8")
    (tmp_path / "now/v2.rpc").write_text(IS.replace("1.4", "2.0"), encoding="utf-8")

    ran = told(shell, str(tmp_path / "now"), "--against", str(tmp_path / "then"))
    assert (ran.verdict, ran.refused) == ("note", [])
    assert ran.rules == [("package-added", "acme.volume")]


def test_the_next_major_is_compared_with_the_last(shell: Shell, tmp_path: Path) -> None:
    was, now = written(tmp_path, WAS, IS.replace("1.4", "2.0"))
    ran = told(shell, str(now), "--against", str(was))

    assert (ran.verdict, ran.refused) == ("break", [])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nowhere",), "there is no file or folder `nowhere`"),
        (("idl/notes.txt",), "`idl/notes.txt` is not an `.rpc` file"),
        (("idl/is.rpc", "--against", "idl/notes.txt"), "`idl/notes.txt` is not an `.rpc` file"),
        (("alone", "--against", "empty"), "there is no `.rpc` file in `empty`"),
        (("empty", "--against", "idl/was.rpc"), "there is no `.rpc` file in `empty`"),
    ],
)
def test_a_path_that_cannot_be_meant_is_wrong_usage(
    shell: Shell, states: Path, words: tuple[str, ...], said: str
) -> None:
    (states / "idl/notes.txt").write_text("", encoding="utf-8")
    (states / "empty").mkdir()
    (states / "alone").mkdir()
    (states / "alone/volume.rpc").write_text(IS, encoding="utf-8")

    assert refusal(shell("diff", *words)) == f"rpcgen diff: {said}"


def test_mistakes_of_either_side_are_told_with_their_places(shell: Shell, states: Path) -> None:
    (states / "idl/was.rpc").write_text(WAS.replace("int", "number"), encoding="utf-8")
    rows = refusal(shell("diff", *PAIR)).splitlines()

    assert rows[0].startswith("idl/was.rpc:4:19: error[unknown-name]")
    assert rows[-1] == "rpcgen diff: `idl/was.rpc` has mistakes"


@pytest.mark.parametrize(
    "words", [("--fail-on", "worst"), ("--output-format", "xml"), ("--accept", "one"), ("--wrong",)]
)
def test_what_the_options_do_not_know_is_wrong_usage(
    shell: Shell, states: Path, words: tuple[str, ...]
) -> None:
    assert "usage: rpcgen diff" in refusal(shell("diff", *PAIR, *words))
