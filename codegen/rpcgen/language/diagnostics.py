"""What is wrong with a file, as values; how a person reads it.

Messages begin in lower case, end without a full stop, name the thing in backquotes and blame the
smallest span; `accepted` says what would be taken instead. One mistake, one message.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches

from rpcgen.language.source import Span

MAX_SHOWN_PER_FILE = 100
MAX_SHOWN_COLUMNS = 160
MANY_WORDS = 200
MAX_SHOWN_NAMES = 8


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One mistake. `rule` is stable: `rpcgen explain RULE` tells more about it."""

    rule: str
    span: Span
    message: str
    accepted: str | None = None
    seen: tuple[tuple[Span, str], ...] = ()
    """Other places that belong to the mistake, each with a word on why."""


@dataclass(slots=True)
class Report:
    """The mistakes found so far; handed along from stage to stage."""

    diagnostics: list[Diagnostic] = field(default_factory=list)
    _places: set[tuple[str, str, int]] = field(default_factory=set)

    def add(
        self,
        rule: str,
        span: Span,
        message: str,
        accepted: str | None = None,
        seen: Iterable[tuple[Span, str]] = (),
    ) -> None:
        """Note one mistake; the same rule at the same place is noted once."""
        place = (rule, span.source.name, span.start)
        if place not in self._places:
            self._places.add(place)
            self.diagnostics.append(Diagnostic(rule, span, message, accepted, tuple(seen)))

    def nearest(self, word: str, known: Iterable[str]) -> str:
        """Return `; did you mean `x`?` for the known word closest to `word`, or nothing.

        Nothing too once there are many mistakes: the search is slow.
        """
        return nearest(word, known) if len(self.diagnostics) < MAX_SHOWN_PER_FILE // 2 else ""

    def __bool__(self) -> bool:
        return bool(self.diagnostics)

    def in_order(self) -> list[Diagnostic]:
        """Return the mistakes by file and place."""
        return sorted(self.diagnostics, key=lambda it: (it.span.source.name, it.span.start))


def nearest(word: str, known: Iterable[str]) -> str:
    """Return `; did you mean `x`?` for the known word closest to `word`, or nothing."""
    words = list(known)
    for it in words:
        if it.lower() == word.lower():
            return f"; did you mean `{it}`?"
    if len(words) > MANY_WORDS:
        words = [it for it in words if it[:1].lower() == word[:1].lower()][:MANY_WORDS]
    close = get_close_matches(word, words, n=1, cutoff=0.7)
    return f"; did you mean `{close[0]}`?" if close else ""


def circle(names: list[str]) -> str:
    """Return `A → B → A`, the names of a circle; of many names the first ones."""
    shown = [*names, names[0]]
    if len(shown) > MAX_SHOWN_NAMES:
        shown = [*shown[: MAX_SHOWN_NAMES - 2], "…", shown[-1]]
    return " → ".join(shown)


def shortened(text: str) -> str:
    """Return at most 40 characters of `text`, to be shown in a message."""
    return _visible(text if len(text) <= 40 else text[:37] + "...")


def render(report: Report) -> str:
    """Return the mistakes as text: place, rule and message, the line with a caret, the way out."""
    shown: dict[str, int] = {}
    blocks: list[str] = []
    for diagnostic in report.in_order():
        name = diagnostic.span.source.name
        shown[name] = shown.get(name, 0) + 1
        if shown[name] <= MAX_SHOWN_PER_FILE:
            blocks.append(_block(diagnostic))
    blocks += [
        f"{name}: {count - MAX_SHOWN_PER_FILE} more mistakes are not shown\n"
        for name, count in shown.items()
        if count > MAX_SHOWN_PER_FILE
    ]
    return "".join(blocks)


def _block(diagnostic: Diagnostic) -> str:
    line, column = diagnostic.span.source.position(diagnostic.span.start)
    place = f"{diagnostic.span.source.name}:{line}:{column}"
    rows = [
        f"{place}: error[{diagnostic.rule}]: {diagnostic.message}",
        *excerpt(diagnostic.span),
    ]
    for span, note in diagnostic.seen:
        seen_line, seen_column = span.source.position(span.start)
        rows.append(f"  = {note}: {span.source.name}:{seen_line}:{seen_column}")
    if diagnostic.accepted is not None:
        rows.append(f"  = accepted: {diagnostic.accepted}")
    return "\n".join(rows) + "\n"


def excerpt(span: Span) -> list[str]:
    """Return the line of `span` with a caret below it; nothing for a file without text."""
    if not span.source.text:
        return []
    number, column = span.source.position(span.start)
    text = span.source.line(number)
    skipped = max(0, column - MAX_SHOWN_COLUMNS // 2) if len(text) > MAX_SHOWN_COLUMNS else 0
    shown = _visible(text[skipped : skipped + MAX_SHOWN_COLUMNS])
    width = max(1, min(span.stop - span.start, len(text) - column + 1, MAX_SHOWN_COLUMNS))
    indent = "".join("\t" if char == "\t" else " " for char in shown[: column - 1 - skipped])
    return [f"{number:>5} | {shown}", f"      | {indent}{'^' * width}"]


def _visible(text: str) -> str:
    return "".join(char if char.isprintable() or char == "\t" else "\ufffd" for char in text)
