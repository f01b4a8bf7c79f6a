"""JSON Schema 2020-12: the types of a package, what its methods take and give back. Pure."""

from rpcgen.export.document import Json, Members, given
from rpcgen.export.flow import Flow
from rpcgen.export.marks import marks
from rpcgen.export.packages import full_name
from rpcgen.export.schemas import DRAFT_2020_12, Schemas
from rpcgen.language import model

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def document(package: model.Package) -> Members:
    """Return the document of a package.

    `$defs` has every type, `requests` and `replies` have a schema for each method, by its name on
    the wire. What an event brings flows from the service, so it is among the replies.
    """
    schemas = Schemas(DRAFT_2020_12, package)
    requests: dict[str, Json] = {}
    replies: dict[str, Json] = {}
    for service in package.of_kind(model.Service):
        for method in service.methods:
            name = f"{service.name}.{method.name}"
            said: dict[str, Json] = {"title": name, "x-method": full_name(service, method)}
            said |= marks(method, package)
            if method.verb == "event":
                replies[name] = {**said, **schemas.parameters(service, method)}
                continue
            requests[name] = {**said, **schemas.parameters(service, method)}
            if method.verb == "call":
                replies[name] = {**said, **schemas.result(method)}
    _refer_to_all(schemas, package)
    return {
        "$schema": DIALECT,
        "title": f"{package.name} {package.version}",
        **given(description=package.doc),
        **given(requests=requests, replies=replies),
        "$defs": schemas.definitions(),
    }


def _refer_to_all(schemas: Schemas, package: model.Package) -> None:
    for declaration in package.declarations.values():
        match declaration:
            case model.Alias() | model.Struct() | model.Enum() | model.Union():
                schemas.refer(declaration, Flow.REQUEST)
                schemas.refer(declaration, Flow.REPLY)
            case model.Error():
                schemas.refer(declaration, Flow.REPLY)
            case _:
                pass
