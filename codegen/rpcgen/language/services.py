"""Services: their settings and methods, with the rules of each verb."""

import re
from datetime import timedelta

from rpcgen.language import model, syntax, values
from rpcgen.language.members import Members, too_many
from rpcgen.language.names import check_wire, check_word
from rpcgen.language.types import Scope
from rpcgen.language.versions import apply_marks

_CLAUSES = {
    "call": {"raises", "timeout", "idempotent", "readonly", "as", "since", "deprecated"},
    "cast": {"idempotent", "as", "since", "deprecated"},
    "fanout": {"as", "since", "deprecated"},
    "event": {"as", "since", "deprecated"},
}
_ADDRESS = re.compile(r"[A-Za-z0-9_.:/-]{1,200}")


class Services:
    """Fills the services of one file."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._report = scope.report
        self._members = Members(scope)

    def fill(self, item: syntax.Service, made: model.Service) -> None:
        """Write the settings and methods of a service."""
        seen: set[str] = set()
        methods = [it for it in item.items if isinstance(it, syntax.Method)]
        for setting in item.items:
            if isinstance(setting, syntax.Setting):
                self._setting(setting, made, seen)
        if not too_many(methods, made, self._report):
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
            message = f"this cannot be the {keyword.removesuffix('s').replace('_', ' ')}"
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
        )
        self._clauses(node, made, service)
        owner = made if made.since >= service.since else service
        made.parameters = self._members.fields(node.parameters, "parameter", owner)
        if node.result is not None:
            made.result = self._scope.type(node.result)
            if verb != "call":
                message = f"a {verb} is not answered"
                self._report.add("verb-clause", node.result.span, message, "no `->`, or a call")
        return made

    def _clauses(self, node: syntax.Method, made: model.Method, service: model.Service) -> None:
        seen: set[str] = set()
        marks: list[syntax.Mark] = []
        raised: tuple[syntax.Raised, ...] = ()
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
            elif isinstance(clause.value, tuple):
                raised += clause.value
            else:
                self._clause(clause, made)
        apply_marks(marks, made, service.package, self._report, service)
        made.raises = [it for raises in raised if (it := self._raised(raises, made)) is not None]

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
            case _:
                pass

    def _timeout(self, literal: syntax.Literal) -> timedelta | None:
        found = values.duration(literal)
        if found is None or found <= timedelta(0):
            message = f"`{literal.text[:40]}` is not a time to wait"
            accepted = "a duration above 0, such as `500ms`, `30s`, `2m` or `1h`"
            self._report.add("bad-value", literal.span, message, accepted)
        return found

    def _raised(self, node: syntax.Raised, method: model.Method) -> model.Raised | None:
        found = self._scope.find(node.error, "the error")
        if found is None:
            return None
        if not isinstance(found, model.Error):
            message = f"`{found.name}` is not an error"
            self._report.add("not-an-error", node.error.span, message, "the name of an `error`")
            return None
        made = model.Raised(name=found.name, span=node.error.name.span, error=found)
        apply_marks(node.marks, made, self._scope.package, self._report, method)
        return made
