"""What all documents say of a package and of its methods. Pure."""

from rpcgen.export.document import Json, given
from rpcgen.language import model


def info(package: model.Package) -> dict[str, Json]:
    """Return the title, version and documentation of a package."""
    said = given(description=package.doc)
    return {"title": package.name, "version": str(package.version), **said}


def prefix(service: model.Service) -> str:
    """Return what stands before a method's name on the wire: a namespace, or the service."""
    return service.name if service.namespace is None else service.namespace


def full_name(service: model.Service, method: model.Method) -> str:
    """Return a method's name on the wire."""
    before = prefix(service)
    return f"{before}.{method.wire}" if before else method.wire
