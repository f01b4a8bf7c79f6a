"""The messages of an AsyncAPI document: requests by method, results and errors. Pure.

Headers and properties are those of docs/wire-amqp.md. AsyncAPI knows headers alone: properties of
AMQP stand in `x-properties`.
"""

import re

from rpcgen.export.document import Json, Members
from rpcgen.export.flow import Flow
from rpcgen.export.marks import ages, first_line, summarised
from rpcgen.export.packages import full_name
from rpcgen.export.schemas import Schemas
from rpcgen.language import model

_TEXT: Members = {"type": "string"}
_MILLISECONDS: Members = {"type": "integer", "minimum": 0}
_ID: Members = {"type": "string", "pattern": "^[!-~]{1,128}$"}
_EVERY: Members = {
    "context": {"type": "string", "maxLength": 8192, "contentMediaType": "application/json"},
    "traceparent": _TEXT,
    "token": _TEXT,
    "attempt": {"type": "integer", "minimum": 0},
}
_TIMED: Members = {"deadline-ms": _MILLISECONDS}
_SPECIAL = re.compile(r"[][.*+?^${}()|\\/]")
_ESCAPED = r"\\\g<0>"
_CORRELATED: Members = {
    "location": "$message.header#/correlation_id",
    "description": "The property `correlation_id`, which is no header.",
}


class Messages:
    """Writes the messages of one document, each once."""

    def __init__(self, schemas: Schemas) -> None:
        self._schemas = schemas
        self.written: dict[str, Json] = {}

    def request(self, service: model.Service, method: model.Method) -> Members:
        """Return a reference to the message that asks for a method."""
        name = full_name(service, method)
        return self._written(
            f"{service.name}.{method.name}",
            {
                "name": name,
                **summarised(method.doc),
                **ages(method, service.package),
                "payload": self._schemas.parameters(service, method),
                "traits": [{"$ref": f"#/components/messageTraits/{method.verb}"}],
                "x-properties": {"type": _line(method.verb, name)},
            },
        )

    def replies(self, service: model.Service, method: model.Method) -> dict[str, Json]:
        """Return references to the messages that a call may be answered with, by name."""
        key = f"{service.name}.{method.name}.result"
        payload = self._schemas.result(method)
        traits: Json = [{"$ref": "#/components/messageTraits/result"}]
        message: Members = {"name": key, "payload": payload, "traits": traits}
        found: dict[str, Json] = {f"{method.name}.result": self._written(key, message)}
        for raised in method.raises:
            found[f"error.{self._schemas.name(raised.error)}"] = self._error(raised.error)
        return {**found, "error": self._other_error()}

    def _error(self, error: model.Error) -> Members:
        name = self._schemas.name(error)
        message = first_line(error.doc) or error.name
        return self._written(
            f"error.{name}",
            _error({"const": error.code}, self._schemas.refer(error, Flow.REPLY), name, message),
        )

    def _other_error(self) -> Members:
        code: Members = {"type": "integer", "minimum": -32768, "maximum": -32000}
        said = "What JSON-RPC 2.0 and rpcgen reserve codes for."
        return self._written("error", _error(code, {}, "error", said))

    def _written(self, key: str, message: Members) -> Members:
        self.written[key] = message
        return {"$ref": f"#/components/messages/{key}"}


def traits(written: Members) -> Members:
    """Return what the messages of each verb, and all replies, have in common."""
    return (
        {}
        if not written
        else {
            "call": _trait({**_EVERY, **_TIMED}, ("correlation_id", "reply_to", "expiration")),
            "cast": _trait(_EVERY, ("message_id",)),
            "fanout": _trait({**_EVERY, **_TIMED}, ("message_id", "expiration")),
            "event": _trait(_EVERY, ("message_id",)),
            "result": _reply_trait("result"),
            "error": _reply_trait("error"),
        }
    )


_PROPERTIES: Members = {
    "correlation_id": {**_ID, "description": "Names the call; comes back with the reply."},
    "message_id": {**_ID, "description": "Names the request; the same in each try."},
    "reply_to": {"type": "string", "description": "A queue that the broker named."},
    "expiration": {"type": "string", "description": "The milliseconds that are left."},
}


def _line(verb: str, name: str) -> Members:
    pattern = f"^{verb} {_SPECIAL.sub(_ESCAPED, name)} [0-9]{{1,5}}\\.[0-9]{{1,5}}$"
    said = "Verb, method, and the lowest version that the arguments need."
    return {"type": "string", "pattern": pattern, "description": said}


def _trait(headers: Members, names: tuple[str, ...]) -> Members:
    return {
        "headers": {"type": "object", "properties": headers},
        **({"correlationId": _CORRELATED} if "correlation_id" in names else {}),
        "x-properties": {it: _PROPERTIES[it] for it in names},
    }


def _reply_trait(kind: str) -> Members:
    return {
        "correlationId": _CORRELATED,
        "bindings": {"amqp": {"messageType": kind, "bindingVersion": "0.3.0"}},
        "x-properties": {"type": {"const": kind}, "correlation_id": _ID},
    }


def _error(code: Members, data: Members, name: str, message: str) -> Members:
    members: Members = {"code": code, "message": _TEXT, "data": data}
    return {
        "name": name,
        "summary": message,
        "payload": {"type": "object", "properties": members, "required": ["code", "message"]},
        "traits": [{"$ref": "#/components/messageTraits/error"}],
    }
