"""What layout may not change: what a file says, and whom its comments belong to."""

from dataclasses import fields, is_dataclass

from rpcgen.language import syntax
from rpcgen.language.diagnostics import Report, render
from rpcgen.language.format.parts import stretches_of
from rpcgen.language.format.pieces import pieces
from rpcgen.language.parse import Parser
from rpcgen.language.source import Source, Span


def parsed(text: str, parser: Parser) -> syntax.File | None:
    """Return what a text says, or nothing if it has mistakes."""
    report = Report()
    file = parser.parse(Source("a.rpc", text), report)
    return None if report else file


def without_mistakes(text: str, parser: Parser) -> syntax.File:
    report = Report()
    file = parser.parse(Source("a.rpc", text), report)
    assert not report, render(report) + text
    return file


def meaning(value: object) -> object:
    """Return syntax as tuples, without the places in the text."""
    if isinstance(value, Span):
        return None
    if is_dataclass(value):
        return (type(value).__name__, *(meaning(getattr(value, it.name)) for it in fields(value)))
    if isinstance(value, tuple | list):
        return tuple(meaning(it) for it in value)
    return value


def owned_comments(file: syntax.File) -> list[tuple[str, int]]:
    """Return each comment with what it belongs to: the smallest item, member or parameter.

    What follows a word on its line belongs to what that word belongs to, and what stands alone to
    what comes next.
    """
    found = pieces(file.source_span.source.text)
    owners = [-1] * (len(found.words) + 1)
    for number, (first, stop) in enumerate(stretches_of(found, file)):
        owners[first:stop] = [number] * (stop - first)
    return [
        (note.text, owners[place - 1 if note.trails else place])
        for place in sorted(found.notes)
        for note in found.notes[place]
    ]
