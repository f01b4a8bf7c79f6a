"""What findings look like, whatever they hold."""

import json

import pytest

from rpcgen.cli.findings import Finding, summary, written

PLAIN = Finding("a-rule", "note", "a b.rpc", 0, 0, "said")
HOSTILE = Finding("b-rule", "break", "50%,x:.rpc", 2, 3, "one\x1b[2J\r\nline", "100%\n::error::x")


def test_text_steers_no_terminal() -> None:
    text = written([HOSTILE, PLAIN], "text")
    assert "\x1b" not in text
    assert text.splitlines()[-1] == "a b.rpc: note[a-rule]: said"


def test_a_command_of_a_workflow_stays_on_one_line() -> None:
    assert written([HOSTILE], "github") == (
        "::error file=50%25%2Cx%3A.rpc,line=2,col=3,title=rpcgen b-rule::"
        "one\x1b[2J%0D%0Aline; accepted: 100%25%0A::error::x\n"
    )
    assert written([PLAIN], "github") == "::notice file=a b.rpc,title=rpcgen a-rule::said\n"


@pytest.mark.parametrize("form", ["json", "sarif"])
def test_what_programs_read_is_json_whatever_it_holds(form: str) -> None:
    assert json.loads(written([HOSTILE, PLAIN], form))
    assert json.loads(written([], form)) is not None


def test_findings_are_sorted_by_place() -> None:
    later = Finding("a-rule", "note", "a.rpc", 10, 1, "later")
    sooner = Finding("z-rule", "note", "a.rpc", 9, 7, "sooner")
    assert [it["message"] for it in json.loads(written([later, sooner], "json"))] == [
        "sooner",
        "later",
    ]


def test_the_last_line_counts() -> None:
    assert summary([], 2) == "nothing found in 2 files"
    assert summary([PLAIN], 1) == "1 finding in 1 file"
    assert summary([PLAIN, HOSTILE], 3) == "2 findings in 3 files"
