"""Text to syntax; the only file that imports lark.

One mistake does not hide the next: a member or declaration that cannot be read becomes the token
`BROKEN`, the text is skipped to where the next one begins, and parsing goes on. Reductions run
while the parser runs, so nesting never uses Python's stack.
"""

from importlib.resources import files

from lark import Lark, Token
from lark.exceptions import UnexpectedCharacters, UnexpectedToken
from lark.parsers.lalr_interactive_parser import InteractiveParser

from rpcgen.language import recover, syntax
from rpcgen.language.build import SyntaxBuilder
from rpcgen.language.diagnostics import Report
from rpcgen.language.source import Source, Span
from rpcgen.language.words import say

MAX_SYNTAX_ERRORS = 50
OPENING = {"LPAR": "(", "LSQB": "[", "LBRACE": "{"}


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
        for _ in range(MAX_SYNTAX_ERRORS):
            try:
                for token in parser.lexer_thread.lex(parser.parser_state):
                    parser.feed_token(token)
                return self._finish(source, parser)
            except UnexpectedCharacters as error:
                found = Span(source, error.pos_in_stream, error.pos_in_stream + 1)
                self._mistake(found, parser, report, None)
            except UnexpectedToken as error:
                if error.token.type == "$END":
                    self._unclosed(source, parser, report)
                    break
                found = _span(source, error.token)
                self._mistake(found, parser, report, error.token)
            self._resume(source, found, parser)
        return self._builder.unfinished(source)

    def _finish(self, source: Source, parser: InteractiveParser) -> syntax.File:
        end = Token("$END", "", len(source.text))
        parsed: object = parser.feed_token(end)
        return parsed if isinstance(parsed, syntax.File) else self._builder.unfinished(source)

    def _mistake(
        self, found: Span, parser: InteractiveParser, report: Report, token: Token | None
    ) -> None:
        if token is None and recover.bad_character(found, report):
            return
        accepted = say(parser.accepts() - {"BROKEN"})
        if token is not None and token.type == "DOC":
            report.add("stray-documentation", found, "documentation describes nothing here", accepted)
        elif isinstance(last := _last(parser), Token) and last.type == "DOC":
            seen = _span(found.source, last)
            report.add("stray-documentation", seen, "documentation describes nothing here", accepted)
        else:
            word = found.source.text[found.start : found.stop]
            report.add("syntax", found, f"unexpected `{word}`", accepted)

    def _unclosed(self, source: Source, parser: InteractiveParser, report: Report) -> None:
        openers = [
            value
            for value in parser.parser_state.value_stack
            if isinstance(value, Token) and value.type in OPENING
        ]
        if openers:
            opener = openers[-1]
            message = f"`{opener}` is never closed"
            report.add("unclosed", _span(source, opener), message, say(parser.accepts()))
            return
        end = Span(source, max(0, len(source.text.rstrip()) - 1), len(source.text))
        report.add("syntax", end, "the file ends too early", say(parser.accepts() - {"BROKEN"}))

    def _resume(self, source: Source, found: Span, parser: InteractiveParser) -> None:
        """Give up what is open, up to the nearest place where a member may begin."""
        state = parser.parser_state
        depth = 0
        while len(state.state_stack) > 1 and "BROKEN" not in parser.choices():
            state.state_stack.pop()
            dropped = state.value_stack.pop()
            depth += isinstance(dropped, Token) and dropped.type in {"LPAR", "LBRACE"}
        parser.feed_token(Token("BROKEN", "", found.start))
        in_body = "RBRACE" in parser.choices()
        if in_body and recover.looks_unclosed(found):
            parser.feed_token(Token("RBRACE", "}", found.start))
            resume = recover.line_start(found)
        else:
            resume = recover.next_member(source.text, found.start, depth, top=not in_body)
        parser.lexer_thread.state.line_ctr.char_pos = resume


def _span(source: Source, token: Token) -> Span:
    start = token.start_pos or 0
    return Span(source, start, start + max(1, len(token)))


def _last(parser: InteractiveParser) -> object:
    stack = parser.parser_state.value_stack
    return stack[-1] if stack else None
