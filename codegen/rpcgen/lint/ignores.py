"""Comments such as `# rpcgen: ignore[bare-json]`: what they let pass, and which are wrong. Pure.

A comment holds for what it stands at: behind a word, for the smallest member, parameter or
declaration that the word belongs to; on a line of its own, for the one that follows.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from rpcgen.language import syntax
from rpcgen.language.diagnostics import Diagnostic, nearest, shortened
from rpcgen.language.format.parts import stretches_of
from rpcgen.language.format.pieces import Pieces, pieces
from rpcgen.language.source import Span

_ORDER = re.compile(r"#\s*rpcgen:")
_IGNORE = re.compile(r"#\s*rpcgen:\s*ignore\s*\[([^\]]*[^\]\s,][^\]]*)\]")
_NAME = re.compile(r"[^\s,]+")


@dataclass(frozen=True, slots=True)
class Ignore:
    """One rule in a comment, and the stretch of the source for which it is let pass."""

    rule: str
    """Empty where the comment names none."""
    span: Span
    start: int
    stop: int

    def covers(self, found: Diagnostic) -> bool:
        """Whether it lets a finding pass."""
        is_here = found.span.source is self.span.source and found.rule == self.rule
        return is_here and self.start <= found.span.start < self.stop


def ignores(file: syntax.File) -> Iterator[Ignore]:
    """Return what the comments of a file let pass."""
    source = file.source_span.source
    if "rpcgen:" not in source.text:
        return
    found = pieces(source.text)
    reach = _reach(found, file)
    for place, notes in found.notes.items():
        for note in notes:
            ends = reach[place - 1 if note.trails else place]
            for rule, start in _named(note.text):
                begin = note.start + start
                span = Span(source, begin, begin + len(rule or note.text))
                yield Ignore(rule, span, *ends)


def wrong(
    comments: Collection[Ignore], found: Collection[Diagnostic], ran: Collection[str],
    known: Collection[str],
) -> Iterator[Diagnostic]:  # fmt: skip
    """Return what is wrong with comments: rules that there are not, and what is not found.

    `found` is what the rules in `ran` said; the others of those that are `known` did not look.
    """
    for it in comments:
        if not it.rule:
            message = "the comment does not say what it lets pass"
            accepted = "such as `# rpcgen: ignore[bare-json]`"
            yield Diagnostic("unknown-ignore", it.span, message, accepted)
        elif it.rule not in known:
            message = f"`rpcgen lint` has no rule `{shortened(it.rule)}`{nearest(it.rule, known)}"
            yield Diagnostic("unknown-ignore", it.span, message, "a rule of `rpcgen lint`")
        elif it.rule in ran and not any(it.covers(one) for one in found):
            message = f"`{it.rule}` finds nothing here"
            yield Diagnostic("unused-ignore", it.span, message, "no such comment")


def _named(text: str) -> Iterator[tuple[str, int]]:
    """Return the rules that a comment names, each with its place; nothing for other comments."""
    match = _IGNORE.match(text)
    if match is not None:
        names = _NAME.finditer(match[1])
        yield from ((it.group(), match.start(1) + it.start()) for it in names)
    elif _ORDER.match(text):
        yield "", 0


def _reach(found: Pieces, file: syntax.File) -> list[tuple[int, int]]:
    """Return, for each word, where the smallest thing that it belongs to begins and ends."""
    reach = [(0, 0)] * (len(found.words) + 1)
    for first, stop in stretches_of(found, file):
        end = found.starts[stop - 1] + 1
        reach[first:stop] = [(found.starts[first], end)] * (stop - first)
    return reach
