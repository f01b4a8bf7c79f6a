"""Hooks between typed values and messages: oslo.messaging's four. No I/O.

For what a contract cannot say, such as encrypting arguments, or a context of another shape. Where
no serializer is given, values are written and read in one step, and none of this is paid for.
"""

from collections.abc import Mapping
from typing import Protocol

from pydantic import JsonValue
from pydantic_core import from_json, to_json

from rpcgen_runtime.messages import Failure, Reply, Success


class Serializer(Protocol):
    """Both sides use the same one. An entity is one argument or one result, as JSON has it."""

    def serialize_entity(self, context: Mapping[str, str], entity: JsonValue) -> JsonValue:
        """Return what travels instead of `entity`."""
        ...

    def deserialize_entity(self, context: Mapping[str, str], entity: JsonValue) -> JsonValue:
        """Return what `serialize_entity` was given."""
        ...

    def serialize_context(self, context: Mapping[str, str]) -> Mapping[str, str]:
        """Return what travels instead of the caller's data."""
        ...

    def deserialize_context(self, context: Mapping[str, str]) -> Mapping[str, str]:
        """Return what `serialize_context` was given."""
        ...


def outgoing_params(serializer: Serializer, context: Mapping[str, str], params: bytes) -> bytes:
    """Return parameters with each argument through the serializer."""
    document = from_json(params)
    if isinstance(document, dict):
        mapped = {k: serializer.serialize_entity(context, v) for k, v in document.items()}
        return to_json(mapped)
    return to_json([serializer.serialize_entity(context, it) for it in document])


def incoming_params(serializer: Serializer, context: Mapping[str, str], params: bytes) -> bytes:
    """Return parameters with each argument back from the serializer."""
    document = from_json(params)
    if isinstance(document, dict):
        mapped = {k: serializer.deserialize_entity(context, v) for k, v in document.items()}
        return to_json(mapped)
    return to_json([serializer.deserialize_entity(context, it) for it in document])


def outgoing_result(serializer: Serializer, context: Mapping[str, str], result: bytes) -> bytes:
    """Return a result through the serializer."""
    return to_json(serializer.serialize_entity(context, from_json(result)))


def incoming_reply(serializer: Serializer, context: Mapping[str, str], reply: Reply) -> Reply:
    """Return a reply with its result back from the serializer."""
    if isinstance(reply, Failure):
        return reply
    entity = serializer.deserialize_entity(context, from_json(reply.result))
    return Success(to_json(entity))
