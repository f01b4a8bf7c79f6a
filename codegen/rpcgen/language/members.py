"""Members of declarations: fields, values, variants, methods, settings; with their own rules."""

import re
from datetime import timedelta

from rpcgen.language import model, syntax, values
from rpcgen.language.check import CODES_RESERVED, MAX_MEMBERS
from rpcgen.language.names import check_wire, check_word
from rpcgen.language.source import Span
from rpcgen.language.types import Scope
from rpcgen.language.versions import apply_marks, checked

_CLAUSES = {
    "call": {"raises", "timeout", "idempotent", "readonly", "as", "since", "deprecated"},
    "cast": {"idempotent", "as", "since", "deprecated"},
    "fanout": {"as", "since", "deprecated"},
    "event": {"as", "since", "deprecated"},
}
_ADDRESS = re.compile(r"[A-Za-z0-9_.:/-]{1,200}")
_INT32 = range(-(2**31), 2**31)


class Members:
    """Fills the declarations of one file."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._report = scope.report

    def fill(self, item: syntax.Declaration, made: model.Declaration) -> None:
        """Write the members of `item` into `made`; enums are filled before."""
        match item, made:
            case syntax.Struct(), model.Struct():
                made.fields = self._fields(item.fields, "field")
            case syntax.Union(), model.Union():
                self._union(item, made)
            case syntax.Error(), model.Error():
                self._error(item, made)
            case syntax.Service(), model.Service():
                self._service(item, made)
            case _:
                pass

    def enum(self, item: syntax.Enum, made: model.Enum) -> None:
        """Write the values of an enum."""
        if self._too_many(item.values, made):
            return
        for node in item.values:
            check_word(node.name, "value", self._report)
            value = model.EnumValue(
                name=node.name.text,
                doc=node.doc,
                span=node.name.span,
                wire=check_wire(node.name.text, node.wire, self._report),
                enum=made,
            )
            apply_marks(node.marks, value, made.package, self._report)
            made.values.append(value)
        if not item.values:
            message = f"`{made.name}` has no values"
            self._report.add("no-members", made.span, message, "one value at least")

    def _fields(self, nodes: tuple[syntax.Field, ...], what: str) -> list[model.Field]:
        if self._too_many(nodes, None):
            return []
        return [self._field(node, what) for node in nodes]

    def _field(self, node: syntax.Field, what: str) -> model.Field:
        check_word(node.name, what, self._report)
        type_ = self._scope.type(node.type)
        default = None if node.default is None else self._scope.default(node.default, type_)
        made = model.Field(
            name=node.name.text,
            doc=node.doc,
            span=node.name.span,
            wire=check_wire(node.name.text, node.wire, self._report),
            type=type_,
            default=default,
        )
        apply_marks(node.marks, made, self._scope.package, self._report)
        return made

    def _union(self, item: syntax.Union, made: model.Union) -> None:
        if self._too_many(item.variants, made):
            return
        for node in item.variants:
            check_word(node.name, "variant", self._report)
            struct = self._variant_struct(node)
            if struct is None:
                continue
            variant = model.Variant(
                name=node.name.text,
                doc=node.doc,
                span=node.name.span,
                wire=check_wire(node.name.text, node.wire, self._report),
                struct=struct,
            )
            apply_marks(node.marks, variant, made.package, self._report)
            made.variants.append(variant)
        if not item.variants:
            message = f"`{made.name}` has no variants"
            self._report.add("no-members", made.span, message, "one variant at least")

    def _variant_struct(self, node: syntax.Variant) -> model.Struct | None:
        count = len(self._report.diagnostics)
        type_ = self._scope.expand(self._scope.type(node.type))
        if isinstance(type_, model.Named) and isinstance(type_.declaration, model.Struct):
            return type_.declaration
        if len(self._report.diagnostics) == count:
            message = f"the variant `{node.name.text}` is not a struct"
            accepted = "a struct: its fields stand beside the tag `type`"
            self._report.add("union-variant", node.type.span, message, accepted)
        return None

    def _error(self, item: syntax.Error, made: model.Error) -> None:
        made.fields = self._fields(item.fields, "field")
        code = values.scalar(item.code, "int", self._report)
        if not isinstance(code, int):
            return
        made.code = code
        if code in CODES_RESERVED or code not in _INT32:
            low, high = CODES_RESERVED.start, CODES_RESERVED.stop - 1
            message = f"the code {code} is reserved" if code in CODES_RESERVED else "too large a code"
            accepted = f"a 32-bit number outside {low} to {high}"
            self._report.add("error-code", item.code.span, message, accepted)

    def _service(self, item: syntax.Service, made: model.Service) -> None:
        seen: set[str] = set()
        methods = [it for it in item.items if isinstance(it, syntax.Method)]
        for setting in item.items:
            if isinstance(setting, syntax.Setting):
                self._setting(setting, made, seen)
        if not self._too_many(methods, made):
            made.methods = [self._method(it, made) for it in methods]

    def _setting(self, node: syntax.Setting, made: model.Service, seen: set[str]) -> None:
        keyword = node.keyword.text
        if keyword in seen:
            message = f"`{keyword}` is said twice"
            self._report.add("duplicate-clause", node.keyword.span, message, "it once")
        seen.add(keyword)
        if keyword == "params":
            made.by_position = self._params(node)
            return
        texts = [self._address(it, keyword) for it in node.values]
        if keyword == "legacy_namespaces":
            made.legacy_namespaces = texts
            return
        if len(texts) > 1:
            span = node.values[1].span
            self._report.add("syntax", span, f"`{keyword}` has one value", "one text")
        if keyword == "namespace":
            made.namespace = texts[0]
        elif keyword == "topic":
            made.topic = texts[0]
        else:
            made.exchange = texts[0]

    def _params(self, node: syntax.Setting) -> bool:
        words = [it.text for it in node.words]
        if words not in (["by", "position"], ["by", "name"]):
            span = node.words[0].span
            message = f"unexpected `{' '.join(words)}`"
            self._report.add("syntax", span, message, "`by position` or `by name`")
        return words == ["by", "position"]

    def _address(self, literal: syntax.Literal, keyword: str) -> str:
        empty_is_fine = keyword == "namespace" and not literal.text
        if not empty_is_fine and not _ADDRESS.fullmatch(literal.text):
            message = f"this cannot be a {keyword.removesuffix('s').replace('_', ' ')}"
            accepted = "1 to 200 letters, digits and `_ . : / -`"
            self._report.add("bad-address", literal.span, message, accepted)
        return literal.text

    def _method(self, node: syntax.Method, service: model.Service) -> model.Method:
        verb = node.verb.text
        check_word(node.name, "method", self._report)
        if verb == "stream":
            message = "`stream` is reserved for a later version of the language"
            accepted = "`call`, `cast`, `fanout` or `event`"
            self._report.add("reserved-word", node.verb.span, message, accepted)
            verb = "call"
        made = model.Method(
            name=node.name.text,
            doc=node.doc,
            span=node.name.span,
            verb=verb,
            wire=node.name.text,
            parameters=self._fields(node.parameters, "parameter"),
        )
        if node.result is not None:
            made.result = self._scope.type(node.result)
            if verb != "call":
                message = f"a {verb} is not answered"
                self._report.add("verb-clause", node.result.span, message, "no `->`, or a call")
        self._clauses(node, made, service)
        return made

    def _clauses(self, node: syntax.Method, made: model.Method, service: model.Service) -> None:
        seen: set[str] = set()
        marks: list[syntax.Mark] = []
        for clause in node.clauses:
            keyword = clause.keyword
            if keyword not in _CLAUSES[made.verb]:
                takes = ", ".join(f"`{it}`" for it in sorted(_CLAUSES[made.verb]))
                article = "an" if made.verb == "event" else "a"
                message = f"{article} {made.verb} has no `{keyword}`"
                self._report.add("verb-clause", clause.span, message, takes)
                continue
            if keyword in seen and not isinstance(clause.value, syntax.Mark):
                message = f"`{keyword}` is said twice"
                self._report.add("duplicate-clause", clause.span, message, "it once")
            seen.add(keyword)
            if isinstance(clause.value, syntax.Mark):
                marks.append(clause.value)
            else:
                self._clause(clause, made)
        apply_marks(marks, made, service.package, self._report)

    def _clause(self, clause: syntax.Clause, made: model.Method) -> None:
        value = clause.value
        match clause.keyword:
            case "idempotent":
                made.idempotent = True
            case "readonly":
                made.readonly = True
            case "as" if isinstance(value, syntax.Literal):
                made.wire = check_wire(made.name, value, self._report)
            case "timeout" if isinstance(value, syntax.Literal):
                made.timeout = self._timeout(value)
            case "raises" if isinstance(value, tuple):
                made.raises = [it for node in value if (it := self._raised(node, made)) is not None]
            case _:
                pass

    def _timeout(self, literal: syntax.Literal) -> timedelta | None:
        found = values.duration(literal)
        if found is None or found <= timedelta(0):
            message = f"`{literal.text[:40]}` is not a time to wait"
            accepted = "a duration above 0, such as `500ms`, `30s`, `2m` or `1h`"
            self._report.add("bad-value", literal.span, message, accepted)
        return found

    def _raised(self, node: syntax.Raised, made: model.Method) -> model.Raised | None:
        found = self._scope.find(node.error, "the error")
        if found is None:
            return None
        if not isinstance(found, model.Error):
            message = f"`{found.name}` is not an error"
            self._report.add("not-an-error", node.error.span, message, "the name of an `error`")
            return None
        since = 0
        for mark in node.marks:
            version = checked(mark, self._scope.package, self._report)
            if version is not None and mark.keyword == "since":
                since = version.minor
        return model.Raised(error=found, since=since)

    def _too_many(self, nodes: "tuple[object, ...] | list[syntax.Method]", made: object) -> bool:
        if len(nodes) <= MAX_MEMBERS:
            return False
        span = made.span if isinstance(made, model.Item) else _first_span(nodes)
        self._report.add("too-many", span, f"more than {MAX_MEMBERS:,} members", "fewer")
        return True


def _first_span(nodes: "tuple[object, ...] | list[syntax.Method]") -> Span:
    first = nodes[0]
    assert isinstance(first, syntax.Field | syntax.Method)
    return first.name.span
