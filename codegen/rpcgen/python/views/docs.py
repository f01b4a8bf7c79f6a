"""Docstrings: the contract's own words, then what follows from it."""

from collections.abc import Iterable

from rpcgen.language import model
from rpcgen.python import names
from rpcgen.python.literals import docstring


def of_item(item: model.Item, otherwise: str, package: model.Package, indent: int = 4) -> str:
    """Return the docstring of a declaration; `otherwise` stands where the contract says nothing."""
    return docstring("\n\n".join([item.doc or otherwise, *_marks(item, package)]), indent)


def of_member(item: model.Item, package: model.Package) -> str:
    """Return the string below a field or a value, or nothing."""
    said = "\n\n".join(it for it in [item.doc, *_marks(item, package)] if it)
    return docstring(said, 4) if said else ""


def of_method(method: model.Method, service: model.Service) -> str:
    """Return the docstring of a method in stubs and skeletons."""
    package = service.package
    parts = [method.doc or f"The {method.verb} `{method.name}` of `{service.name}`."]
    parts += _marks(method, package)
    told = [(names.parameter(it), _told(it, package)) for it in method.parameters]
    parts += _section("Args", ((name, text) for name, text in told if text))
    raised = ((names.declared(it.error), _first_line(it.error)) for it in method.raises)
    parts += _section("Raises", raised)
    return docstring("\n\n".join(parts), 8)


def _section(title: str, rows: Iterable[tuple[str, str]]) -> list[str]:
    lines = [f"    {name}: {text}" for name, text in rows]
    return ["\n".join([f"{title}:", *lines])] if lines else []


def _told(item: model.Field, package: model.Package) -> str:
    return " ".join([*item.doc.split("\n"), *_marks(item, package)]).strip()


def _first_line(error: model.Error) -> str:
    return error.doc.partition("\n")[0] or f"Code {error.code}."


def _marks(item: model.Item, package: model.Package) -> list[str]:
    said = []
    if item.since:
        said.append(f"Since {package.version.major}.{item.since}.")
    if item.deprecated is not None:
        note = f": {item.deprecated_note}" if item.deprecated_note else ""
        said.append(f"Deprecated since {item.deprecated}{note}.")
    return said
