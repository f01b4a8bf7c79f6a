"""OpenRPC 1.4: what a package's services answer over JSON-RPC. Pure.

Events are left out: no server of the package answers them.
"""

from collections.abc import Sequence

from rpcgen.export import values
from rpcgen.export.document import Json, Members, given, line
from rpcgen.export.flow import Flow
from rpcgen.export.marks import ages, first_line, marks, summarised
from rpcgen.export.packages import full_name, info
from rpcgen.export.schemas import DRAFT_07, Schemas
from rpcgen.language import model

VERSION = "1.4.0"


def document(package: model.Package) -> Members:
    """Return the document of a package."""
    writer = _Writer(package, package)
    methods = writer.methods()
    components = {"errors": writer.sorted_errors(), "schemas": writer.schemas.definitions()}
    return {**_head(package), "methods": methods, "components": components}


def lines(package: model.Package) -> Sequence[str]:
    """Return the document as lines of JSON, with names that no other package has.

    Together the lines are the document; each method, error and schema has one to itself.
    """
    writer = _Writer(package, None)
    methods = [line(it) for it in writer.methods()]
    return [
        f'{line(_head(package)).removesuffix("}")},"methods":[',
        *_separated(methods),
        '],"components":{"errors":{',
        *_separated(_members(writer.sorted_errors())),
        '},"schemas":{',
        *_separated(_members(writer.schemas.definitions())),
        "}}}",
    ]


def _head(package: model.Package) -> dict[str, Json]:
    services: dict[str, Json] = {
        f"{package.name}.{it.name}": {
            **marks(it, package),
            **given(legacyNamespaces=it.legacy_namespaces),
        }
        for it in package.of_kind(model.Service)
    }
    return {"openrpc": VERSION, "info": info(package), **given(**{"x-services": services})}


def _members(found: Members) -> list[str]:
    return [f"{line(name)}:{line(it)}" for name, it in found.items()]


def _separated(items: Sequence[str]) -> list[str]:
    return [*(f"{it}," for it in items[:-1]), *items[-1:]]


class _Writer:
    def __init__(self, package: model.Package, home: model.Package | None) -> None:
        self.schemas = Schemas(DRAFT_07, home)
        self._errors: dict[str, Json] = {}
        self._package = package

    def methods(self) -> list[Json]:
        """Return one entry for each name on the wire; others of that name stand in it."""
        named: dict[str, list[dict[str, Json]]] = {}
        for service in self._package.of_kind(model.Service):
            # A call goes before a cast of its name: whoever waits knows more.
            answered = sorted(service.methods, key=lambda it: it.verb != "call")
            for method in (it for it in answered if it.verb != "event"):
                entry = self._method(service, method)
                named.setdefault(full_name(service, method), []).append(entry)
        return [
            {**first, **({"x-same-name": others} if others else {})}
            for first, *others in named.values()
        ]

    def sorted_errors(self) -> dict[str, Json]:
        """Return the errors that the methods written so far may raise."""
        return dict(sorted(self._errors.items()))

    def _method(self, service: model.Service, method: model.Method) -> dict[str, Json]:
        package = self._package
        entry: dict[str, Json] = {
            "name": full_name(service, method),
            **summarised(method.doc),
            "tags": [{"name": service.name}],
            "paramStructure": "by-position" if service.by_position else "by-name",
            "params": [self._parameter(it) for it in method.parameters],
        }
        if method.verb == "call":
            entry["result"] = {"name": "result", "schema": self.schemas.result(method)}
            entry |= given(errors=[self._error(it) for it in method.raises])
        timeout = None if method.timeout is None else values.duration(method.timeout)
        facts: dict[str, Json] = {
            "x-service": f"{package.name}.{service.name}",
            "x-verb": method.verb,
            "x-readonly": method.readonly,
            "x-idempotent": method.idempotent,
            "x-timeout": timeout,
        }
        return {**entry, **given(**facts), **ages(method, package)}

    def _parameter(self, item: model.Field) -> Json:
        default = {} if item.default is None else {"default": values.default(item)}
        return {
            "name": item.wire,
            **summarised(item.doc),
            **given(required=item.required),
            "schema": self.schemas.beside(self.schemas.of(item.type, Flow.REQUEST), default),
            **ages(item, self._package),
        }

    def _error(self, raised: model.Raised) -> Json:
        error = raised.error
        name = self.schemas.name(error)
        self._errors[name] = {
            "code": error.code,
            "message": first_line(error.doc) or error.name,
            "data": self.schemas.refer(error, Flow.REPLY),
        }
        return {"$ref": f"#/components/errors/{name}"}
