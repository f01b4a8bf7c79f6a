"""Which regular expressions a contract may have: matched in linear time, compiled in little.

The engine is the one that matches them at run time; it refuses look-around and back-references.
"""

import re
from math import prod

from pydantic_core import SchemaError, SchemaValidator, core_schema

from rpcgen.language.diagnostics import Report
from rpcgen.language.source import Span

MAX_LENGTH = 1_000
MAX_WORK = 30_000
"""Repetitions that the patterns of one file may ask for together; those of `\\w` count tenfold."""

_REPEAT = re.compile(r"\{(?:[0-9]*,)?([0-9]+),?\}")
_LARGE_CLASS = re.compile(r"\\[wWdDsSpP]|\.")


class Patterns:
    """The patterns of one file."""

    def __init__(self) -> None:
        self._work_left = MAX_WORK
        self._known: set[str] = set()

    def check(self, pattern: str, span: Span, report: Report) -> None:
        """Report a pattern that is not accepted."""
        if pattern in self._known:
            return
        self._known.add(pattern)
        accepted = "a regular expression without look-around or back-references"
        if len(pattern) > MAX_LENGTH:
            message = f"the pattern is longer than {MAX_LENGTH:,} characters"
            report.add("bad-pattern", span, message, "a shorter one")
            return
        self._work_left -= _work(pattern)
        if self._work_left < 0:
            message = "the patterns of this file repeat too much"
            accepted = "smaller numbers in `{…}`, or `max_length` beside the pattern"
            report.add("bad-pattern", span, message, accepted)
        elif not compiles(pattern):
            message = "the pattern is not a regular expression that is matched in linear time"
            report.add("bad-pattern", span, message, accepted)


def compiles(pattern: str) -> bool:
    """Whether the engine takes the pattern."""
    try:
        SchemaValidator(core_schema.str_schema(pattern=pattern))
    except SchemaError:
        return False
    return True


def matches(pattern: str, text: str) -> bool:
    """Whether `text` matches; yes too where the pattern is none."""
    try:
        validator = SchemaValidator(core_schema.str_schema(pattern=pattern))
    except SchemaError:
        return True
    return validator.isinstance_python(text)


def _work(pattern: str) -> int:
    repeats = prod(int(it[:6]) or 1 for it in _REPEAT.findall(pattern))
    return repeats * (10 if repeats > 1 and _LARGE_CLASS.search(pattern) else 1)
