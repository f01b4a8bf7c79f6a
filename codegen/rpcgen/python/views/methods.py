"""The view of `methods.py`: each fact of the contract once, as data."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from rpcgen.language import model
from rpcgen.language.types import parts
from rpcgen.python import literals, names
from rpcgen.python.annotate import REPLY, REQUEST, Annotator, Imports
from rpcgen.python.layout import Brackets, Joined, Node, lay_out, parse
from rpcgen.python.views.imports import import_lines


@dataclass(frozen=True, slots=True)
class MethodsView:
    """`methods.py`"""

    header: str
    doc: str
    imports: list[str]
    statements: list[str]


def methods_view(package: model.Package, header: str) -> MethodsView:
    """Return the view of `methods.py`."""
    imports = Imports(package)
    annotator = Annotator(imports)
    services = package.of_kind(model.Service)
    statements = [_minors(package, imports)] if services else []
    for service in services:
        statements.append(_service(service))
        statements += [_method(it, service, annotator) for it in service.methods]
    doc = literals.docstring(f"What the services of `{package.name}` promise.", 0)
    lines = import_lines(imports, runtime=bool(services))
    return MethodsView(header, doc, lines, statements)


def _service(service: model.Service) -> str:
    target = [
        f"exchange={literals.quoted(service.exchange)}",
        f"topic={literals.quoted(service.topic)}",
        f'version="{service.package.version}"',
    ]
    if service.namespace is not None:
        target.append(f"namespace={literals.quoted(service.namespace)}")
    if service.legacy_namespaces:
        texts = [literals.quoted(it) for it in service.legacy_namespaces]
        target.append(lay_out(Joined("legacy_namespaces=", Brackets("[", texts, "]")), 8).strip())
    arguments: list[Node] = [
        f'package="{service.package.name}"',
        f'name="{service.name}"',
        Joined("target=", Brackets("rpc.Target(", target, ")")),
        "minors=_MINORS",
    ]
    if service.by_position:
        arguments.append("by_position=True")
    call = Brackets("rpc.Service(", arguments, ")", exploded=True)
    return lay_out(Joined(f"{names.service_constant(service)} = ", call))


def _method(method: model.Method, service: model.Service, annotator: Annotator) -> str:
    kind = f"rpc.{method.verb.capitalize()}"
    style = REPLY if method.verb == "event" else REQUEST
    params = [_param(it, style is REPLY, annotator) for it in method.parameters]
    arguments: list[Node] = [
        names.service_constant(service),
        f'"{method.name}"',
        Brackets("[", params, "]", exploded=True),
    ]
    if method.verb == "call":
        result = "None"
        if method.result is not None:
            result = annotator.annotation(method.result, REPLY)
            arguments.append(Joined("result=", parse(result)))
        kind = f"{kind}[{result}]"
    arguments += _promises(method, annotator)
    constant = names.method_constant(service, method)
    return lay_out(Joined(f"{constant} = ", Brackets(f"{kind}(", arguments, ")", exploded=True)))


def _promises(method: model.Method, annotator: Annotator) -> list[Node]:
    said: list[Node] = []
    if method.wire != method.name:
        said.append(f"wire={literals.quoted(method.wire)}")
    if method.raises:
        errors = [annotator.imports.local(it.error) for it in method.raises]
        said.append(Joined("raises=", Brackets("[", errors, "]")))
    if method.timeout is not None:
        said.append(f"timeout={method.timeout / timedelta(seconds=1)!r}")
    if method.idempotent:
        said.append("idempotent=True")
    if method.readonly:
        said.append("readonly=True")
    if method.since:
        said.append(f"since={method.since}")
    return said


def _param(field: model.Field, flows_back: bool, annotator: Annotator) -> Node:
    name = names.parameter(field)
    annotation = annotator.annotation(field.type, REPLY if flows_back else REQUEST)
    arguments: list[Node] = [f'"{name}"', parse(annotation)]
    if field.default is not None:
        arguments.append(f"default={annotator.typed_default(field.default, field.type)}")
    elif isinstance(field.type, model.Optional):
        arguments.append("default=None")
    if field.wire != name:
        arguments.append(f"wire={literals.quoted(field.wire)}")
    if field.since:
        arguments.append(f"since={field.since}")
    return Brackets("rpc.Param(", arguments, ")")


def _minors(package: model.Package, imports: Imports) -> str:
    """Return the table of what came after the first minor, for all that requests can hold."""
    reached = list(_reached(package))
    tables: list[Node] = []
    structs = [it for it in reached if isinstance(it, model.Struct)]
    enums = [it for it in reached if isinstance(it, model.Enum)]
    fields = [(it, _later(((names.field(f), f) for f in it.fields), it, package)) for it in structs]
    values = [
        (it, _later(((names.enum_value(v), v) for v in it.values), it, package)) for it in enums
    ]
    tables += _table("fields", [(imports.local(it), rows) for it, rows in fields if rows])
    tables += _table("values", [(imports.local(it), rows) for it, rows in values if rows])
    variants = _variants(reached, package, imports)
    if variants:
        rows: list[Node] = [f"{name}: {minor}" for name, minor in variants]
        tables.append(Joined("variants=", Brackets("{", rows, "}", exploded=True)))
    return lay_out(Joined("_MINORS = ", Brackets("rpc.Minors(", tables, ")", exploded=True)))


def _table(name: str, rows: list[tuple[str, list[tuple[str, int]]]]) -> list[Node]:
    if not rows:
        return []
    entries: list[Node] = []
    for owner, members in rows:
        inner = [f'"{member}": {minor}' for member, minor in members]
        entries.append(Joined(f"{owner}: ", Brackets("{", inner, "}")))
    return [Joined(f"{name}=", Brackets("{", entries, "}", exploded=True))]


def _later(
    members: Iterable[tuple[str, model.Item]], owner: model.Declaration, package: model.Package
) -> list[tuple[str, int]]:
    return [(name, minor) for name, it in members if (minor := _minor(it, owner, package))]


def _minor(item: model.Item, owner: model.Declaration, package: model.Package) -> int:
    if not item.since:
        return 0
    # An imported package counts by itself; what is new there needs all of what we are today.
    return item.since if owner.package is package else package.version.minor


def _variants(
    reached: list[model.TypeDeclaration], package: model.Package, imports: Imports
) -> list[tuple[str, int]]:
    found = []
    for union in reached:
        if isinstance(union, model.Union):
            for variant in union.variants:
                minor = _minor(variant, union, package)
                if minor:
                    found.append((_variant_name(union, variant, imports), minor))
    return found


def _variant_name(union: model.Union, variant: model.Variant, imports: Imports) -> str:
    name = names.variant_class(union, variant)
    if union.package is imports.package:
        return imports.name(".models", name)
    return imports.local(union).rpartition(".")[0] + "." + name


def _reached(package: model.Package) -> Iterable[model.TypeDeclaration]:
    """Yield what requests can hold, each once, in the order in which it is met."""
    seen: set[model.TypeDeclaration] = set()
    pending = [
        field.type
        for service in package.of_kind(model.Service)
        for method in service.methods
        if method.verb != "event"
        for field in method.parameters
    ]
    pending.reverse()
    while pending:
        for part in parts(pending.pop()):
            if isinstance(part, model.Named) and part.declaration not in seen:
                seen.add(part.declaration)
                yield part.declaration
                pending += reversed(_inside(part.declaration))


def _inside(declaration: model.TypeDeclaration) -> list[model.Type]:
    match declaration:
        case model.Struct(fields=fields):
            return [it.type for it in fields]
        case model.Alias(type=inner) if inner is not None:
            return [inner]
        case model.Union(variants=variants):
            return [model.Named(it.struct) for it in variants]
        case _:
            return []
