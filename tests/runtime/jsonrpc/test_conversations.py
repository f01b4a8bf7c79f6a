"""The conversations in files, replayed against our server. README.md says how they are written.

Each turn stands under a heading that says where it is demanded: a row of the two tables of hostile
and misread inputs (4.1 by its number, 4.3 by the short ids below), a section of a specification, or
a limit of ours. Every row and every limit has a turn.
"""

import logging
import os
import re
from dataclasses import fields, replace
from pathlib import Path

import pytest

from rpcgen.compile import compile_paths
from rpcgen.python import output
from rpcgen_runtime import HttpLimits
from tests.runtime.jsonrpc.conversation import (
    Ask,
    Block,
    ConversationError,
    Ending,
    Turn,
    read,
)
from tests.runtime.jsonrpc.play import claiming, play, play_on_one
from tests.runtime.jsonrpc.served import Specification, serving

__all__ = ["Specification"]

HERE = Path(__file__).parent
FILES = sorted((HERE / "conversations").glob("*.txt"))

_NUMBERED = [(at, file, block) for file in FILES for at, block in enumerate(read(file))]
# The first of each file, then the second of each: those of one file take about as long.
BLOCKS = [
    pytest.param(file.name, block, id=f"{file.stem}-{block.turns[0].line}")
    for _, file, block in sorted(_NUMBERED, key=lambda it: it[:2])
]

ROWS = {str(it) for it in range(1, 43)}
"""Of the table 4.1: hostile inputs."""
MISREAD = {
    "positional",
    "junk-in-batch",
    "notification-batch",
    "equal-ids",
    "null-id",
    "empty-id",
    "fractional-id",
    "long-id",
    "boolean-id",
    "structured-id",
    "version",
    "silent-notification",
    "nan",
    "invalid-utf8",
    "deep-array",
    "unknown-member",
    "empty-body",
}
"""Rows of the table 4.3: what known servers get wrong."""
PLAIN = {
    "named",
    "unknown-method",
    "parse-error",
    "invalid-request",
    "empty-batch",
    "batch-of-one",
    "scalar",
    "zero-id",
    "wrong-type",
    "missing-method",
    "wrong-names",
    "exception",
}
"""What all the known servers of 4.3 get right."""
RULES = {"params", "rpc-prefix", "one-outcome", "order", "http"}
"""The rules below the table 4.3."""
LIMITS = {it.name for it in fields(HttpLimits)} | {"max_in_flight"}

HEADING = re.compile(
    r"(?P<kind>4\.1 rows? |4\.3: |limits? |JSON-RPC 2\.0, section |RFC \d+, section |health)"
    r"(?P<names>[^:]*)(: .+)?"
)
MAY_LOG_ERRORS = {"rpcgen_runtime.dispatch", "rpcgen_runtime.http"}
"""Who may log an error while hostile input comes in: what a handler or an authenticator raised."""


def _turns() -> list[Turn]:
    return [turn for file in FILES for block in read(file) for turn in block.turns]


def _named(kind: str) -> set[str]:
    """Return what the headings of turns name, of one kind."""
    found: set[str] = set()
    for turn in _turns():
        match = HEADING.fullmatch(turn.heading)
        if match is not None and match["kind"].startswith(kind):
            found.update(re.split(r"[, ]+", match["names"].strip()))
    return found


def check_log(caplog: pytest.LogCaptureFixture) -> None:
    """Hold what was logged to what may be: no error but those that handlers make, no forgery."""
    for record in caplog.records:
        text = record.getMessage()
        if record.levelno >= logging.ERROR:
            told = logging.Formatter().format(record)
            assert record.name in MAY_LOG_ERRORS, f"{record.name}: {told}"
        assert text.isprintable(), f"a log line of several lines: {text!r}"


@pytest.mark.parametrize(("name", "block"), BLOCKS)
def test_a_conversation_goes_as_written(
    name: str, block: Block, caplog: pytest.LogCaptureFixture
) -> None:
    with serving(block.words) as served:
        problems = [f"{name}:{it}" for it in play(block, served.address)]
        served.settle()
    assert not problems, "\n".join(problems)
    check_log(caplog)


@pytest.mark.parametrize("file", FILES, ids=lambda it: it.stem)
@pytest.mark.parametrize("claim", [None, ("rpcgen-version", "1.0")], ids=["foreign", "ours"])
def test_one_connection_carries_all_plain_turns_whoever_says_to_send_them(
    file: Path, claim: tuple[str, str] | None
) -> None:
    problems: list[str] = []
    for block in read(file):
        plain = [it for it in block.turns if _is_plain(it)]
        turns = [claiming(it, *claim) for it in plain] if claim is not None else plain
        if turns and not block.words:
            with serving({}) as served:
                problems += [f"{file.name}:{it}" for it in play_on_one(turns, served.address)]
    assert not problems, "\n".join(problems)


def test_what_is_open_is_still_open() -> None:
    """Looks at open turns only where it is asked to: `RPCGEN_OPEN=1`."""
    passing = []
    for file in FILES if os.environ.get("RPCGEN_OPEN") == "1" else ():
        for block in read(file, with_open=True):
            for turn in block.turns:
                if turn.heading.startswith("open:"):
                    with serving(block.words) as served:
                        problems = list(play(replace(block, turns=[turn]), served.address))
                    passing += [] if problems else [f"{file.name}:{turn.line} {turn.heading}"]
    assert not passing, "open no more:\n" + "\n".join(passing)


def _is_plain(turn: Turn) -> bool:
    """Whether a turn says well-formed HTTP and leaves the connection open."""
    if turn.crowd or turn.is_repeated or turn.connection:
        return False
    stays = all(
        it.ending is Ending.STAYS and "connection" not in it.headers for it in turn.expected
    )
    return stays and all(isinstance(it, Ask) for it in turn.steps)


def test_every_heading_says_where_it_is_demanded() -> None:
    for turn in _turns():
        assert HEADING.fullmatch(turn.heading), turn.heading


def test_every_row_has_a_turn() -> None:
    assert _named("4.1") == ROWS
    assert _named("4.3") == MISREAD | PLAIN | RULES
    assert _named("limit") == LIMITS


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("--> {}\n<-- 204", "1: no `//` heading"),
        ("// x\n<-- 204", "2: an answer to nothing"),
        ("// x\n--> {}", "2: the last turn has no answer"),
        ("// x\n@on a\n<-- 204", "an answer to nothing"),
        ("// x\n--> {}\n<-- soon", "3: no such word: soon"),
        ("// x\n--> {}\n<-- !allow", "3: an answer needs a status"),
        ("// x\n>> \\q\n<-- 400", r"2: no such escape: \\q"),
        ("// x\n@faster\n--> {}\n<-- 204", "2: no such direction: @faster"),
        ("// x\n--> {}\n@server\n<-- 204", "3: a turn without an answer"),
        ("// x\nhello\n<-- 204", "2: not a line of a conversation: hello"),
    ],
)
def test_a_file_that_is_no_conversation_is_told_of_by_its_line(
    tmp_path: Path, text: str, problem: str
) -> None:
    path = tmp_path / "x.txt"
    path.write_text(text)
    with pytest.raises(ConversationError, match=f"x.txt:.*{problem}"):
        read(path)


def test_the_contract_of_the_suite_is_compiled_as_the_compiler_compiles_now() -> None:
    source = HERE / "contract"
    compiled = compile_paths([source], source)
    assert not compiled.report, compiled.report.diagnostics
    found = output.changes(HERE / "generated", compiled.files, compiled.folders)
    if os.environ.get("RPCGEN_REFRESH") == "1":
        output.write(found)
    assert "".join(it.diff() for it in found) == ""
