"""Parameters, results and errors to JSON and back: one validation, one encoding each way. No I/O.

The validators are built when first used (or by `warm`), once for each side that reads.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from functools import cached_property
from typing import Any, Generic, TypeVar, cast

from pydantic import TypeAdapter, ValidationError
from pydantic_core import (
    CoreConfig,
    CoreSchema,
    PydanticSerializationError,
    SchemaSerializer,
    SchemaValidator,
    core_schema,
)

from rpcgen_runtime import schemas
from rpcgen_runtime.errors import BadReply, DeclaredError, InvalidArguments, InvalidRequest
from rpcgen_runtime.facts import REQUIRED, Param, Service
from rpcgen_runtime.reasons import told
from rpcgen_runtime.stamps import Stamp

R = TypeVar("R")

CONFIG = CoreConfig(
    strict=True,
    allow_inf_nan=False,
    ser_json_bytes="base64",
    val_json_bytes="base64",
    ser_json_timedelta="iso8601",
    hide_input_in_errors=True,
)


class RequestCodec:
    """The parameters of one method."""

    def __init__(
        self, params: Sequence[Param], service: Service, since: int, *, flows_back: bool
    ) -> None:
        self._params = params
        self._by_position = service.by_position
        self._minors = service.minors
        self._since = since
        self._flows_back = flows_back
        self._rewrite = schemas.for_reply if flows_back else schemas.for_request
        self._plain = [(it.wire_name, it.absent, it.since) for it in params]
        self._names = [it.wire_name for it in params]
        self._is_always_all = all(it.absent is REQUIRED and it.since <= since for it in params)
        """Whether every request holds every parameter, and none came later than the method."""
        self._empty = frozenset(it.wire_name for it in params if it.absent in ([], {}))
        """Whose default is empty: any empty list, tuple or mapping is that default."""

    def warm(self) -> None:
        """Build what a server needs now, rather than within the first request."""
        _ = (self._object_reader, self._array_reader) if self._flows_back else self._decoder

    def encode(self, values: Sequence[object]) -> tuple[bytes, int]:
        """Return the JSON of the parameters, and the lowest minor that they need.

        What equals its default is left out of a request: the server fills it in. What flows back
        is written, as results are: a listener may know no default, or another. Raises
        InvalidArguments.
        """
        if self._is_always_all:
            given, minor = dict(zip(self._names, values, strict=True)), self._since
        else:
            given, minor = self._given(values)
        try:
            checked = self._encoder.validate_python(given)
        except ValidationError as error:
            raise InvalidArguments(told(error)) from None
        if self._stamp.matters:
            minor = max(minor, self._stamp.of(checked.values()))
        try:
            if self._by_position:
                return self._array(checked), minor
            return self._serializer.to_json(checked, by_alias=True), minor
        except PydanticSerializationError as error:
            raise InvalidArguments(self._unwritable(checked)) from error

    def _given(self, values: Sequence[object]) -> tuple[dict[str, object], int]:
        """Return the arguments that are written, and the lowest minor that knows them all."""
        given: dict[str, object] = {}
        minor = self._since
        for (name, default, since), value in zip(self._plain, values, strict=True):
            if self._is_default(name, value, default):
                if self._flows_back and value is not None:
                    given[name] = value
                continue
            given[name] = value
            minor = max(minor, since)
        return given, minor

    def _is_default(self, name: str, value: object, default: object) -> bool:
        if value is default or (value == default and type(value) is type(default)):
            return True
        return name in self._empty and isinstance(value, list | tuple | dict) and not value

    def decode(self, params: bytes) -> tuple[tuple[object, ...], dict[str, object]]:
        """Return the positional and the named arguments for the handler, defaults filled in.

        Raises InvalidArguments, or InvalidRequest for what is not JSON.
        """
        try:
            if self._flows_back:
                return self._decode_known(params)
            arguments = self._decoder.validate_json(params, by_alias=True, by_name=False)
        except ValidationError as error:
            if _is_no_json(error):
                raise InvalidRequest("the parameters are not JSON") from None
            raise InvalidArguments(told(error, [it[0] for it in self._plain])) from None
        return cast("tuple[tuple[object, ...], dict[str, object]]", arguments)

    def _decode_known(self, params: bytes) -> tuple[tuple[object, ...], dict[str, object]]:
        """Read what flows back: a newer side may say more, which is left out."""
        if params.lstrip().startswith(b"["):
            given: tuple[tuple[object, ...], dict[str, object]]
            given = self._array_reader.validate_json(params, by_alias=True, by_name=False)
            return given[0][: len(self._params)], given[1]
        known = self._object_reader.validate_json(params, by_alias=True, by_name=False)
        return (), {it.name: known[it.wire_name] for it in self._params}

    def check(self, values: Sequence[object]) -> int:
        """Return the lowest minor that the arguments need. Raises InvalidArguments."""
        return self.encode(values)[1]

    def _array(self, given: Mapping[str, object]) -> bytes:
        """Return the parameters by position, up to the last one that is given."""
        last = max((at for at, it in enumerate(self._plain, 1) if it[0] in given), default=0)
        parts = [
            serializer.to_json(given.get(name, default), by_alias=True)
            for serializer, (name, default, _) in zip(self._each, self._plain[:last], strict=False)
        ]
        return b"[" + b",".join(parts) + b"]"

    def _unwritable(self, given: Mapping[str, object]) -> str:
        """Return which parameter cannot be written, such as a text with half a character."""
        for (name, _, _), serializer in zip(self._plain, self._each, strict=True):
            try:
                serializer.to_json(given.get(name), by_alias=True, warnings=False)
            except PydanticSerializationError:
                return f"`{name}`: cannot be written as JSON"
        return "the parameters cannot be written as JSON"

    @cached_property
    def _stamp(self) -> Stamp:
        return Stamp([it.annotation for it in self._params], self._minors)

    @cached_property
    def _schemas(self) -> _Schemas:
        return _Schemas([it.annotation for it in self._params], self._rewrite)

    @cached_property
    def _object_schema(self) -> CoreSchema:
        fields = {
            param.wire_name: core_schema.typed_dict_field(schema, required=param.absent is REQUIRED)
            for param, schema in zip(self._params, self._schemas.each, strict=True)
        }
        # Inside a typed dict only its own configuration holds.
        return self._schemas.around(core_schema.typed_dict_schema(fields, config=CONFIG))

    @cached_property
    def _encoder(self) -> SchemaValidator:
        return SchemaValidator(self._object_schema, CONFIG, _use_prebuilt=False)

    @cached_property
    def _serializer(self) -> SchemaSerializer:
        return SchemaSerializer(self._object_schema, CONFIG, _use_prebuilt=False)

    @cached_property
    def _each(self) -> list[SchemaSerializer]:
        return [
            SchemaSerializer(self._schemas.around(it), CONFIG, _use_prebuilt=False)
            for it in self._schemas.each
        ]

    @cached_property
    def _decoder(self) -> SchemaValidator:
        return self._arguments(None)

    @cached_property
    def _array_reader(self) -> SchemaValidator:
        return self._arguments(core_schema.any_schema())

    @cached_property
    def _object_reader(self) -> SchemaValidator:
        fields = {
            param.wire_name: core_schema.typed_dict_field(_read(schema, param))
            for param, schema in zip(self._params, self._schemas.each, strict=True)
        }
        schema = core_schema.typed_dict_schema(fields, config=CONFIG)
        return SchemaValidator(self._schemas.around(schema), CONFIG, _use_prebuilt=False)

    def _arguments(self, others: CoreSchema | None) -> SchemaValidator:
        """Return what reads the parameters; `others` is what more elements of an array may be."""
        arguments = [
            core_schema.arguments_parameter(param.name, _read(schema, param), alias=param.wire)
            for param, schema in zip(self._params, self._schemas.each, strict=True)
        ]
        schema = core_schema.arguments_schema(arguments, var_args_schema=others)
        return SchemaValidator(self._schemas.around(schema), CONFIG, _use_prebuilt=False)


class _FlowsBack:
    """One annotation of what flows back, with what checks, reads and writes it."""

    def __init__(self, annotation: object) -> None:
        self._annotation = annotation

    @cached_property
    def _schema(self) -> CoreSchema:
        found = _Schemas([self._annotation], schemas.for_reply)
        return found.around(found.each[0])

    @cached_property
    def _validator(self) -> SchemaValidator:
        return SchemaValidator(self._schema, CONFIG, _use_prebuilt=False)

    @cached_property
    def _serializer(self) -> SchemaSerializer:
        return SchemaSerializer(self._schema, CONFIG, _use_prebuilt=False)


class ReplyCodec(_FlowsBack, Generic[R]):
    """The result of one method."""

    def warm(self) -> None:
        """Build what a server needs now."""
        _ = self._validator, self._serializer

    def encode(self, result: object) -> bytes:
        """Return the JSON of a handler's result. Raises TypeError where the contract forbids it."""
        if self._annotation is None:
            return b"null"
        try:
            checked = self._validator.validate_python(result)
        except ValidationError as error:
            raise TypeError(f"the result breaks the contract: {told(error)}") from None
        return self._serializer.to_json(checked, by_alias=True)

    def decode(self, result: bytes) -> R:
        """Return the result that a reply holds. Raises BadReply."""
        if self._annotation is None:
            # A method may come to answer something; who does not know it ignores it.
            return cast("R", None)
        try:
            value = self._validator.validate_json(result, by_alias=True, by_name=False)
        except ValidationError as error:
            raise BadReply(f"the result breaks the contract: {told(error)}") from None
        return cast("R", value)


class DataCodec(_FlowsBack):
    """The data of one declared error."""

    def __init__(self, error: type[DeclaredError]) -> None:
        super().__init__(error)
        self.error = error

    def encode(self, error: DeclaredError) -> bytes:
        """Return the JSON of the error's fields. Raises TypeError where the contract forbids it."""
        try:
            checked = self._validator.validate_python(error, by_alias=False, by_name=True)
        except ValidationError as problem:
            raise TypeError(f"the error breaks the contract: {told(problem)}") from None
        return self._serializer.to_json(checked, by_alias=True)

    def decode(self, data: bytes) -> DeclaredError:
        """Return the error that a reply holds. Raises BadReply."""
        try:
            value = self._validator.validate_json(data, by_alias=True, by_name=False)
        except ValidationError as error:
            name = self.error.__name__
            raise BadReply(f"the data of `{name}` break the contract: {told(error)}") from None
        return cast("DeclaredError", value)

    def decode_foreign(self, data: bytes) -> DeclaredError:
        """Return the error in the data of a peer that is not one of ours. Raises BadReply.

        Theirs need not be an object: what is none is the value of an error's only field.
        """
        names = [it.name for it in fields(self.error)]  # type: ignore[arg-type]  # generated: dataclasses
        if len(names) == 1 and not data.lstrip().startswith(b"{"):
            data = b'{"%b":%b}' % (names[0].encode(), data)
        try:
            value = self._validator.validate_json(data, by_alias=True, by_name=True)
        except ValidationError as error:
            name = self.error.__name__
            raise BadReply(f"the data of `{name}` break the contract: {told(error)}") from None
        return cast("DeclaredError", value)


class _Schemas:
    """The schemas of several annotations, with the definitions that they share."""

    def __init__(
        self, annotations: Sequence[object], rewrite: Callable[[CoreSchema], CoreSchema]
    ) -> None:
        self.each: list[CoreSchema] = []
        self._definitions: dict[str, CoreSchema] = {}
        for annotation in annotations:
            schema: Any = rewrite(schemas.tighten(_schema_of(annotation)))
            while schema["type"] == "definitions":
                for definition in schema["definitions"]:
                    self._definitions.setdefault(definition["ref"], definition)
                schema = schema["schema"]
            self.each.append(schema)

    def around(self, schema: CoreSchema) -> CoreSchema:
        """Return `schema` with the definitions."""
        if not self._definitions:
            return schema
        return core_schema.definitions_schema(schema, list(self._definitions.values()))


def _is_no_json(error: ValidationError) -> bool:
    # That is the only mistake, if it is one: what is not read cannot be wrong in other ways.
    return (
        error.error_count() == 1
        and error.errors(include_url=False, include_input=False)[0]["type"] == "json_invalid"
    )


def _schema_of(annotation: Any) -> CoreSchema:
    adapter: TypeAdapter[object] = TypeAdapter(annotation)
    adapter.rebuild(force=False)
    return adapter.core_schema


def _read(schema: CoreSchema, param: Param) -> CoreSchema:
    return schema if param.absent is REQUIRED else _defaulted(schema, param.absent)


def _defaulted(schema: CoreSchema, default: object) -> CoreSchema:
    if isinstance(default, list | dict):
        # A fresh one each time: the handler may keep it and change it.
        return core_schema.with_default_schema(schema, default_factory=type(default))
    return core_schema.with_default_schema(schema, default=default)
