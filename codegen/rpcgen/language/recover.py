"""Where to read on after a mistake. Pure functions over text."""

import re
import unicodedata

from rpcgen.language.diagnostics import Report
from rpcgen.language.source import Span
from rpcgen.language.words import DECLARATIONS

_SKIPPED = re.compile(r'"(?:[^"\\\n]|\\[^\n])*"?|#[^\n]*|[(\[{]|[)\]}]|\n|,')
_FIRST_WORD = re.compile(r"[ \t\n]*(?:([a-z_]+)\b|(##))")
_NEW_DECLARATION = re.compile(r"[ \t]*([a-z]+)[ \t]+$")


def next_member(text: str, start: int, depth: int, *, top: bool) -> int:
    """Return the offset at which the next member (at the top: declaration) begins.

    `depth` brackets that are open at `start` belong to what is skipped.
    """
    position = start
    while match := _SKIPPED.search(text, position):
        found = match.group()
        if found in "([{":
            depth += 1
        elif found in ")]}":
            depth -= 1
            if depth < 0 and not top:
                return match.start() if match.start() > start or found == "}" else match.end()
            depth = max(depth, 0)
        elif depth == 0 and (
            (found == "," and not top)
            or (found == "\n" and (not top or _begins_declaration(text, match.end())))
        ):
            return match.end()
        position = match.end()
    return len(text)


def looks_unclosed(found: Span) -> bool:
    """Whether a declaration seems to begin on this line, as when a `}` above it is missing."""
    before = found.source.text[line_start(found) : found.start]
    match = _NEW_DECLARATION.fullmatch(before)
    opener = found.source.text[found.start : found.start + 1]
    return match is not None and match[1] in DECLARATIONS and (opener.isalpha() or opener == '"')


def line_start(found: Span) -> int:
    """Return the offset at which the line of `found` begins, or the one before at least."""
    return found.source.text.rfind("\n", 0, found.start) + 1


def bad_character(found: Span, report: Report) -> bool:
    """Report a character that no word begins with, where there is more to say than that."""
    char = found.source.text[found.start]
    if char == '"':
        report.add("unclosed", found, "the text is not closed on its line", 'a closing `"`')
    elif char == "'":
        report.add("syntax", found, "texts stand in double quotes", 'for example `"text"`')
    elif ord(char) > 127:
        name = unicodedata.name(char, "a character without a name")
        message = f"identifiers are ASCII; this is U+{ord(char):04X} {name}"
        report.add("not-ascii", found, message, "letters `a` to `z`, digits and `_`")
    else:
        return False
    return True


def _begins_declaration(text: str, offset: int) -> bool:
    match = _FIRST_WORD.match(text, offset)
    return match is not None and (match[2] is not None or match[1] in DECLARATIONS)
