"""The view of `methods.py`: each fact of the contract once, as data."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from rpcgen.language import model
from rpcgen.language.types import parts
from rpcgen.python import literals, names
from rpcgen.python.annotate import REPLY, REQUEST, Annotator, Imports, Style
from rpcgen.python.layout import (
    WIDEST,
    WIDTH,
    Brackets,
    Joined,
    Node,
    flat,
    lay_out,
    parse,
    statement,
)
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
        for method in service.methods:
            statements += _MethodWriter(method, service, annotator).statements()
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


class _MethodWriter:
    """Writes the table's entry of one method."""

    def __init__(self, method: model.Method, service: model.Service, annotator: Annotator) -> None:
        self._method = method
        self._service = service
        self._annotator = annotator
        self._constant = names.method_constant(service, method)
        self._aliases: list[str] = []

    def statements(self) -> list[str]:
        """Return the entry, and before it the names that it needs."""
        method = self._method
        kind = f"rpc.{method.verb.capitalize()}"
        style = REPLY if method.verb == "event" else REQUEST
        arguments: list[Node] = [
            names.service_constant(self._service),
            f'"{method.name}"',
            Brackets("[", [self._param(it, style) for it in method.parameters], "]", exploded=True),
        ]
        if method.verb == "call":
            result: Node = "None"
            if method.result is not None:
                result = self._value("result", method.result, REPLY)
                arguments.append(Joined("result=", result))
            kind = f"{kind}[{flat(result)}]"
            if len(f"{self._constant} = {kind}(") > WIDEST:
                kind = f"rpc.Call[\n    {flat(result)}\n]"
        arguments += self._promises()
        call = Brackets(f"{kind}(", arguments, ")", exploded=True)
        return [*self._aliases, lay_out(Joined(f"{self._constant} = ", call))]

    def _promises(self) -> list[Node]:
        method = self._method
        said: list[Node] = []
        if method.wire != method.name:
            said.append(f"wire={literals.quoted(method.wire)}")
        if method.raises:
            errors = [self._annotator.imports.local(it.error) for it in method.raises]
            said.append(Joined("raises=", Brackets("[", errors, "]")))
        if method.timeout is not None:
            said.append(f"timeout={method.timeout / timedelta(seconds=1)!r}")
        if method.idempotent:
            said.append("idempotent=True")
        if method.readonly:
            said.append("readonly=True")
        since = max(method.since, self._service.since)
        if since:
            said.append(f"since={since}")
        return said

    def _param(self, field: model.Field, style: Style) -> Node:
        name = names.parameter(field)
        inner = field.type.inner if isinstance(field.type, model.Optional) else field.type
        arguments: list[Node] = [f'"{name}"', self._value(name, inner, style)]
        if field.default is not None:
            default = self._annotator.typed_default(field.default, field.type)
            arguments.append(f"default={default}")
        if isinstance(field.type, model.Optional):
            arguments.append("optional=True")
        if field.wire != name:
            arguments.append(f"wire={literals.quoted(field.wire)}")
        if field.since:
            arguments.append(f"since={field.since}")
        return Brackets("rpc.Param(", arguments, ")")

    def _value(self, what: str, type_: model.Type, style: Style) -> Node:
        """Return an annotation as an argument; `A | B` of a union gets a name of its own first.

        Its name stands for `Annotated[…]`, which type checkers take as a value but not with `|`.
        """
        text = self._annotator.annotation(type_, style)
        is_long = what == "result" and len(f"{self._constant} = rpc.Call[{text}](") > WIDTH
        if not is_long and (not _is_union(type_) or " | " not in text):
            return parse(text)
        self._annotator.imports.name("typing", "TypeAlias")
        alias = f"_{self._constant}_{what.upper()}"
        self._aliases.append(statement(f"{alias}: TypeAlias = ", text, 0))
        return alias


def _is_union(type_: model.Type) -> bool:
    match type_:
        case model.Optional(inner):
            return _is_union(inner)
        case model.Named(model.Alias(type=inner)) if inner is not None:
            return _is_union(inner)
        case model.Named(model.Union()):
            return True
        case _:
            return False


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
