"""Where to read on after a mistake. Pure functions over text."""

import re

from rpcgen.language.source import Span
from rpcgen.language.words import DECLARATIONS

_SKIPPED = re.compile(r'"[^"\\\n]*(?:\\[^\n][^"\\\n]*){0,20000}"?|#[^\n]*|[(\[{]|[)\]}]|\n|,')
_FIRST_WORD = re.compile(r"[ \t\n]*(?:([a-z_]+)\b|(##))")
_UNINDENTED_WORD = re.compile(r"\n*[A-Za-z_@]")
_DECLARATION = re.compile(
    r"[ \t]*(?:(?:(?:closed[ \t]+)?(?:struct|enum|union|service)[ \t]+[A-Za-z_]\w*[^\n:{]*\{)"
    r"|error[ \t]+[A-Za-z_]\w*[ \t]*[({]|type[ \t]+[A-Za-z_]\w*[ \t]*="
    r'|const[ \t]+[A-Za-z_]\w*[ \t]*:|import[ \t]+"|package[ \t]+[a-z_]\w*[.a-z0-9_]*[ \t]+[0-9])'
)
_METHOD = re.compile(r"[ \t]*(?:call|cast|fanout|event)[ \t]+[A-Za-z_]\w*[ \t]*\(")
_MEMBER = re.compile(r"[ \t]*[A-Za-z_]\w*[ \t]*:")
_NAMED = re.compile(
    r"\b(?:const|type|struct|enum|union|error|service|message|class|interface|exception|record"
    r"|typedef|import[ \t]+\"[^\"\n]*\"[ \t]+as)[ \t]+([A-Za-z_]\w*)"
)


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


def begins_declaration(found: Span) -> bool:
    """Whether `found` lies in the beginning of a declaration that opens its line."""
    return _in_beginning(found, _DECLARATION)


def begins_method(found: Span) -> bool:
    """Whether `found` lies in the beginning of a method that opens its line."""
    return _in_beginning(found, _METHOD)


def begins_member(found: Span, opener: Span) -> bool:
    """Whether `found` lies in the beginning of a member, on a line below an open `[` or `(`."""
    return opener.stop <= line_start(found) and _in_beginning(found, _MEMBER)


def beginning(found: Span) -> Span:
    """Return the first word of the line of `found`."""
    start = line_start(found)
    text = found.source.text
    while text[start] in " \t":
        start += 1
    match = _FIRST_WORD.match(text, start)
    return Span(found.source, start, match.end() if match else start + 1)


def indentation(span: Span) -> int:
    """Return how many characters of white space open the line of `span`."""
    line, _ = span.source.position(span.start)
    text = span.source.line(line)
    return len(text) - len(text.lstrip())


def line_start(found: Span) -> int:
    """Return the offset at which the line of `found` begins."""
    return found.source.text.rfind("\n", 0, found.start) + 1


def names_in(text: str, start: int, stop: int) -> set[str]:
    """Return the names that a text seems to declare that was skipped."""
    return set(_NAMED.findall(text, start, stop))


def _in_beginning(found: Span, pattern: re.Pattern[str]) -> bool:
    match = pattern.match(found.source.text, line_start(found))
    return match is not None and found.start <= match.end()


def _begins_declaration(text: str, offset: int) -> bool:
    match = _FIRST_WORD.match(text, offset)
    known = match is not None and (match[2] is not None or match[1] in DECLARATIONS)
    return known or _UNINDENTED_WORD.match(text, offset) is not None
