"""Comments out of a text that has been parsed; documentation stays. Pure."""

import re

# As in grammar.lark: nothing else that is right begins with a quote or with `#`.
_PIECES = re.compile(r'"[^"\\\n]*(?:\\[^\n][^"\\\n]*)*"|##(?!#)[^\n]*|(?P<comment>#[^\n]*)')


def without_comments(text: str) -> list[str]:
    """Return the lines of a file without its comments; it means the same.

    Lines that held nothing else are gone, and one empty line stands where several stood.
    """
    kept = _PIECES.sub(lambda it: "" if it["comment"] else it[0], text)
    lines: list[str] = []
    # No piece reaches over the end of its line: both have the same lines.
    for before, after in zip(text.split("\n"), kept.split("\n"), strict=True):
        line = after.rstrip()
        if line or (not before.strip() and lines and lines[-1]):
            lines.append(line)
    return lines[:-1] if lines and not lines[-1] else lines
