"""Every pair in the corpus comes to what stands beside it, and to what was judged by hand.

A case is a folder: `was.rpc` became `is.rpc`; `expected.json` is what `rpcgen diff` prints of it.
`RPCGEN_REFRESH=1` rewrites the expectations, and fails the run so that somebody reads them.
"""

import json
import os
import tomllib
from functools import cache
from pathlib import Path

import pytest
from pydantic import JsonValue, TypeAdapter
from typing_extensions import NotRequired, TypedDict

from rpcgen.cli.diff import _compared, _record
from rpcgen.cli.output import as_json
from rpcgen.cli.packages import Read as Both
from rpcgen.contract.changes import SEVERITIES
from rpcgen.contract.rules import RULES, VERSION_RULES
from rpcgen.language import model
from tests.cli.shell import Shell
from tests.contract.states import Read

FOLDER = Path(__file__).parent
CORPUS = FOLDER / "corpus"
CASES = sorted(it for it in CORPUS.iterdir() if it.is_dir())
LEAST = 400
EVERY = 25
"""So many cases are also tried by the command itself, one in so many: it is slower."""

WITHOUT_CASE = {
    "released-changed": "needs a ledger; test_ledger has it",
    "history-edited": "needs a ledger; test_ledger has it",
    "broken-ledger": "needs a ledger; test_ledger has it",
}


class Found(TypedDict):
    """A change, as JSON."""

    rule: str
    severity: str
    direction: str
    path: str
    message: str
    was: str | None
    fingerprint: str


class Refused(TypedDict):
    """What the versions do not allow, as JSON."""

    rule: str


class Expected(TypedDict):
    """What the command prints."""

    verdict: str
    refused: list[Refused]
    changes: list[Found]


class Verdict(TypedDict):
    """A row of the table."""

    verdict: str
    rule: NotRequired[str]
    """The rule that has this severity; none where nothing changed."""
    disputed: NotRequired[str]
    """Why the code should say what stands here, where it says otherwise."""


@cache
def verdicts() -> dict[str, Verdict]:
    text = (FOLDER / "verdicts.toml").read_text(encoding="utf-8")
    return TypeAdapter(dict[str, Verdict]).validate_python(tomllib.loads(text))


@cache
def expected_of(case: Path) -> Expected:
    text = (case / "expected.json").read_bytes()
    return TypeAdapter(Expected).validate_json(text)


def _both(packages: list[model.Package]) -> Both:
    asked = {"was.rpc", "is.rpc"}
    named = [it.name for it in packages if not asked.isdisjoint(it.sources)]
    return Both(packages, frozenset(named))


def name_of(case: Path) -> str:
    return case.name


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_a_pair_comes_to_what_stands_beside_it(case: Path, read: Read) -> None:
    was, now = read(case / "was.rpc"), read(case / "is.rpc")
    found = _without_against(_record(_compared("was.rpc", _both(was), _both(now), {})))
    path = case / "expected.json"
    if os.environ.get("RPCGEN_REFRESH"):
        path.write_text(as_json(found, pretty=True) + "\n", encoding="utf-8")
        pytest.fail("expectation rewritten; read it, then run without RPCGEN_REFRESH")
    assert found == json.loads(path.read_bytes())


@pytest.mark.parametrize("case", CASES[::EVERY], ids=name_of)
def test_the_command_prints_the_same(
    case: Path, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(case)
    ran = shell("diff", "is.rpc", "--against", "was.rpc", "--output-format", "json")

    assert _without_against(json.loads(ran.out)) == json.loads(
        (case / "expected.json").read_bytes()
    )
    assert (ran.code, ran.err) == (1 if expected_of(case)["refused"] else 0, "")


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_a_pair_comes_to_what_was_judged_by_hand(case: Path) -> None:
    expected, judged = expected_of(case), verdicts()[case.name]
    worst = {it["rule"] for it in expected["changes"] if it["severity"] == expected["verdict"]}
    agrees = expected["verdict"] == judged["verdict"]
    agrees &= "rule" not in judged or judged["rule"] in worst

    assert agrees == ("disputed" not in judged), (expected["verdict"], sorted(worst), judged)


def test_the_table_tells_all_cases_and_no_others() -> None:
    assert list(verdicts()) == sorted(it.name for it in CASES)
    assert len(CASES) >= LEAST
    assert {it.parent for it in CORPUS.rglob("*")} == {CORPUS, *CASES}


def test_every_verdict_is_a_severity_or_none() -> None:
    assert {it["verdict"] for it in verdicts().values()} == {*SEVERITIES, "none"}


def test_every_rule_has_a_case() -> None:
    found = {it["rule"] for case in CASES for it in expected_of(case)["changes"]}
    refused = {it["rule"] for case in CASES for it in expected_of(case)["refused"]}

    assert found == set(RULES)
    assert refused == set(VERSION_RULES) - set(WITHOUT_CASE)


def test_every_rule_of_two_severities_has_a_case_for_each() -> None:
    two = {name for name, it in RULES.items() if it.request != it.reply}
    seen = {(it["rule"], it["direction"]) for case in CASES for it in expected_of(case)["changes"]}
    only_in_replies = {it for it in two if it.startswith(ONLY_IN_REPLIES)}

    assert {it for it in two if (it, "reply") not in seen} == set()
    assert {it for it in two if (it, "request") not in seen} == only_in_replies


ONLY_IN_REPLIES = ("event-", "result-", "raises-", "error-", "retryable-")


def test_fingerprints_tell_the_changes_of_a_pair_apart() -> None:
    for case in CASES:
        prints = [it["fingerprint"] for it in expected_of(case)["changes"]]
        assert len(set(prints)) == len(prints), case.name


def test_a_shared_type_is_told_with_both_of_its_uses() -> None:
    (change,) = expected_of(CORPUS / "shared-struct-named-twice")["changes"]

    assert change["direction"] == "both"
    assert "breaks what `Things.create(it)` is sent" in change["message"]
    assert "adds to what `Things.get` gives back" in change["message"]


def _without_against(record: JsonValue) -> JsonValue:
    assert isinstance(record, dict)
    return {key: it for key, it in record.items() if key != "against"}
