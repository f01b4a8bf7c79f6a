"""What may be how old: nothing is older than what it needs, in the numbers of one package.

An imported package has numbers of its own; they are not compared.
"""

from collections.abc import Iterator

from rpcgen.language import model
from rpcgen.language.diagnostics import Report
from rpcgen.language.types import parts


def check(package: model.Package, report: Report) -> None:
    """Report members of `package` that came before something they need."""
    ages = _Ages(package, report)
    for declaration in package.declarations.values():
        match declaration:
            case model.Alias(type=type_) if type_ is not None:
                ages.types(declaration, declaration.since, type_, "its type")
            case model.Struct() | model.Error():
                for field in declaration.fields:
                    ages.field(field, declaration.since)
            case model.Union():
                for variant in declaration.variants:
                    since = max(variant.since, declaration.since)
                    ages.needs(variant, since, variant.struct, "its struct")
            case model.Service():
                for method in declaration.methods:
                    ages.method(method, declaration.since)
            case _:
                pass


class _Ages:
    def __init__(self, package: model.Package, report: Report) -> None:
        self._package = package
        self._report = report

    def method(self, method: model.Method, service_since: int) -> None:
        since = max(method.since, service_since)
        for parameter in method.parameters:
            self.field(parameter, since)
            self._not_demanded_later(parameter, method, since)
        if method.result is not None:
            self.types(method, since, method.result, "its result")
        for raised in method.raises:
            self.needs(raised, max(raised.since, since), raised.error, "the error")

    def field(self, field: model.Field, owner_since: int) -> None:
        since = max(field.since, owner_since)
        self.types(field, since, field.type, "its type")
        if isinstance(field.default, model.EnumDefault):
            value = field.default.value
            if value.enum.package is self._package:
                self._older(field, since, value, "its default")

    def types(self, item: model.Marked, since: int, type_: model.Type, what: str) -> None:
        for named in _named_in(type_):
            self.needs(item, since, named, what)

    def needs(self, item: model.Marked, since: int, needed: model.Declaration, what: str) -> None:
        if needed.package is self._package:
            self._older(item, since, needed, what)

    def _older(self, item: model.Marked, since: int, needed: model.Item, what: str) -> None:
        if since >= needed.since:
            return
        major = self._package.version.major
        came, needed_came = f"{major}.{since}", f"{major}.{needed.since}"
        if isinstance(item, model.Raised):
            message = f"`{item.name}` came in {needed_came}, but is raised since {came}"
        else:
            message = f"`{item.name}` came in {came}, {what} `{needed.name}` in {needed_came}"
        accepted = f"`since {needed_came}` or later"
        seen = [(needed.span, "declared here")]
        self._report.add("version-range", item.span, message, accepted, seen)

    def _not_demanded_later(self, parameter: model.Field, method: model.Method, since: int) -> None:
        if parameter.since > since and parameter.required:
            message = f"`{parameter.name}` came later than `{method.name}`, yet must be given"
            accepted = "a default, or `?` after the type: older clients do not send it"
            self._report.add("since-required", parameter.span, message, accepted)


def _named_in(type_: model.Type) -> Iterator[model.TypeDeclaration]:
    for part in parts(type_):
        if isinstance(part, model.Named):
            yield part.declaration
