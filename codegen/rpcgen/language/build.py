"""What each rule of the grammar becomes: lark calls these while it reduces."""

import json
from collections.abc import Iterable
from typing import TypeVar

from lark import Token, Transformer

from rpcgen.language import syntax
from rpcgen.language.diagnostics import Report
from rpcgen.language.source import Source, Span

MAX_TYPE_DEPTH = 64

T = TypeVar("T")
Children = list[object]


class SyntaxBuilder(Transformer[Token, syntax.File]):
    """Builds syntax for one source at a time; `begin` says which."""

    def begin(self, source: Source, report: Report) -> None:
        self._source = source
        self._report = report
        self._items: list[syntax.Item] = []

    def unfinished(self, source: Source) -> syntax.File:
        """Return what was read before parsing had to stop."""
        return syntax.File(Span(source, 0, 1), tuple(self._items))

    def file(self, _children: Children) -> syntax.File:
        return self.unfinished(self._source)

    def package(self, children: Children) -> syntax.Package:
        version = _token(children, "VERSION")
        segments = tuple(_all(children, syntax.Word))
        span = Span(self._source, segments[0].span.start, segments[-1].span.stop)
        item = syntax.Package(_doc(children), segments, self._word(version), span)
        return self._keep(item)

    def import_line(self, children: Children) -> syntax.Import:
        path = self._string(_token(children, "STRING"))
        return self._keep(syntax.Import(path, self._word(_token(children, "NAME"))))

    def const(self, children: Children) -> syntax.Const:
        word, type_ = _one(children, syntax.Word), _one(children, syntax.Type)
        value = _value(children)
        return self._keep(syntax.Const(_doc(children), word, type_, value, _marks(children)))

    def alias(self, children: Children) -> syntax.Alias:
        word, type_ = _one(children, syntax.Word), _one(children, syntax.Type)
        return self._keep(syntax.Alias(_doc(children), word, type_, _marks(children)))

    def struct(self, children: Children) -> syntax.Struct:
        fields = tuple(_all(children, syntax.Field))
        word = _one(children, syntax.Word)
        return self._keep(syntax.Struct(_doc(children), word, _marks(children), fields))

    def enum(self, children: Children) -> syntax.Enum:
        values = tuple(_all(children, syntax.EnumValue))
        word, closed = _one(children, syntax.Word), _has(children, "CLOSED")
        return self._keep(syntax.Enum(_doc(children), closed, word, _marks(children), values))

    def union(self, children: Children) -> syntax.Union:
        variants = tuple(_all(children, syntax.Variant))
        word, closed = _one(children, syntax.Word), _has(children, "CLOSED")
        return self._keep(syntax.Union(_doc(children), closed, word, _marks(children), variants))

    def error(self, children: Children) -> syntax.Error:
        code = _token(children, "NUMBER")
        item = syntax.Error(
            _doc(children),
            _one(children, syntax.Word),
            syntax.Literal("number", str(code), self._span(code)),
            _has(children, "RETRYABLE"),
            _marks(children),
            tuple(_all(children, syntax.Field)),
        )
        return self._keep(item)

    def service(self, children: Children) -> syntax.Service:
        items = tuple(it for it in children if isinstance(it, syntax.Setting | syntax.Method))
        word = _one(children, syntax.Word)
        return self._keep(syntax.Service(_doc(children), word, _marks(children), items))

    def field(self, children: Children) -> syntax.Field:
        return syntax.Field(
            _doc(children),
            _one(children, syntax.Word),
            _maybe(children, _Wire),
            _one(children, syntax.Type),
            next((it.value for it in children if isinstance(it, _Default)), None),
            _marks(children),
        )

    def enum_value(self, children: Children) -> syntax.EnumValue:
        word, wire = _one(children, syntax.Word), _maybe(children, _Wire)
        return syntax.EnumValue(_doc(children), word, wire, _marks(children))

    def variant(self, children: Children) -> syntax.Variant:
        word, wire = _one(children, syntax.Word), _maybe(children, _Wire)
        type_ = _one(children, syntax.Type)
        return syntax.Variant(_doc(children), word, wire, type_, _marks(children))

    def default(self, children: Children) -> "_Default":
        return _Default(_value(children))

    def wire(self, children: Children) -> "_Wire":
        return _Wire(*self._string_parts(_token(children, "STRING")))

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
            _doc(children),
            self._word(verb),
            _one(children, syntax.Word),
            tuple(_all(children, syntax.Field)),
            next(iter(_all(children, syntax.Type)), None),
            tuple(_all(children, syntax.Clause)),
        )

    def result(self, children: Children) -> syntax.Type:
        return _one(children, syntax.Type)

    def clause(self, children: Children) -> syntax.Clause:
        first = children[0]
        if isinstance(first, syntax.Mark):
            return syntax.Clause(first.keyword, first.span, first)
        token = _token(children)
        value: syntax.Literal | tuple[syntax.Raised, ...] | None = None
        if token.type == "RAISES":
            value = tuple(_all(children, syntax.Raised))
        elif token.type == "TIMEOUT":
            number = _token(children, "NUMBER")
            value = syntax.Literal("number", str(number), self._span(number))
        elif token.type == "AS":
            value = self._string(_token(children, "STRING"))
        return syntax.Clause(token.type.lower(), self._span(token), value)

    def raised(self, children: Children) -> syntax.Raised:
        words = [self._word(it) for it in children if isinstance(it, Token)]
        return syntax.Raised(_reference(words), _marks(children))

    def type(self, children: Children) -> syntax.Type:
        reference = _one(children, syntax.Reference)
        arguments = next((it.types for it in children if isinstance(it, _Arguments)), ())
        constraints = next((it.items for it in children if isinstance(it, _Constraints)), ())
        depth = 1 + max((it.depth for it in arguments), default=0)
        if depth > MAX_TYPE_DEPTH:
            self._report.add(
                "too-deep",
                reference.span,
                f"the type nests more than {MAX_TYPE_DEPTH} levels",
                "a struct in between",
            )
            arguments, depth = (), 1
        optional = _has(children, "OPTIONAL")
        return syntax.Type(reference, arguments, constraints, optional, reference.span, depth)

    def arguments(self, children: Children) -> "_Arguments":
        return _Arguments(tuple(_all(children, syntax.Type)))

    def constraints(self, children: Children) -> "_Constraints":
        return _Constraints(tuple(_all(children, syntax.Constraint)))

    def constraint(self, children: Children) -> syntax.Constraint:
        return syntax.Constraint(_one(children, syntax.Word), _value(children))

    def literal(self, children: Children) -> syntax.Literal:
        first = children[0]
        if isinstance(first, syntax.Literal):
            return first
        token = _token(children)
        if token.type == "STRING":
            return self._string(token)
        kind = "number" if token.type == "NUMBER" else "bool"
        return syntax.Literal(kind, str(token), self._span(token))

    def empty_list(self, children: Children) -> syntax.Literal:
        return syntax.Literal("list", "[]", self._brackets(children))

    def empty_map(self, children: Children) -> syntax.Literal:
        return syntax.Literal("map", "{}", self._brackets(children))

    def reference(self, children: Children) -> syntax.Reference:
        return _reference(_all(children, syntax.Word))

    def mark(self, children: Children) -> syntax.Mark:
        keyword, version = _token(children), _token(children, "VERSION")
        note = next((it for it in children if isinstance(it, Token) and it.type == "STRING"), None)
        text = None if note is None else self._string(note).text
        return syntax.Mark(keyword.type.lower(), self._word(version), text, self._span(keyword))

    def marks(self, children: Children) -> "_Marks":
        return _Marks(tuple(_all(children, syntax.Mark)))

    def doc(self, children: Children) -> "_Doc":
        lines = [str(it)[2:] for it in children]
        stripped = [line[1:] if line.startswith(" ") else line for line in lines]
        return _Doc("\n".join(line.rstrip() for line in stripped).strip("\n"))

    def name(self, children: Children) -> syntax.Word:
        return self._word(_token(children))

    def _keep(self, item: T) -> T:
        if isinstance(item, syntax.Item):
            self._items.append(item)
        return item

    def _span(self, token: Token) -> Span:
        start = token.start_pos or 0
        return Span(self._source, start, start + max(1, len(token)))

    def _word(self, token: Token) -> syntax.Word:
        return syntax.Word(str(token), self._span(token))

    def _brackets(self, children: Children) -> Span:
        return Span(self._source, *_offsets(_all(children, Token)))

    def _string(self, token: Token) -> syntax.Literal:
        return syntax.Literal(*self._string_parts(token))

    def _string_parts(self, token: Token) -> tuple[str, str, Span]:
        span = self._span(token)
        try:
            text = json.loads(token)
            text.encode()
        except ValueError:
            accepted = "JSON's escapes, such as `\\n`, `\\\"` and `\\u00e9`"
            self._report.add("bad-text", span, "the text has an escape that means nothing", accepted)
            text = ""
        return "string", text, span


class _Wire(syntax.Literal):
    """A name on the wire, so that it is not taken for another text."""

    __slots__ = ()


class _Box:
    """What a rule hands to the rule around it."""


class _Default(_Box):
    def __init__(self, value: syntax.Value) -> None:
        self.value = value


class _Arguments(_Box):
    def __init__(self, types: tuple[syntax.Type, ...]) -> None:
        self.types = types


class _Constraints(_Box):
    def __init__(self, items: tuple[syntax.Constraint, ...]) -> None:
        self.items = items


class _Marks(_Box):
    def __init__(self, items: tuple[syntax.Mark, ...]) -> None:
        self.items = items


class _Doc(_Box):
    def __init__(self, text: str) -> None:
        self.text = text


def _offsets(tokens: list[Token]) -> tuple[int, int]:
    return tokens[0].start_pos or 0, tokens[-1].end_pos or 0


def _all(children: Iterable[object], kind: type[T]) -> list[T]:
    return [it for it in children if isinstance(it, kind)]


def _one(children: Iterable[object], kind: type[T]) -> T:
    return next(it for it in children if isinstance(it, kind))


def _maybe(children: Iterable[object], kind: type[T]) -> T | None:
    return next((it for it in children if isinstance(it, kind)), None)


def _value(children: Children) -> syntax.Value:
    return next(it for it in children if isinstance(it, syntax.Literal | syntax.Reference))


def _token(children: Children, kind: str | None = None) -> Token:
    return next(
        it for it in children if isinstance(it, Token) and (kind is None or it.type == kind)
    )


def _has(children: Children, kind: str) -> bool:
    return any(isinstance(it, Token) and it.type == kind for it in children)


def _marks(children: Children) -> tuple[syntax.Mark, ...]:
    return next((it.items for it in children if isinstance(it, _Marks)), ())


def _doc(children: Children) -> str:
    return next((it.text for it in children if isinstance(it, _Doc)), "")


def _reference(words: list[syntax.Word]) -> syntax.Reference:
    alias = words[0] if len(words) > 1 else None
    span = Span(words[0].span.source, words[0].span.start, words[-1].span.stop)
    return syntax.Reference(alias, words[-1], span)
