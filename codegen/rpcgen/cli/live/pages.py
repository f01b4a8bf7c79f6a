"""What people read of a service and of a method. Pure."""

from rpcgen.cli.live.choose import Chosen, wire_name
from rpcgen.cli.live.declarations import declaration_rows, needed, types_of
from rpcgen.cli.live.signatures import INDENT, field_text, method_rows, name_of
from rpcgen.language import model

DEEPER = INDENT * 3


def service_page(service: model.Service) -> list[str]:
    """Return a service and its methods, each with the first line of its documentation."""
    package = service.package
    rows = [f"{service.name} ({package.name} {package.version})"]
    rows += [f"{INDENT}{it}" for it in _first_line(service)]
    for method in service.methods:
        documented = [f"## {it}" for it in _first_line(method)]
        rows += ["", *_indented([*documented, *method_rows(method, package)])]
    return rows


def method_page(chosen: Chosen) -> list[str]:
    """Return all that there is to know of a method."""
    service, method = chosen.service, chosen.method
    package = service.package
    rows = [f"{chosen.label} ({package.name} {package.version})"]
    if wire_name(chosen) != chosen.label:
        rows.append(f"{INDENT}on the wire: {wire_name(chosen)}")
    rows += ["", *_indented(method_rows(method, package))]
    if method.doc:
        rows += ["", *_indented(method.doc.split("\n"))]
    if method.parameters:
        rows += ["", "parameters"]
    for field in method.parameters:
        rows.append(f"{INDENT}{field_text(field, package)}")
        rows += [f"{DEEPER}{it}" for it in field.doc.split("\n") if it]
    if method.raises:
        rows += ["", "errors"]
    for raised in method.raises:
        error = raised.error
        told = ": ".join([name_of(error, package), *_first_line(error)])
        rows.append(f"{INDENT}{error.code} {told}")
    return rows + _declarations(chosen)


def declared_for(chosen: Chosen) -> list[model.Declaration]:
    """Return the errors of a method and all types that it needs, those of its package first."""
    package = chosen.service.package
    errors = [it.error for it in chosen.method.raises]
    found: list[model.Declaration] = [*errors, *needed(types_of(chosen.method))]
    return sorted(found, key=lambda it: it.package is not package)


def _declarations(chosen: Chosen) -> list[str]:
    rows: list[str] = []
    package: model.Package | None = None
    for declaration in declared_for(chosen):
        if declaration.package is not package:
            package = declaration.package
            rows += ["", f"declared in {package.name} {package.version}"]
        rows += ["", *_indented(declaration_rows(declaration))]
    return rows


def _first_line(item: model.Item) -> list[str]:
    line = item.doc.partition("\n")[0]
    return [line] if line else []


def _indented(rows: list[str]) -> list[str]:
    return [f"{INDENT}{it}".rstrip() for it in rows]
