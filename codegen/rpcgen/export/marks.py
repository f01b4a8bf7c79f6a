"""What a declaration or member says about itself: documentation, age, deprecation. Pure."""

from rpcgen.export.document import Json, given
from rpcgen.language import model


def marks(item: model.Item, package: model.Package) -> dict[str, Json]:
    """Return documentation and marks of an item that `package` declares."""
    return {**given(description=item.doc), **ages(item, package)}


def ages(item: model.Marked, package: model.Package) -> dict[str, Json]:
    """Return `deprecated`, `x-since` and `x-deprecated`, where there is something to say."""
    found: dict[str, Json] = {}
    if item.deprecated is not None:
        note = given(since=str(item.deprecated), note=item.deprecated_note)
        found = {"deprecated": True, "x-deprecated": note}
    if item.since:
        found["x-since"] = str(model.Version(package.version.major, item.since))
    return found


def summarised(doc: str) -> dict[str, Json]:
    """Return the first paragraph as `summary`; all of it as `description`, where there is more."""
    first, _, more = doc.partition("\n\n")
    return given(summary=first.replace("\n", " "), description=doc if more else "")


def first_line(doc: str) -> str:
    """Return the first line of a documentation."""
    return doc.partition("\n")[0]


def of_values(enum: model.Enum) -> dict[str, Json]:
    """Return what the values of an enum say about themselves, by their names on the wire."""
    said = {it.wire: marks(it, enum.package) for it in enum.values}
    return given(**{"x-values": {wire: it for wire, it in said.items() if it}})
