"""Text to syntax; with `build` and `children` the only file that imports lark.

One mistake does not hide the next: a member or declaration that cannot be read becomes the token
`BROKEN`, the text is skipped to where the next one begins, and parsing goes on. Reductions run
while the parser runs, so nesting never uses Python's stack.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from importlib.resources import files

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedCharacters, UnexpectedToken
from lark.lexer import LexerState
from lark.parsers.lalr_analysis import Shift
from lark.parsers.lalr_interactive_parser import InteractiveParser

from rpcgen.language import mistakes, recover, syntax
from rpcgen.language.build import SyntaxBuilder
from rpcgen.language.children import Doc
from rpcgen.language.diagnostics import Report
from rpcgen.language.habits import STEPPED_OVER
from rpcgen.language.source import Source, Span

MAX_SYNTAX_ERRORS = 100
MAX_OPEN = 1_000
"""Symbols on the parser's stack; each level of brackets takes two to four."""
TOO_DEEP = "too deep"
_OPENING = frozenset({"LPAR", "LSQB", "LBRACE"})
_CLOSING = frozenset({"RPAR", "RSQB", "RBRACE"})


class Parser:
    """Parses one source after another; not for two threads at once. Building it takes 0.1 s."""

    def __init__(self) -> None:
        self._builder = SyntaxBuilder()
        grammar = files("rpcgen.language").joinpath("grammar.lark").read_text(encoding="utf-8")
        self._lark = Lark(grammar, start="file", parser="lalr", transformer=self._builder)

    def parse(self, source: Source, report: Report) -> syntax.File:
        """Return what `source` says; what could not be read is in `report` and left out."""
        self._builder.begin(source, report)
        parser = self._lark.parse_interactive(source.text)
        lost = _Reading(source, report, parser, self._builder).run()
        return self._builder.finished(lost)


class _Reading:
    """One source while it is parsed."""

    def __init__(
        self, source: Source, report: Report, parser: InteractiveParser, builder: SyntaxBuilder
    ) -> None:
        self._source = source
        self._report = report
        self._parser = parser
        self._builder = builder
        self._lost: set[str] = set()
        self._said: set[str] = set()
        # lark does not annotate these three.
        self._lex: Callable[[object], Iterator[Token]] = parser.lexer_thread.lex
        self._accepts: Callable[[], set[str]] = parser.accepts
        self._choices: Callable[[], Mapping[str, tuple[object, object]]] = parser.choices

    def run(self) -> set[str]:
        """Read the source to its end; return the names that got lost on the way."""
        mistakes_left = MAX_SYNTAX_ERRORS
        while mistakes_left and (place := self._read_on()) is not None:
            found, kind = place
            if self._step_over(found) or self._drop_documentation(found, kind):
                continue
            mistakes_left -= 1
            if kind == TOO_DEEP:
                mistakes.too_deep(found, self._report)
                break
            if found.start >= len(self._source.text):
                self._at_end()
                break
            self._mistake(found)
        self._lose(self._position, len(self._source.text))
        return self._lost

    def _read_on(self) -> tuple[Span, str] | None:
        """Read up to the next mistake; return its place and terminal, or None at the end."""
        try:
            state = self._parser.parser_state
            stack = state.state_stack
            for token in self._lex(state):
                state.feed_token(token)
                if len(stack) > MAX_OPEN:
                    return _span(self._source, token), TOO_DEEP
            self._parser.feed_token(Token("$END", "", len(self._source.text)))
        except UnexpectedCharacters:
            return Span(self._source, self._position, self._position + 1), ""
        except UnexpectedToken as error:
            return _span(self._source, error.token), error.token.type
        return None

    def _step_over(self, found: Span) -> bool:
        """Skip what is a habit that can be read past; say it once a file."""
        for pattern, (message, accepted) in STEPPED_OVER.items():
            match = re.compile(pattern).match(self._source.text, found.start)
            if match is not None:
                if pattern not in self._said:
                    self._said.add(pattern)
                    stop = min(match.end(), match.start() + 2)
                    place = Span(self._source, match.start(), stop)
                    self._report.add("syntax", place, message, accepted)
                self._position = match.end()
                return True
        return False

    def _drop_documentation(self, found: Span, kind: str) -> bool:
        """Take back documentation that stands before `found`; say whether that was the mistake."""
        state = self._parser.parser_state
        dropped: list[Token] = []
        while state.value_stack and (lines := _documentation(state.value_stack[-1])):
            dropped = [*lines, *dropped]
            state.value_stack.pop()
            state.state_stack.pop()
        if not dropped or kind not in self._accepts():
            return False
        spans = [_span(self._source, it) for it in dropped]
        opening = [it for it in spans if it.opens_line()]
        for span in [it for it in spans if not it.opens_line()] + opening[:1]:
            mistakes.stray_documentation(span, self._report)
        self._position = found.start
        return True

    def _mistake(self, found: Span) -> None:
        """Report one, and go to where reading can go on."""
        opener = self._opener(_OPENING)
        body = self._opener(frozenset({"LBRACE"}))
        if body is not None and recover.begins_declaration(found):
            self._declaration_inside(found, opener or body, body)
        elif opener and (
            (opener.bracket == "(" and recover.begins_method(found))
            or (opener.bracket in "([" and recover.begins_member(found, opener.span))
        ):
            mistakes.not_closed(recover.beginning(found), opener, self._report)
            self._give_up(found)
            self._position = recover.line_start(found)
        else:
            accepted = self._accepts() - {"BROKEN"}
            mistakes.unexpected(found, accepted, opener, self._report)
            self._skip(found)

    def _declaration_inside(
        self, found: Span, opener: mistakes.Opener, body: mistakes.Opener
    ) -> None:
        beginning = recover.beginning(found)
        start = recover.line_start(found)
        self._builder.forget(start, found.stop)
        if recover.indentation(found) > recover.indentation(body.span):
            mistakes.nested(beginning, body, self._report)
            self._give_up(found)
            text = self._source.text
            self._position = recover.next_member(text, start, 0, top=False)
            self._lose(start, self._position)
            return
        mistakes.not_closed(beginning, opener, self._report)
        self._give_up(found)
        self._parser.feed_token(Token("RBRACE", "}", found.start))
        self._position = start

    def _skip(self, found: Span) -> None:
        """Give up what is open and skip it; a member that is complete is kept."""
        accepted = self._accepts()
        if "BROKEN" in accepted and "OPTIONAL" not in accepted:
            self._parser.feed_token(Token("BROKEN", "", found.start))
            depth, start = 0, found.start
        else:
            depth, start = self._give_up(found)
        if found.source.text[found.start : found.stop] == "}":
            depth = 0
        top = "RBRACE" not in self._choices()
        self._position = recover.next_member(self._source.text, found.start, depth, top=top)
        if top:
            self._lose(min(start, found.start), self._position)

    def _give_up(self, found: Span) -> tuple[int, int]:
        """Drop what is open, up to the nearest place where a member or a declaration may begin.

        Return how many brackets that leaves open, and where what was dropped begins.
        """
        state = self._parser.parser_state
        depth, start = 0, found.start
        while len(state.state_stack) > 1 and not self._may_begin():
            state.state_stack.pop()
            dropped = state.value_stack.pop()
            if isinstance(dropped, Token):
                depth += (dropped.type in _OPENING) - (dropped.type in _CLOSING)
                start = dropped.start_pos or 0
        self._parser.feed_token(Token("BROKEN", "", found.start))
        return max(depth, 0), start

    def _may_begin(self) -> bool:
        action = self._choices().get("BROKEN")
        return action is not None and action[0] is Shift

    def _at_end(self) -> None:
        opener = self._opener(_OPENING)
        if opener is not None:
            mistakes.never_closed(opener, self._accepts() - {"BROKEN"}, self._report)
            return
        stop = len(self._source.text.rstrip())
        end = Span(self._source, max(0, stop - 1), stop)
        accepted = self._accepts() - {"BROKEN"}
        mistakes.ends_too_early(end, accepted, self._report)

    def _opener(self, kinds: frozenset[str]) -> mistakes.Opener | None:
        """Return the innermost bracket of `kinds` that is open."""
        closed = 0
        for value in reversed(self._parser.parser_state.value_stack):
            if not isinstance(value, Token):
                continue
            closed += value.type in _CLOSING
            if closed and value.type in _OPENING:
                closed -= 1
            elif value.type in kinds:
                return mistakes.Opener(str(value), _span(self._source, value))
        return None

    def _lose(self, start: int, stop: int) -> None:
        self._lost |= recover.names_in(self._source.text, start, stop)

    @property
    def _position(self) -> int:
        return self._state.line_ctr.char_pos

    @_position.setter
    def _position(self, offset: int) -> None:
        self._state.line_ctr.char_pos = offset

    @property
    def _state(self) -> LexerState:
        state = self._parser.lexer_thread.state
        if state is None:
            raise TypeError("the lexer has no state before it is given a text")
        return state


def _span(source: Source, token: Token) -> Span:
    start = token.start_pos or 0
    return Span(source, start, start + max(1, len(token)))


def _documentation(value: object) -> list[Token]:
    """Return the lines of documentation that a value on the parser's stack is, often none."""
    if isinstance(value, Doc):
        return list(value.lines)
    if isinstance(value, Tree) and str(value.data).startswith("__doc_star"):
        return [it for it in value.children if isinstance(it, Token)]
    return [value] if isinstance(value, Token) and value.type == "DOC" else []
