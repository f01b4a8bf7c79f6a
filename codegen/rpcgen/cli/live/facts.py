"""A method of a contract as the runtime knows methods: what a caller needs to call it. Pure."""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from pydantic import JsonValue

from rpcgen.cli.live.schemas import annotation
from rpcgen.language import model
from rpcgen_runtime.facts import REQUIRED, Minors, Param, Service
from rpcgen_runtime.methods import Call, Cast, Event, Fanout, Method
from rpcgen_runtime.targets import Target

_KINDS: Mapping[str, type[Cast | Fanout | Event]] = {
    "cast": Cast,
    "fanout": Fanout,
    "event": Event,
}


def runtime_method(service: model.Service, method: model.Method) -> Method:
    """Return the method's facts: its result is any JSON, its errors are left to `raised`."""
    promises: dict[str, Any] = {
        "wire": method.wire,
        "timeout": method.timeout and method.timeout / timedelta(seconds=1),
        "idempotent": method.idempotent,
        "readonly": method.readonly,
        "since": max(method.since, service.since),
    }
    params = [_param(it) for it in method.parameters]
    if method.verb != "call":
        return _KINDS[method.verb](_service(service), method.name, params, **promises)
    result = None if method.result is None else JsonValue
    return Call[JsonValue](_service(service), method.name, params, result=result, **promises)


def raised(method: model.Method, code: int) -> model.Error | None:
    """Return the error that the method declares with this code."""
    return next((it.error for it in method.raises if it.error.code == code), None)


def _service(service: model.Service) -> Service:
    target = Target(
        exchange=service.exchange,
        topic=service.topic,
        namespace=service.namespace,
        version=str(service.package.version),
        legacy_namespaces=service.legacy_namespaces,
    )
    return Service(
        package=service.package.name,
        name=service.name,
        target=target,
        # What is inside of arguments is not looked into: who told the contract serves all of it.
        minors=Minors(),
        by_position=service.by_position,
    )


def _param(field: model.Field) -> Param:
    is_optional = isinstance(field.type, model.Optional)
    inner = field.type.inner if isinstance(field.type, model.Optional) else field.type
    default = REQUIRED if field.default is None else _default(field.default, inner)
    return Param(
        field.name,
        annotation(inner),
        default=default,
        optional=is_optional,
        wire=field.wire,
        since=field.since,
    )


def _default(default: model.Default, type_: model.Type) -> object:
    """Return a default as the value that its type has in Python."""
    while isinstance(type_, model.Named) and isinstance(type_.declaration, model.Alias):
        assert type_.declaration.type is not None, "the contract compiled"
        type_ = type_.declaration.type
    match default, type_:
        case model.EnumDefault(value), _:
            return value.wire
        case str(), model.Builtin("decimal"):
            return Decimal(default)
        case int(), model.Builtin("float"):
            return float(default)
        case _:
            return default
