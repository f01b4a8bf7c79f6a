"""Types of a contract as pydantic's core schemas: values are dicts, lists and Python's scalars.

They say what the annotations of generated code say, for what flows to a server. Names are those of
the wire, and a member that the contract does not have is refused: somebody has mistyped it. What
holds for every integer, float and time is the runtime's to add (`rpcgen_runtime.schemas`).
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import cast

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema

from rpcgen.language import model
from rpcgen.language.check import TAG
from rpcgen_runtime.codecs import CONFIG
from rpcgen_runtime.schemas import Schema

_NAMES = {"uuid": "uuid", "duration": "timedelta", "json": "any"}
"""Of the built-in types that pydantic calls otherwise."""


def annotation(type_: model.Type) -> type:
    """Return an annotation that pydantic takes for values of `type_`."""
    writer = _Writer()
    schema = writer.finished(writer.schema(type_))

    class Known:
        """Stands for a type; nothing is ever one of its instances."""

        @classmethod
        def __get_pydantic_core_schema__(
            cls, _source: object, _handler: GetCoreSchemaHandler
        ) -> CoreSchema:
            """Hand over the schema that is there already."""
            return schema

    return Known


def object_schema(fields: Iterable[model.Field]) -> CoreSchema:
    """Return the schema of an object with these members."""
    writer = _Writer()
    return writer.finished(writer.members(fields))


class _Writer:
    """Writes schemas that share their definitions: a struct may hold itself."""

    def __init__(self) -> None:
        self._definitions: dict[str, Schema] = {}
        self._pending: list[tuple[str, model.Struct, model.Variant | None]] = []

    def finished(self, schema: Schema) -> CoreSchema:
        """Return `schema` with the definitions that it needs."""
        while self._pending:
            reference, struct, variant = self._pending.pop()
            if reference not in self._definitions:
                tag = {} if variant is None else {TAG: _required(_literal([variant.wire]))}
                self._definitions[reference] = {
                    **self.members(struct.fields, tag),
                    "ref": reference,
                }
        if self._definitions:
            definitions = list(self._definitions.values())
            schema = {"type": "definitions", "schema": schema, "definitions": definitions}
        return cast("CoreSchema", schema)

    def members(self, fields: Iterable[model.Field], tag: Mapping[str, Schema] = {}) -> Schema:
        """Return the schema of an object."""
        found = {**tag, **{it.wire: self._member(it) for it in fields}}
        # Inside a typed dict only its own configuration holds.
        return {
            "type": "typed-dict",
            "fields": found,
            "config": CONFIG,
            "extra_behavior": "forbid",
        }

    def _member(self, field: model.Field) -> Schema:
        schema = self.schema(field.type)
        if isinstance(field.type, model.Optional) and field.default is None:
            # None is read as absent and never written.
            schema = {"type": "default", "schema": schema, "default": None}
        return {**_required(schema), "required": field.required}

    def schema(self, type_: model.Type) -> Schema:
        """Return the schema of one type."""
        match type_:
            case model.Optional(inner):
                return {"type": "nullable", "schema": self.schema(inner)}
            case model.Builtin(name, limits):
                return {"type": _NAMES.get(name, name), **_limits(name, limits)}
            case model.ListOf(item, limits):
                return {"type": "list", "items_schema": self.schema(item), **limits}
            case model.MapOf(key, value, limits):
                inside = {"keys_schema": self.schema(key), "values_schema": self.schema(value)}
                return {"type": "dict", **inside, **limits}
            case model.Named(declaration):
                return self._named(declaration)

    def _named(self, declaration: model.TypeDeclaration) -> Schema:
        match declaration:
            case model.Alias(type=inner):
                assert inner is not None, "the contract compiled"
                return self.schema(inner)
            case model.Enum(values=values):
                return _literal([it.wire for it in values])
            case model.Struct():
                return self._refer(_path(declaration), declaration)
            case model.Union(variants=variants):
                choices = {
                    it.wire: self._refer(f"{_path(declaration)}.{it.name}", it.struct, it)
                    for it in variants
                }
                return {"type": "tagged-union", "choices": choices, "discriminator": TAG}

    def _refer(
        self, reference: str, struct: model.Struct, variant: model.Variant | None = None
    ) -> Schema:
        self._pending.append((reference, struct, variant))
        return {"type": "definition-ref", "schema_ref": reference}


def _required(schema: Schema) -> Schema:
    return {"type": "typed-dict-field", "schema": schema, "required": True}


def _literal(values: list[str]) -> Schema:
    return {"type": "literal", "expected": values}


def _limits(name: str, limits: Mapping[str, model.Scalar]) -> Mapping[str, object]:
    if name != "decimal":
        return limits
    return {key: Decimal(it) if isinstance(it, str) else it for key, it in limits.items()}


def _path(declaration: model.Declaration) -> str:
    package = declaration.package
    return f"{package.name}.v{package.version.major}.{declaration.name}"
