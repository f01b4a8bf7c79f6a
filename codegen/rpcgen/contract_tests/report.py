"""What was checked and found, for people and for other programs. Pure."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from xml.etree import ElementTree as ET

from pydantic import JsonValue

from rpcgen.contract_tests.codecs import dumped
from rpcgen.contract_tests.findings import MEANINGS, Checked, Finding
from rpcgen.contract_tests.suite import EXAMPLES

GOOD, BAD, SKIPPED, NONE = "✓", "✗", "–", "·"
_COLOURS: Final = {GOOD: "32", BAD: "31", SKIPPED: "33", NONE: "2"}
MAX_ARGUMENTS = 2_000
"""Characters of arguments that are shown."""


@dataclass(frozen=True, slots=True)
class Tested:
    """One implementation, and all that was checked of it."""

    name: str
    """As on the command line."""
    contract: str
    """Such as `Volumes of acme.volume 2.3`."""
    seed: int
    examples: int
    checked: Sequence[Checked]

    @property
    def findings(self) -> list[Finding]:
        """Return all findings, in order."""
        return [it for one in self.checked for it in one.findings]

    @property
    def calls(self) -> int:
        """Return how many requests were made."""
        most: dict[str, int] = {}
        for it in self.checked:
            key = it.method if it.check != "refuses" else f"{it.method} refuses"
            most[key] = max(most.get(key, 0), it.tried)
        return sum(most.values())


@dataclass(frozen=True, slots=True)
class Table:
    """The table of checks, line by line."""

    width: int
    """Of the longest method's name."""
    is_coloured: bool

    def head(self) -> str:
        """Return the line above."""
        return f"{'':{self.width}}  {'  '.join(MEANINGS)}".rstrip()

    def row(self, method: str, checked: Sequence[Checked]) -> str:
        """Return the line of one method."""
        marks = {it.check: mark(it) for it in checked}
        cells = (self._cell(marks.get(name, NONE), len(name)) for name in MEANINGS)
        return f"{method:{self.width}}  {'  '.join(cells)}".rstrip()

    def _cell(self, sign: str, width: int) -> str:
        padded = f"{sign:{width}}"
        return f"\x1b[{_COLOURS[sign]}m{padded}\x1b[0m" if self.is_coloured else padded


def mark(checked: Checked) -> str:
    """Return the sign for what one check came to."""
    if checked.skipped is not None:
        return SKIPPED
    return BAD if checked.findings else GOOD


def told(tested: Tested) -> Iterator[str]:
    """Yield the findings for people, and what they come to."""
    for it in tested.findings:
        yield ""
        yield f"{BAD} {it.method}, {it.check}: {it.message}"
        yield from (f"    {name:9} {text}" for name, text in _facts(tested, it))
    skipped = {it.method: it.skipped for it in tested.checked if it.skipped is not None}
    for method, reason in skipped.items():
        yield ""
        yield f"{SKIPPED} {method}: {reason}"
    yield ""
    yield _summary(tested)


def as_json(all_tested: Sequence[Tested]) -> str:
    """Return everything as JSON."""
    document: list[JsonValue] = [
        {
            "name": it.name,
            "contract": it.contract,
            "seed": it.seed,
            "calls": it.calls,
            "checks": [
                {"method": one.method, "check": one.check, "result": _result(one)}
                for one in it.checked
            ],
            "findings": [dict(_members(it, one)) for one in it.findings],
        }
        for it in all_tested
    ]
    return json.dumps(document, ensure_ascii=False, indent=2)


def as_junit(all_tested: Sequence[Tested]) -> str:
    """Return everything as the XML that CI servers read of JUnit: one case for each check."""
    root = ET.Element("testsuites")
    for tested in all_tested:
        failed = sum(1 for it in tested.checked if it.findings)
        about = {
            "name": tested.name,
            "tests": str(len(tested.checked)),
            "failures": str(failed),
        }
        suite = ET.SubElement(root, "testsuite", about)
        for it in tested.checked:
            case = ET.SubElement(suite, "testcase", classname=it.method, name=it.check)
            if it.skipped is not None:
                ET.SubElement(case, "skipped", message=_clean(it.skipped))
            for one in it.findings:
                failure = ET.SubElement(case, "failure", message=_clean(one.message))
                facts = _facts(tested, one)
                failure.text = _clean("\n".join(f"{name}: {text}" for name, text in facts))
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode")


WRITERS: Mapping[str, Callable[[Sequence[Tested]], str]] = {"json": as_json, "junit": as_junit}


def _facts(tested: Tested, finding: Finding) -> Iterator[tuple[str, str]]:
    if finding.arguments is not None:
        text = dumped(finding.arguments).decode()
        cut = text if len(text) <= MAX_ARGUMENTS else text[:MAX_ARGUMENTS] + "…"
        yield "given", cut
    yield "expected", finding.expected
    if finding.at is not None:
        yield "at", finding.at
    yield "again", again(tested, finding)


def again(tested: Tested, finding: Finding) -> str:
    """Return the command that shows a finding once more."""
    method = finding.method.rpartition(".")[2]
    count = "" if tested.examples == EXAMPLES else f" --examples {tested.examples}"
    return f"rpcgen test {tested.name} --method {method} --seed {tested.seed}{count}"


def _members(tested: Tested, finding: Finding) -> Iterator[tuple[str, JsonValue]]:
    yield "method", finding.method
    yield "check", finding.check
    yield "message", finding.message
    yield "expected", finding.expected
    yield "arguments", finding.arguments
    yield "at", finding.at
    yield "again", again(tested, finding)


def _result(checked: Checked) -> str:
    if checked.skipped is not None:
        return "skipped"
    return "failed" if checked.findings else "passed"


def _summary(tested: Tested) -> str:
    methods = len({it.method for it in tested.checked})
    count = len(tested.findings)
    what = _counted(count, "finding") if count else "nothing found"
    counted = [_counted(methods, "method"), _counted(tested.calls, "call"), what]
    return f"{tested.contract}: {', '.join(counted)}"


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'s' * (count != 1)}"


def _clean(text: str) -> str:
    """Return text without what XML cannot hold."""
    return "".join(it if it.isprintable() or it in "\n\t" else "\ufffd" for it in text)
