"""What each rule of the grammar becomes: lark calls these while it reduces."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace

from lark import Token, Transformer

from rpcgen.language import mistakes, syntax
from rpcgen.language.children import (
    Arguments,
    Children,
    Constraints,
    Default,
    Doc,
    Marks,
    T,
    Wire,
    all_of,
    doc_in,
    first_of,
    has,
    is_below,
    json_at,
    marks_in,
    offsets_of,
    one_of,
    reference_of,
    token_in,
    value_in,
)
from rpcgen.language.diagnostics import Report
from rpcgen.language.source import Source, Span

MAX_TYPE_DEPTH = 64


class SyntaxBuilder(Transformer[Token, syntax.File]):
    """Builds syntax for one source at a time; `begin` says which."""

    def begin(self, source: Source, report: Report) -> None:
        self._source = source
        self._report = report
        self._items: list[syntax.Item] = []
        self._forgotten: list[tuple[int, int]] = []

    def forget(self, start: int, stop: int) -> None:
        """Leave out the members that were read between these offsets."""
        self._forgotten.append((start, stop))

    def finished(self, lost: Iterable[str]) -> syntax.File:
        """Return what was read; `lost` are names declared where it could not be."""
        return syntax.File(Span(self._source, 0, 1), tuple(self._items), frozenset(lost))

    def file(self, _children: Children) -> None:
        """Everything was kept when it was read."""

    def package(self, children: Children) -> syntax.Package:
        version = token_in(children, "VERSION")
        segments = tuple(all_of(children, syntax.Word))
        span = Span(self._source, segments[0].span.start, segments[-1].span.stop)
        item = syntax.Package(doc_in(children), segments, self._word(version), span)
        return self._keep(item)

    def import_line(self, children: Children) -> syntax.Import:
        path = self._string(token_in(children, "STRING"))
        return self._keep(syntax.Import(path, self._word(token_in(children, "NAME"))))

    def const(self, children: Children) -> syntax.Const:
        word, type_ = one_of(children, syntax.Word), one_of(children, syntax.Type)
        value = value_in(children)
        return self._keep(syntax.Const(doc_in(children), word, type_, value, marks_in(children)))

    def alias(self, children: Children) -> syntax.Alias:
        word, type_ = one_of(children, syntax.Word), one_of(children, syntax.Type)
        return self._keep(syntax.Alias(doc_in(children), word, type_, marks_in(children)))

    def struct(self, children: Children) -> syntax.Struct:
        fields = tuple(all_of(children, syntax.Field))
        word = one_of(children, syntax.Word)
        return self._keep(syntax.Struct(doc_in(children), word, marks_in(children), fields))

    def enum(self, children: Children) -> syntax.Enum:
        values = tuple(it for it in all_of(children, syntax.EnumValue) if self._is_kept(it))
        word, closed = one_of(children, syntax.Word), has(children, "CLOSED")
        return self._keep(syntax.Enum(doc_in(children), closed, word, marks_in(children), values))

    def union(self, children: Children) -> syntax.Union:
        variants = tuple(all_of(children, syntax.Variant))
        word, closed = one_of(children, syntax.Word), has(children, "CLOSED")
        return self._keep(
            syntax.Union(doc_in(children), closed, word, marks_in(children), variants)
        )

    def error(self, children: Children) -> syntax.Error:
        code = token_in(children, "NUMBER")
        item = syntax.Error(
            doc_in(children),
            one_of(children, syntax.Word),
            syntax.Literal("number", str(code), self._span(code)),
            has(children, "RETRYABLE"),
            marks_in(children),
            tuple(all_of(children, syntax.Field)),
        )
        return self._keep(item)

    def service(self, children: Children) -> syntax.Service:
        items = tuple(it for it in children if isinstance(it, syntax.Setting | syntax.Method))
        word = one_of(children, syntax.Word)
        return self._keep(syntax.Service(doc_in(children), word, marks_in(children), items))

    def field(self, children: Children) -> syntax.Field:
        return syntax.Field(
            doc_in(children),
            one_of(children, syntax.Word),
            first_of(children, Wire),
            one_of(children, syntax.Type),
            next((it.value for it in children if isinstance(it, Default)), None),
            marks_in(children),
        )

    def enum_value(self, children: Children) -> syntax.EnumValue:
        word, wire = one_of(children, syntax.Word), first_of(children, Wire)
        return syntax.EnumValue(doc_in(children), word, wire, marks_in(children))

    def variant(self, children: Children) -> syntax.Variant:
        word, wire = one_of(children, syntax.Word), first_of(children, Wire)
        type_ = one_of(children, syntax.Type)
        return syntax.Variant(doc_in(children), word, wire, type_, marks_in(children))

    def default(self, children: Children) -> Default:
        return Default(value_in(children))

    def wire(self, children: Children) -> Wire:
        return Wire(*self._string_parts(token_in(children, "STRING")))

    def setting(self, children: Children) -> syntax.Setting:
        tokens = [it for it in children if isinstance(it, Token)]
        texts = tuple(self._string(it) for it in tokens if it.type == "STRING")
        return syntax.Setting(self._word(tokens[0]), texts)

    def params(self, children: Children) -> syntax.Setting:
        words = [self._word(it) for it in children if isinstance(it, Token)]
        return syntax.Setting(words[0], (), tuple(words[1:]))

    def method(self, children: Children) -> syntax.Method:
        verb = next(it for it in children if isinstance(it, Token))
        return syntax.Method(
            doc_in(children),
            self._word(verb),
            one_of(children, syntax.Word),
            tuple(all_of(children, syntax.Field)),
            next(iter(all_of(children, syntax.Type)), None),
            tuple(self._clauses(all_of(children, syntax.Clause))),
        )

    def result(self, children: Children) -> syntax.Type:
        return one_of(children, syntax.Type)

    def clause(self, children: Children) -> syntax.Clause:
        first = children[0]
        if isinstance(first, syntax.Mark):
            return syntax.Clause(first.keyword, first.span, first)
        token = token_in(children)
        value: syntax.Literal | tuple[syntax.Raised, ...] | None = None
        if token.type == "RAISES":
            value = tuple(all_of(children, syntax.Raised))
        elif token.type == "TIMEOUT":
            number = token_in(children, "NUMBER")
            value = syntax.Literal("number", str(number), self._span(number))
        elif token.type == "AS":
            value = self._string(token_in(children, "STRING"))
        return syntax.Clause(token.type.lower(), self._span(token), value)

    def _clauses(self, clauses: Iterable[syntax.Clause]) -> Iterator[syntax.Clause]:
        """Give marks below the line of a raised name to the method, as the reader sees them."""
        for clause in clauses:
            if not isinstance(clause.value, tuple):
                yield clause
                continue
            later = [it for raised in clause.value for it in raised.marks if is_below(it, raised)]
            raises = [
                replace(it, marks=tuple(mark for mark in it.marks if mark not in later))
                for it in clause.value
            ]
            for mark in later:
                if mark not in clause.value[-1].marks:
                    accepted = "it on the error's own line, or below the last error: the method's"
                    message = "it is not clear whether this is the error's or the method's"
                    self._report.add("mark-place", mark.span, message, accepted)
            yield replace(clause, value=tuple(raises))
            yield from (syntax.Clause(it.keyword, it.span, it) for it in later)

    def raised(self, children: Children) -> syntax.Raised:
        words = [self._word(it) for it in children if isinstance(it, Token)]
        return syntax.Raised(reference_of(words), marks_in(children))

    def type(self, children: Children) -> syntax.Type:
        reference = one_of(children, syntax.Reference)
        arguments = next((it.types for it in children if isinstance(it, Arguments)), ())
        constraints = next((it.items for it in children if isinstance(it, Constraints)), ())
        depth = 1 + max((it.depth for it in arguments), default=0)
        if depth == MAX_TYPE_DEPTH + 1:
            self._report.add(
                "too-deep",
                reference.span,
                f"the type nests more than {MAX_TYPE_DEPTH} levels",
                "a struct in between",
            )
        if depth > MAX_TYPE_DEPTH:
            reference, arguments = json_at(reference.span), ()
        optional = has(children, "OPTIONAL")
        return syntax.Type(reference, arguments, constraints, optional, reference.span, depth)

    def arguments(self, children: Children) -> Arguments:
        return Arguments(tuple(all_of(children, syntax.Type)))

    def constraints(self, children: Children) -> Constraints:
        return Constraints(tuple(all_of(children, syntax.Constraint)))

    def constraint(self, children: Children) -> syntax.Constraint:
        return syntax.Constraint(one_of(children, syntax.Word), value_in(children))

    def literal(self, children: Children) -> syntax.Literal:
        first = children[0]
        if isinstance(first, syntax.Literal):
            return first
        token = token_in(children)
        if token.type == "STRING":
            return self._string(token)
        kind = "number" if token.type == "NUMBER" else "bool"
        return syntax.Literal(kind, str(token), self._span(token))

    def empty_list(self, children: Children) -> syntax.Literal:
        return syntax.Literal("list", "[]", self._brackets(children))

    def empty_map(self, children: Children) -> syntax.Literal:
        return syntax.Literal("map", "{}", self._brackets(children))

    def reference(self, children: Children) -> syntax.Reference:
        return reference_of(all_of(children, syntax.Word))

    def mark(self, children: Children) -> syntax.Mark:
        keyword, version = token_in(children), token_in(children, "VERSION")
        note = next((it for it in children if isinstance(it, Token) and it.type == "STRING"), None)
        text = None if note is None else self._string(note).text
        return syntax.Mark(keyword.type.lower(), self._word(version), text, self._span(keyword))

    def marks(self, children: Children) -> Marks:
        return Marks(tuple(all_of(children, syntax.Mark)))

    def doc(self, children: Children) -> Doc:
        lines = [str(it)[2:].removeprefix(" ") for it in all_of(children, Token) if self._opens(it)]
        text = "\n".join(line.rstrip() for line in lines).strip("\n")
        return Doc(text, tuple(all_of(children, Token)))

    def _opens(self, token: Token) -> bool:
        """Report documentation that does not open its line."""
        span = self._span(token)
        if not span.opens_line():
            mistakes.stray_documentation(span, self._report)
        return span.opens_line()

    def name(self, children: Children) -> syntax.Word:
        return self._word(token_in(children))

    def _keep(self, item: T) -> T:
        if isinstance(item, syntax.Item):
            self._items.append(item)
        return item

    def _is_kept(self, value: syntax.EnumValue) -> bool:
        offset = value.name.span.start
        return not any(start <= offset < stop for start, stop in self._forgotten)

    def _span(self, token: Token) -> Span:
        start = token.start_pos or 0
        return Span(self._source, start, start + max(1, len(token)))

    def _word(self, token: Token) -> syntax.Word:
        return syntax.Word(str(token), self._span(token))

    def _brackets(self, children: Children) -> Span:
        return Span(self._source, *offsets_of(all_of(children, Token)))

    def _string(self, token: Token) -> syntax.Literal:
        return syntax.Literal(*self._string_parts(token))

    def _string_parts(self, token: Token) -> tuple[str, str, Span]:
        span = self._span(token)
        try:
            text = json.loads(token)
            text.encode()
        except ValueError:
            message = "the text has an escape that means nothing"
            accepted = r"JSON's escapes, such as `\n`, `\"` and `\u00e9`"
            self._report.add("bad-text", span, message, accepted)
            text = ""
        return "string", text, span
