"""Types of a contract as JSON Schema: each declared type once, for each way that it flows. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from rpcgen.export import scalars, values
from rpcgen.export.document import Json, Members, given
from rpcgen.export.flow import Differences, Flow
from rpcgen.export.marks import marks, of_values
from rpcgen.language import model

Limits: TypeAlias = Mapping[str, model.Scalar]

_NULL: Members = {"type": "null"}


@dataclass(frozen=True, slots=True)
class Dialect:
    """Which JSON Schema a document holds, and where."""

    definitions: str
    """What stands before a name in a reference, such as `#/$defs/`."""
    is_new: bool
    """Whether members beside `$ref` count, and items by their place are `prefixItems`."""


DRAFT_2020_12 = Dialect("#/$defs/", is_new=True)
DRAFT_07 = Dialect("#/components/schemas/", is_new=False)


class _Wanted(NamedTuple):
    declaration: model.TypeDeclaration | model.Error
    flow: Flow
    variant: model.Variant | None = None


class Schemas:
    """Writes the schemas of one document, and keeps what they refer to."""

    def __init__(self, dialect: Dialect, home: model.Package | None) -> None:
        """Types of `home` go by their bare names; those of other packages never do."""
        self._dialect = dialect
        self._home = home
        self._differences = Differences()
        self._wanted: dict[str, _Wanted] = {}

    def definitions(self) -> dict[str, Json]:
        """Return all that was referred to, and what that refers to, by name."""
        found: dict[str, Json] = {}
        while missing := [it for it in self._wanted if it not in found]:
            found |= {it: self._definition(self._wanted[it]) for it in missing}
        return dict(sorted(found.items()))

    def refer(self, declaration: model.TypeDeclaration | model.Error, flow: Flow) -> Members:
        """Return a reference to a declared type or to an error's data."""
        return self._refer(_Wanted(declaration, flow))

    def name(self, declaration: model.Declaration) -> str:
        """Return the name of a declaration: its own, or with its package before it."""
        package = declaration.package
        if package is self._home:
            return declaration.name
        return f"{package.name.replace('.', '-')}-v{package.version.major}-{declaration.name}"

    def of(self, type_: model.Type, flow: Flow) -> Members:
        """Return the schema of a type."""
        match type_:
            case model.Optional(inner):
                return self._or_null(inner, flow)
            case model.Builtin(name, limits):
                return scalars.of(name, _held(limits, flow))
            case model.ListOf(item, limits):
                bounds = scalars.bounds("list", _held(limits, flow))
                return {"type": "array", "items": self.of(item, flow), **bounds}
            case model.MapOf():
                return self._map(type_, flow)
            case model.Named(declaration):
                return self.refer(declaration, flow)

    def result(self, method: model.Method) -> Members:
        """Return the schema of what a call answers."""
        return _NULL if method.result is None else self.of(method.result, Flow.REPLY)

    def parameters(self, service: model.Service, method: model.Method) -> Members:
        """Return the schema of a method's parameters, in the form that the contract says."""
        package = service.package
        if method.verb == "event":
            return self.members(method.parameters, Flow.REPLY, package)
        if not service.by_position:
            members = self.members(method.parameters, Flow.REQUEST, package)
            return {**members, "additionalProperties": False}
        listed: list[Json] = [
            {"title": it.wire, **self.field(it, Flow.REQUEST, package)} for it in method.parameters
        ]
        least = sum(it.required for it in method.parameters)
        return {"type": "array", **self._tuple(listed), "minItems": least}

    def _tuple(self, items: Sequence[Json]) -> Members:
        if not items:
            return {"maxItems": 0}
        if self._dialect.is_new:
            return {"prefixItems": items, "items": False}
        return {"items": items, "additionalItems": False}

    def members(self, fields: Iterable[model.Field], flow: Flow, home: model.Package) -> Members:
        """Return the schema of an object with these fields; `home` declares them."""
        listed = list(fields)
        properties = {it.wire: self.field(it, flow, home) for it in listed}
        required = [it.wire for it in listed if it.required]
        return {"type": "object", **given(properties=properties, required=required)}

    def field(self, item: model.Field, flow: Flow, home: model.Package) -> Members:
        """Return the schema of a field or parameter, with all that it says about itself."""
        said = marks(item, home)
        if item.default is not None:
            said["default"] = values.default(item)
        return self.beside(self.of(item.type, flow), said)

    def beside(self, schema: Members, said: Members) -> Members:
        """Return a schema with members that do not change what it takes."""
        if said and "$ref" in schema and not self._dialect.is_new:
            return {"allOf": [schema], **said}
        return {**schema, **said}

    def _refer(self, wanted: _Wanted) -> Members:
        name = self.name(wanted.declaration)
        if wanted.variant is not None:
            name += f"_{wanted.variant.name}"
        if self._is_relaxed(wanted):
            name += "-reply"
        self._wanted[name] = wanted
        return {"$ref": self._dialect.definitions + name}

    def _is_relaxed(self, wanted: _Wanted) -> bool:
        """Whether it is the second form of a type that has two; an error flows one way."""
        if wanted.flow is Flow.REQUEST or isinstance(wanted.declaration, model.Error):
            return False
        struct = None if wanted.variant is None else wanted.variant.struct
        return self._differences.in_(struct or wanted.declaration)

    def _definition(self, wanted: _Wanted) -> Members:
        declaration, flow, variant = wanted
        title: dict[str, Json] = {"title": declaration.name}
        title |= marks(declaration if variant is None else variant, declaration.package)
        match declaration:
            case model.Alias(type=type_) if type_ is not None:
                return self.beside(self.of(type_, flow), title)
            case model.Enum():
                return {**title, **_enum(declaration, flow)}
            case model.Union() if variant is not None:
                return self._variant(declaration, variant, flow)
            case model.Union():
                return {**title, **self._union(declaration, flow)}
            case model.Struct(fields=fields) | model.Error(fields=fields):
                return {**title, **self.members(fields, flow, declaration.package)}
            case _:
                return title

    def _union(self, union: model.Union, flow: Flow) -> Members:
        known: list[Json] = [self._refer(_Wanted(union, flow, it)) for it in union.variants]
        if union.closed or flow is Flow.REQUEST:
            return {"oneOf": known}
        tags = [it.wire for it in union.variants]
        other: Members = {"type": "string", "not": {"enum": tags}}
        unknown: Members = {"type": "object", "properties": {"type": other}, "required": ["type"]}
        return {"oneOf": [*known, {**unknown, "description": "A variant that came later."}]}

    def _variant(self, union: model.Union, variant: model.Variant, flow: Flow) -> Members:
        struct = variant.struct
        inside = self.members(struct.fields, flow, struct.package)
        properties, required = inside.get("properties", {}), inside.get("required", [])
        assert isinstance(properties, dict), "an object's members are by name"
        assert isinstance(required, list), "names stand in a list"
        said = marks(variant, union.package)
        return {
            "title": f"{union.name}_{variant.name}",
            **given(description=struct.doc),
            **said,
            "type": "object",
            "properties": {"type": {"const": variant.wire}, **properties},
            "required": ["type", *required],
        }

    def _map(self, type_: model.MapOf, flow: Flow) -> Members:
        bounds = scalars.bounds("map", _held(type_.constraints, flow))
        return {
            "type": "object",
            "propertyNames": self._key(type_.key, flow),
            "additionalProperties": self.of(type_.value, flow),
            **bounds,
        }

    def _key(self, type_: model.Type, flow: Flow) -> Members:
        match values.expanded(type_):
            case model.Builtin("int" as name, limits):
                return scalars.key(name, _held(limits, flow))
            case _:
                return self.of(type_, flow)

    def _or_null(self, inner: model.Type, flow: Flow) -> Members:
        return {"anyOf": [self.of(inner, flow), _NULL]}


def _held(limits: Limits, flow: Flow) -> Limits:
    """Return the constraints that hold."""
    return limits if flow is Flow.REQUEST else {}


def _enum(enum: model.Enum, flow: Flow) -> Members:
    known: Members = {"type": "string", "enum": [it.wire for it in enum.values]}
    said = of_values(enum)
    if enum.closed or flow is Flow.REQUEST:
        return {**known, **said}
    unknown = {"type": "string", "description": "A value that came later."}
    return {"anyOf": [known, unknown], **said}
