"""What commands have found, as one kind of value, and how people and other programs read it. Pure.

`lint`, `check` and `diff` print with it; their exit code is 1 where there is any.
"""

import argparse
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from pydantic import JsonValue

from rpcgen import __version__
from rpcgen.cli.output import as_json, shown
from rpcgen.language.diagnostics import Diagnostic, excerpt

# What others call a level: GitHub's command, SARIF's level.
_ELSEWHERE = {
    "error": ("error", "error"),
    "break": ("error", "error"),
    "warning": ("warning", "warning"),
    "danger": ("warning", "warning"),
    "minor": ("notice", "note"),
    "note": ("notice", "note"),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found. `rule` is stable: `rpcgen explain RULE` tells more about it."""

    rule: str
    level: str
    """`error`, `break`, `warning`, `danger`, `minor` or `note`."""
    path: str
    """As its user would write it."""
    line: int
    """Counted from 1, as is the column; 0 where the whole file is meant."""
    column: int
    message: str
    accepted: str | None = None
    below: tuple[str, ...] = ()
    """More lines for people, such as the line of the file with a caret."""


def found(diagnostic: Diagnostic, level: str = "error") -> Finding:
    """Return a mistake or a lint as a finding."""
    span = diagnostic.span
    path = span.source.name
    line, column = span.source.position(span.start) if span.source.text else (0, 0)
    below = excerpt(span)
    for place, note in diagnostic.seen:
        seen_line, seen_column = place.source.position(place.start)
        below.append(f"  = {note}: {place.source.name}:{seen_line}:{seen_column}")
    return Finding(
        diagnostic.rule,
        level,
        path,
        line,
        column,
        diagnostic.message,
        diagnostic.accepted,
        tuple(below),
    )


def add_option(parser: argparse.ArgumentParser) -> None:
    """Let `parser` take `--output-format`."""
    parser.add_argument(
        "--output-format", choices=tuple(_WRITERS), default="text", help="(default: text)"
    )


def written(findings: Iterable[Finding], form: str) -> str:
    """Return findings in one of the formats that `add_option` offers, sorted by place.

    Text and GitHub's commands are empty where nothing was found; the others always say so.
    """
    ordered = sorted(findings, key=lambda it: (it.path, it.line, it.column, it.rule, it.message))
    return _WRITERS[form](ordered)


def summary(findings: Sequence[Finding], files: int) -> str:
    """Return the last line for people: how much was found, and in how many files it was sought."""
    count = len(findings)
    said = f"{count} finding{'s' * (count != 1)}" if count else "nothing found"
    return f"{said} in {files} file{'s' * (files != 1)}"


def _text(findings: Sequence[Finding]) -> str:
    return "".join(_block(it) for it in findings)


def _block(finding: Finding) -> str:
    rows = [f"{_place(finding)}: {finding.level}[{finding.rule}]: {finding.message}"]
    rows += finding.below
    if finding.accepted is not None:
        rows.append(f"  = accepted: {finding.accepted}")
    return shown("\n".join(rows)) + "\n"


def _place(finding: Finding) -> str:
    return f"{finding.path}:{finding.line}:{finding.column}" if finding.line else finding.path


def _json(findings: Sequence[Finding]) -> str:
    """A list of objects; `accepted` is null where there is none."""
    records: list[JsonValue] = [
        {
            "rule": it.rule,
            "level": it.level,
            "path": it.path,
            "line": it.line,
            "column": it.column,
            "message": it.message,
            "accepted": it.accepted,
        }
        for it in findings
    ]
    return as_json(records, pretty=True) + "\n"


def _github(findings: Sequence[Finding]) -> str:
    """Workflow commands: GitHub shows them beside the lines of a pull request."""
    return "".join(f"{_command(it)}\n" for it in findings)


def _command(finding: Finding) -> str:
    name = _ELSEWHERE[finding.level][0]
    properties = {"file": finding.path, "line": str(finding.line), "col": str(finding.column)}
    if not finding.line:
        properties = {"file": finding.path}
    properties["title"] = f"rpcgen {finding.rule}"
    said = ",".join(f"{key}={_property(it)}" for key, it in properties.items())
    return f"::{name} {said}::{_data(_sentence(finding))}"


def _data(text: str) -> str:
    """Escape what would end a command, as the runner reads it back."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _sentence(finding: Finding) -> str:
    way_out = "" if finding.accepted is None else f"; accepted: {finding.accepted}"
    return finding.message + way_out


def _sarif(findings: Sequence[Finding]) -> str:
    """SARIF 2.1.0: one run of one tool."""
    rules: list[JsonValue] = [{"id": it} for it in sorted({it.rule for it in findings})]
    results: list[JsonValue] = [_result(it) for it in findings]
    driver: JsonValue = {"name": "rpcgen", "version": __version__, "rules": rules}
    document: Mapping[str, JsonValue] = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
        ],
    }
    # SARIF is read by programs alone.
    return json.dumps(document, indent=2) + "\n"


def _result(finding: Finding) -> JsonValue:
    place: dict[str, JsonValue] = {"artifactLocation": {"uri": quote(finding.path)}}
    if finding.line:
        place["region"] = {"startLine": finding.line, "startColumn": finding.column}
    return {
        "ruleId": finding.rule,
        "level": _ELSEWHERE[finding.level][1],
        "message": {"text": _sentence(finding)},
        "locations": [{"physicalLocation": place}],
    }


_WRITERS: Mapping[str, Callable[[Sequence[Finding]], str]] = {
    "text": _text,
    "json": _json,
    "github": _github,
    "sarif": _sarif,
}
