"""What programs read of a service and of a method: JSON. Pure."""

from pydantic import JsonValue

from rpcgen.cli.live.choose import Chosen, wire_name
from rpcgen.cli.live.declarations import declaration_rows
from rpcgen.cli.live.pages import declared_for
from rpcgen.cli.live.signatures import method_rows, name_of, type_text
from rpcgen.language import model

_ANY_WIDTH = 1 << 30


def service_record(service: model.Service) -> JsonValue:
    """Return a service and its methods."""
    package = service.package
    return {
        "name": service.name,
        "package": package.name,
        "version": str(package.version),
        "doc": service.doc,
        "methods": [
            {"name": it.name, "verb": it.verb, "signature": _signature(it, package), "doc": it.doc}
            for it in service.methods
        ],
    }


def method_record(chosen: Chosen) -> JsonValue:
    """Return all that there is to know of a method."""
    service, method = chosen.service, chosen.method
    package = service.package
    return {
        "name": method.name,
        "service": service.name,
        "package": package.name,
        "version": str(package.version),
        "verb": method.verb,
        "wire": wire_name(chosen),
        "signature": _signature(method, package),
        "doc": method.doc,
        "parameters": [_parameter(it, package) for it in method.parameters],
        "result": None if method.result is None else type_text(method.result, package),
        "errors": [_error(it.error, package) for it in method.raises],
        "declarations": {
            name_of(it, package): "\n".join(declaration_rows(it)) for it in declared_for(chosen)
        },
    }


def _parameter(field: model.Field, package: model.Package) -> JsonValue:
    return {
        "name": field.name,
        "wire": field.wire,
        "type": type_text(field.type, package),
        "required": field.required,
        "doc": field.doc,
    }


def _error(error: model.Error, package: model.Package) -> JsonValue:
    return {
        "name": name_of(error, package),
        "code": error.code,
        "retryable": error.retryable,
        "doc": error.doc,
    }


def _signature(method: model.Method, package: model.Package) -> str:
    return method_rows(method, package, _ANY_WIDTH)[0]
