"""What to say about a place that cannot be read. Pure, but for the report."""

import unicodedata
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from rpcgen.language import habits
from rpcgen.language.diagnostics import Report, shortened
from rpcgen.language.source import Span
from rpcgen.language.words import say, without_soft_keywords

CLOSING = {"(": "`)`", "[": "`]`", "{": "`}`"}
_MAX_LINE = 500


@dataclass(frozen=True, slots=True)
class Opener:
    """A bracket that is open."""

    bracket: str
    span: Span

    def shown(self) -> str:
        """Return its line up to itself, such as `struct Volume {`."""
        source = self.span.source
        line, column = source.position(self.span.start)
        return shortened(source.line(line)[:column][-60:].strip())


def unexpected(
    found: Span, accepted: AbstractSet[str], opener: Opener | None, report: Report
) -> None:
    """Report what stands at `found`, where only the terminals in `accepted` may."""
    text = found.source.text[found.start : found.stop]
    if bad_character(found, report):
        return
    if text in {")", "]", "}"}:
        _closing(found, text, accepted, opener, report)
        return
    hint = _hint(found, accepted)
    if hint is not None:
        report.add("syntax", hint[0], hint[1].message, hint[1].accepted)
    else:
        report.add("syntax", found, f"unexpected `{shortened(text)}`", say(accepted))


def stray_documentation(span: Span, report: Report) -> None:
    """Report a `##` that documents nothing."""
    if not span.opens_line():
        message = "documentation stands above what it describes"
        accepted = "`##` on a line of its own above, or `#` for a comment"
    else:
        message = "documentation describes nothing here"
        accepted = "a declaration or a member below it, or `#` for a comment"
    report.add("stray-documentation", span, message, accepted)


def not_closed(found: Span, opener: Opener, report: Report) -> None:
    """Report a bracket that should have been closed before `found`."""
    message = f"`{opener.shown()}` is not closed before this"
    seen = [(opener.span, "opened here")]
    report.add("unclosed", found, message, f"{CLOSING[opener.bracket]} before it", seen)


def never_closed(opener: Opener, accepted: AbstractSet[str], report: Report) -> None:
    """Report a bracket that is open where the file ends."""
    message = f"`{opener.shown()}` is never closed"
    report.add("unclosed", opener.span, message, say(accepted))


def too_deep(found: Span, report: Report) -> None:
    """Report brackets that nest so deeply that the file is not read any further."""
    report.add("too-deep", found, "brackets nest too deeply here", "64 levels at most")


def ends_too_early(end: Span, accepted: AbstractSet[str], report: Report) -> None:
    """Report that a declaration is not complete where the file ends."""
    report.add("syntax", end, "the file ends too early", say(accepted))


def nested(found: Span, opener: Opener, report: Report) -> None:
    """Report a declaration inside another one."""
    message = "declarations do not stand inside each other"
    seen = [(opener.span, "inside this one")]
    report.add("syntax", found, message, "it at the top of the file", seen)


def bad_character(found: Span, report: Report) -> bool:
    """Report a character that no word begins with, where there is more to say than that."""
    char = found.source.text[found.start]
    if char == '"' and found.stop - found.start == 1:
        if _closes(found):
            report.add("too-many", found, "the text has too many escapes", "20,000 at most")
        else:
            report.add("unclosed", found, "the text is not closed on its line", 'a closing `"`')
    elif char == "'":
        report.add("syntax", found, "texts stand in double quotes", 'for example `"text"`')
    elif ord(char) > 127:
        name = unicodedata.name(char, "a character without a name")
        if char.isspace():
            message = f"this space is U+{ord(char):04X} {name}"
            report.add("not-ascii", found, message, "the space bar's, or a tab")
            return True
        message = f"identifiers are ASCII; this is U+{ord(char):04X} {name}"
        report.add("not-ascii", found, message, "letters `a` to `z`, digits and `_`")
    else:
        return False
    return True


def _closing(
    found: Span, text: str, accepted: AbstractSet[str], opener: Opener | None, report: Report
) -> None:
    if opener is None:
        report.add("syntax", found, f"`{text}` closes nothing", say(accepted))
    elif CLOSING[opener.bracket] != f"`{text}`":
        not_closed(found, opener, report)
    else:
        report.add("syntax", found, f"unexpected `{text}`", say(accepted))


def _hint(found: Span, accepted: AbstractSet[str]) -> tuple[Span, habits.Hint] | None:
    line, column = found.source.position(found.start)
    skipped = max(0, column - 1 - _MAX_LINE)
    text = found.source.line(line)[skipped : column + _MAX_LINE]
    hint = habits.syntax_hint(text, column - 1 - skipped, without_soft_keywords(accepted))
    if hint is None:
        return None
    if hint.start == hint.stop:
        return found, hint
    offset = found.start - (column - 1 - skipped)
    return Span(found.source, offset + hint.start, offset + hint.stop), hint


def _closes(found: Span) -> bool:
    """Whether the text that begins here ends on its line, escapes looked through."""
    line = found.source.text[found.start + 1 :].partition("\n")[0]
    return '"' in line.replace("\\\\", "").replace('\\"', "")
