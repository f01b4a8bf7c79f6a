"""Fields of generated classes, laid out as a formatter would."""

from dataclasses import dataclass

from rpcgen.language import model
from rpcgen.python import literals
from rpcgen.python.annotate import Annotator
from rpcgen.python.layout import (
    WIDEST,
    WIDTH,
    Brackets,
    Either,
    Joined,
    Node,
    flat,
    lay_out,
    parse,
    statement,
)


@dataclass(frozen=True, slots=True)
class MemberView:
    """One line of a class body, with the string below it."""

    text: str
    doc: str


def field_line(name: str, annotation: str, field: model.Field, annotator: Annotator) -> str:
    """Return the line that declares a field of a class."""
    default = default_of(field, annotator)
    arguments: list[str] = []
    if default in FACTORIES:
        arguments.append(FACTORIES[default])
    elif default and field.wire != name:
        arguments.append(f"default={default}")
    if field.wire != name:
        wire = literals.quoted(field.wire)
        arguments += [f"validation_alias={wire}", f"serialization_alias={wire}"]
    if not arguments:
        after = f" = {default}" if default else ""
        return statement(f"{name}: ", annotation, 4, after).strip()
    annotator.imports.name("pydantic", "Field")
    call = Brackets("Field(", arguments, ")")
    if len(f"    {name}: {annotation} = {flat(call)}") <= WIDTH:
        return f"{name}: {annotation} = {flat(call)}"
    node = parse(annotation)
    is_long = len(f"    {name}: {annotation} = Field(") > WIDEST
    if is_long and len(f"    {name}: {annotation} = (") <= WIDEST and not _has_commas(node):
        return f"{name}: {annotation} = (\n{lay_out(call, 8)}\n    )"
    if isinstance(node, Brackets) and (_has_commas(node) or is_long):
        # Of the two brackets the first is broken, and the second one if it must.
        broken = Brackets(node.head, node.items, node.tail, exploded=True)
        below = lay_out(Joined("] = ", call), 4).strip().removeprefix("]")
        return lay_out(Joined(f"{name}: ", broken), 4, below).strip()
    if isinstance(node, Either) and is_long:
        below = lay_out(Joined(") = ", call), 4).strip()
        return f"{name}: (\n{lay_out(node, 8)}\n    {below}"
    return lay_out(Joined(f"{name}: {annotation} = ", call), 4).strip()


def _has_commas(node: Node) -> bool:
    return isinstance(node, Brackets) and len(node.items) > 1


FACTORIES = {"[]": "default_factory=list", "{}": "default_factory=dict"}


def default_of(field: model.Field, annotator: Annotator) -> str:
    """Return the source of what a field is when it is not given; empty where it must be."""
    if field.default is not None:
        return annotator.typed_default(field.default, field.type)
    return "None" if isinstance(field.type, model.Optional) else ""
