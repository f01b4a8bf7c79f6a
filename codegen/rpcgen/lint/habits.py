"""What careful people do besides. Pure."""

from collections.abc import Iterator

from rpcgen.language import model
from rpcgen.language.diagnostics import Diagnostic
from rpcgen.language.source import Span
from rpcgen.lint.contract import Contract


def missing_doc(contract: Contract) -> Iterator[Diagnostic]:
    """A package, a service, a method or an error that nothing is said of."""
    for package in contract.packages:
        if not package.doc:
            yield _undocumented(f"the package `{package.name}`", package.span)
        for kind in (model.Service, model.Error):
            for item in package.of_kind(kind):
                if not item.doc:
                    yield _undocumented(f"`{item.name}`", item.span)
    for method in contract.methods():
        if not method.doc:
            yield _undocumented(f"`{method.name}`", method.span)


def _undocumented(what: str, span: Span) -> Diagnostic:
    message = f"nothing is said of {what}"
    return Diagnostic("missing-doc", span, message, "a line above it that begins with `##`")


def closed_type(contract: Contract) -> Iterator[Diagnostic]:
    """An enum or a union that can never have another member."""
    for package in contract.packages:
        for item in package.declarations.values():
            if isinstance(item, model.Enum | model.Union) and item.closed:
                message = f"nothing can be added to `{item.name}` without a new major"
                yield Diagnostic("closed-type", item.span, message, "it without `closed`")
