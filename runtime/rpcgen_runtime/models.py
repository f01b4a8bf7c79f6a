"""What generated models are made of. No I/O."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, JsonValue
from pydantic_core import CoreSchema, core_schema

from rpcgen_runtime import schemas


class Model(BaseModel):
    """Base of generated structs: frozen values, strict about types, lenient about extra members.

    The form in JSON is the form on the wire: names as the contract's `as` says, base64 for bytes,
    ISO 8601 for times, nothing for what is absent.
    """

    model_config = ConfigDict(
        frozen=True,
        # Schemas are built when first used, so that a large contract imports fast.
        defer_build=True,
        extra="ignore",
        strict=True,
        validate_by_name=True,
        validate_by_alias=True,
        serialize_by_alias=True,
        ser_json_bytes="base64",
        val_json_bytes="base64",
        ser_json_timedelta="iso8601",
        allow_inf_nan=False,
        protected_namespaces=(),
    )

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: type[BaseModel], handler: GetCoreSchemaHandler, /
    ) -> CoreSchema:
        """Return pydantic's schema, held to the ranges of the contract's types."""
        if not cls.__pydantic_fields_complete__:
            # Within another model, pydantic takes that one's name for a forward reference of this
            # one, even if it is of another package; first in a chain, it looks into its own module.
            cls.model_rebuild()
        return schemas.tighten(handler(source))


class Unrecognized(str):
    """A value of an open enum that this side does not know yet."""

    __slots__ = ()

    @classmethod
    def __get_pydantic_core_schema__(
        cls, _source: object, _handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Return a schema that takes any text in JSON, and only this class in Python."""
        return core_schema.json_or_python_schema(
            json_schema=core_schema.no_info_after_validator_function(
                cls, core_schema.str_schema(strict=True)
            ),
            python_schema=core_schema.is_instance_schema(cls),
            serialization=core_schema.to_string_ser_schema(),
            metadata={schemas.UNRECOGNIZED: True},
        )

    def __repr__(self) -> str:
        return f"Unrecognized({str(self)!r})"


@dataclass(frozen=True, slots=True)
class UnrecognizedVariant:
    """A variant of an open union that this side does not know yet."""

    type: str
    """Its tag."""
    data: Mapping[str, JsonValue]
    """All of it, the tag included."""

    @classmethod
    def __get_pydantic_core_schema__(
        cls, _source: object, _handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Return a schema that takes any tagged object in JSON, and only this class in Python."""
        tagged = core_schema.dict_schema(core_schema.str_schema(), core_schema.any_schema())
        return core_schema.json_or_python_schema(
            json_schema=core_schema.no_info_after_validator_function(_variant, tagged),
            python_schema=core_schema.is_instance_schema(cls),
            serialization=core_schema.plain_serializer_function_ser_schema(_members),
            metadata={schemas.UNRECOGNIZED_VARIANT: True},
        )


def _variant(members: dict[str, Any]) -> UnrecognizedVariant:
    tag = members.get("type")
    if not isinstance(tag, str):
        raise ValueError("a variant has a tag `type`")  # noqa: TRY004  # pydantic's way to refuse
    return UnrecognizedVariant(tag, members)


def _members(variant: UnrecognizedVariant) -> dict[str, JsonValue]:
    return dict(variant.data)
