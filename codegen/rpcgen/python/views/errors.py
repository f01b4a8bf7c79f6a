"""The view of `errors.py`."""

from dataclasses import dataclass

from rpcgen.language import model
from rpcgen.python import literals, names
from rpcgen.python.annotate import REPLY, Annotator, Imports
from rpcgen.python.layout import statement
from rpcgen.python.views import docs
from rpcgen.python.views.fields import FACTORIES, MemberView, default_of
from rpcgen.python.views.imports import import_lines


@dataclass(frozen=True, slots=True)
class ErrorView:
    """One exception class."""

    name: str
    doc: str
    code: int
    retryable: bool
    members: list[MemberView]


@dataclass(frozen=True, slots=True)
class ErrorsView:
    """`errors.py`"""

    header: str
    doc: str
    imports: list[str]
    errors: list[ErrorView]


def errors_view(package: model.Package, header: str) -> ErrorsView:
    """Return the view of `errors.py`."""
    imports = Imports(package)
    annotator = Annotator(imports)
    found = []
    for error in package.of_kind(model.Error):
        imports.name("dataclasses", "dataclass")
        imports.name("typing", "ClassVar")
        members = [
            MemberView(_error_field(it, annotator), docs.of_member(it, package))
            for it in error.fields
        ]
        doc = docs.of_item(error, f"{error.name}.", package)
        view = ErrorView(names.declared(error), doc, error.code, error.retryable, members)
        found.append(view)
    doc = literals.docstring(f"The errors of `{package.name}`.", 0)
    return ErrorsView(header, doc, import_lines(imports, runtime=bool(found)), found)


def _error_field(field: model.Field, annotator: Annotator) -> str:
    name = names.error_field(field)
    annotation = annotator.annotation(field.type, REPLY)
    default = default_of(field, annotator)
    if default in FACTORIES:
        annotator.imports.name("dataclasses", "field")
        default = f"field({FACTORIES[default]})"
    if field.wire != name:
        annotator.imports.name("typing", "Annotated")
        annotator.imports.name("pydantic", "Field")
        wire = literals.quoted(field.wire)
        alias = f"Field(validation_alias={wire}, serialization_alias={wire})"
        annotation = f"Annotated[{annotation}, {alias}]"
    after = f" = {default}" if default else ""
    return statement(f"{name}: ", annotation, 4, after).strip()
