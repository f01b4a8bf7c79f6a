"""`since` and `deprecated` that say too little or nothing. Pure."""

from collections.abc import Iterator, Sequence

from rpcgen.language import syntax
from rpcgen.language.diagnostics import Diagnostic
from rpcgen.language.format.parts import Member, members
from rpcgen.lint.contract import Contract


def deprecated_without_note(contract: Contract) -> Iterator[Diagnostic]:
    """A `deprecated` that does not say what to use."""
    for marks, _ in _marked(contract):
        for mark in marks:
            if mark.keyword == "deprecated" and mark.note is None:
                message = "nobody learns what to use in its place"
                accepted = f'a note, such as `deprecated {mark.version.text} "use labels"`'
                yield Diagnostic("deprecated-without-note", mark.span, message, accepted)


def redundant_since(contract: Contract) -> Iterator[Diagnostic]:
    """A `since` that says what holds without it."""
    for marks, holders in _marked(contract):
        for mark in marks:
            if mark.keyword != "since":
                continue
            if mark.version.text.endswith(".0"):
                message = "everything has been there since then, if nothing else is said"
                yield Diagnostic("redundant-since", mark.span, message, "no `since`")
            elif mark.version.text == _since(holders):
                message = "what holds it came in the same minor"
                yield Diagnostic("redundant-since", mark.span, message, "no `since`")


_Marks = Sequence[syntax.Mark]


def _since(holders: Sequence[_Marks]) -> str | None:
    """Return the version of the innermost `since`."""
    said = [it.version.text for marks in holders for it in marks if it.keyword == "since"]
    return said[-1] if said else None


def _marked(contract: Contract) -> Iterator[tuple[_Marks, Sequence[_Marks]]]:
    """Return the marks of everything that has some, with those of what holds it."""
    for file in contract.files:
        for item in file.syntax.items:
            if isinstance(item, syntax.Package | syntax.Import):
                continue
            yield item.marks, ()
            for member in members(item):
                yield from _in_member(member, item.marks)


def _in_member(member: Member, holder: _Marks) -> Iterator[tuple[_Marks, Sequence[_Marks]]]:
    if isinstance(member, syntax.Setting):
        return
    if not isinstance(member, syntax.Method):
        yield member.marks, [holder]
        return
    own = [it.value for it in member.clauses if isinstance(it.value, syntax.Mark)]
    yield own, [holder]
    for parameter in member.parameters:
        yield parameter.marks, [holder, own]
    for clause in member.clauses:
        if isinstance(clause.value, tuple):
            yield from ((it.marks, [holder, own]) for it in clause.value)
