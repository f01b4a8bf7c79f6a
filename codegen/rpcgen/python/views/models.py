"""The view of `models.py`."""

from collections.abc import Iterator
from dataclasses import dataclass

from rpcgen.language import model
from rpcgen.language.types import parts
from rpcgen.python import literals, names
from rpcgen.python.annotate import FIELD, REQUEST, Annotator, Imports
from rpcgen.python.layout import Brackets, Either, Joined, lay_out, statement
from rpcgen.python.views import docs
from rpcgen.python.views.fields import MemberView, field_line
from rpcgen.python.views.imports import import_lines


@dataclass(frozen=True, slots=True)
class ItemView:
    """A class with members, or a single statement."""

    is_class: bool
    header: str
    doc: str
    members: list[MemberView]


@dataclass(frozen=True, slots=True)
class ModelsView:
    """`models.py`"""

    header: str
    doc: str
    imports: list[str]
    consts: list[str]
    items: list[ItemView]


def models_view(package: model.Package, header: str) -> ModelsView:
    """Return the view of `models.py`."""
    writer = _Models(package)
    items = writer.items()
    consts = [writer.const(it) for it in package.of_kind(model.Const)]
    runtime = any("rpc." in it.header + _text(it) for it in items)
    doc = literals.docstring(package.doc or f"The types of `{package.name}`.", 0)
    return ModelsView(header, doc, import_lines(writer.imports, runtime=runtime), consts, items)


def _text(item: ItemView) -> str:
    return "".join(it.text for it in item.members)


class _Models:
    def __init__(self, package: model.Package) -> None:
        self._package = package
        # What is declared in this very file needs no import.
        self.imports = _HomeImports(package)
        self._annotator = Annotator(self.imports)
        self._written: set[model.Declaration] = set()
        self._open: set[model.Declaration] = set()

    def const(self, const: model.Const) -> str:
        self.imports.name("typing", "Final")
        assert const.value is not None
        assert const.type is not None
        value = self._annotator.typed_default(const.value, const.type)
        return f"{names.declared(const)}: Final = {value}"

    def items(self) -> list[ItemView]:
        found: list[ItemView] = []
        declarations = self._package.declarations.values()
        for declaration in declarations:
            if isinstance(declaration, model.Enum):
                found += self._once(declaration)
        for declaration in declarations:
            if isinstance(declaration, model.TypeDeclaration):
                found += self._once(declaration)
        return found

    def _once(self, declaration: model.TypeDeclaration) -> list[ItemView]:
        """Return what must stand before `declaration`, and itself; nothing the second time.

        An alias or a union needs what it mentions when it is executed. A struct can quote what
        comes later, and does where that needs the struct.
        """
        if declaration.package is not self._package or declaration in self._written | self._open:
            return []
        self._open.add(declaration)
        found: list[ItemView] = []
        for mentioned in _mentioned(declaration):
            is_later = isinstance(declaration, model.Struct) and _needs(mentioned) & self._open
            found += [] if is_later else self._once(mentioned)
        self._open.remove(declaration)
        found += list(self._views(declaration))
        self._written.add(declaration)
        return found

    def _views(self, declaration: model.TypeDeclaration) -> Iterator[ItemView]:
        match declaration:
            case model.Enum():
                yield self._enum(declaration)
            case model.Struct():
                yield self._struct(declaration)
            case model.Alias():
                yield self._alias(declaration)
            case model.Union():
                yield from self._union(declaration)

    def _enum(self, enum: model.Enum) -> ItemView:
        self.imports.name("enum", "Enum")
        members = [
            MemberView(
                f"{names.enum_value(it)} = {literals.quoted(it.wire)}",
                docs.of_member(it, self._package),
            )
            for it in enum.values
        ]
        doc = docs.of_item(enum, f"The values of `{enum.name}`.", self._package)
        return ItemView(True, f"class {names.declared(enum)}(Enum):", doc, members)

    def _struct(self, struct: model.Struct) -> ItemView:
        members = [
            MemberView(self._field(it, names.field(it)), docs.of_member(it, self._package))
            for it in struct.fields
        ]
        doc = docs.of_item(struct, f"The struct `{struct.name}`.", self._package)
        return ItemView(True, f"class {names.declared(struct)}(rpc.Model):", doc, members)

    def _field(self, field: model.Field, name: str) -> str:
        annotation = self._annotator.annotation(field.type, FIELD)
        if self._mentions_unwritten(field.type):
            annotation = literals.quoted(annotation)
        return field_line(name, annotation, field, self._annotator)

    def _mentions_unwritten(self, type_: model.Type) -> bool:
        return any(
            isinstance(it, model.Named)
            and it.declaration.package is self._package
            and it.declaration not in self._written
            for it in _deep(type_, through=FIELD.is_open)
        )

    def _alias(self, alias: model.Alias) -> ItemView:
        self.imports.name("typing", "TypeAlias")
        assert alias.type is not None
        annotation = self._annotator.annotation(alias.type, REQUEST)
        header = statement(f"{names.declared(alias)}: TypeAlias = ", annotation, 0)
        return ItemView(False, header, _statement_doc(alias, self._package), [])

    def _union(self, union: model.Union) -> Iterator[ItemView]:
        self.imports.name("typing", "Literal")
        self.imports.name("typing", "TypeAlias")
        classes = []
        for variant in union.variants:
            name = names.variant_class(union, variant)
            classes.append(name)
            tag = literals.quoted(variant.wire)
            member = MemberView(f"type: Literal[{tag}] = {tag}", "")
            doc = docs.of_item(variant, f"`{union.name}`, variant `{variant.name}`.", self._package)
            base = self.imports.local(variant.struct)
            yield ItemView(True, f"class {name}({base}):", doc, [member])
        yield ItemView(
            False, self._union_alias(union, classes), _statement_doc(union, self._package), []
        )

    def _union_alias(self, union: model.Union, classes: list[str]) -> str:
        name = names.declared(union)
        if len(classes) == 1:
            return f"{name}: TypeAlias = {classes[0]}"
        self.imports.name("typing", "Annotated")
        self.imports.name("pydantic", "Field")
        node = Brackets("Annotated[", [Either(classes), 'Field(discriminator="type")'], "]")
        return lay_out(Joined(f"{name}: TypeAlias = ", node))


class _HomeImports(Imports):
    """The imports of `models.py`, where its own declarations are at home."""

    def local(self, declaration: model.Declaration) -> str:
        if declaration.package is self.package:
            return names.declared(declaration)
        return Imports.local(self, declaration)


def _statement_doc(item: model.Declaration, package: model.Package) -> str:
    doc = docs.of_member(item, package)
    return doc.replace("\n    ", "\n") if doc else ""


def _mentioned(declaration: model.TypeDeclaration) -> list[model.TypeDeclaration]:
    match declaration:
        case model.Struct(fields=fields):
            types = [it.type for it in fields]
        case model.Alias(type=inner) if inner is not None:
            types = [inner]
        case model.Union(variants=variants):
            return [it.struct for it in variants]
        case _:
            types = []
    return [
        it.declaration
        for type_ in types
        for it in _deep(type_, through=False)
        if isinstance(it, model.Named)
    ]


def _needs(declaration: model.TypeDeclaration) -> set[model.Declaration]:
    """Return `declaration` and what must stand before it."""
    found: set[model.Declaration] = set()
    pending = [declaration]
    while pending:
        current = pending.pop()
        if current not in found:
            found.add(current)
            if not isinstance(current, model.Struct):
                pending += _mentioned(current)
    return found


def _deep(type_: model.Type, *, through: bool) -> Iterator[model.Type]:
    """Yield the parts of `type_`; with `through`, also those of aliases that are written out."""
    for part in parts(type_):
        yield part
        if through and isinstance(part, model.Named) and isinstance(part.declaration, model.Alias):
            inner = part.declaration.type
            if inner is not None:
                yield from _deep(inner, through=through)
