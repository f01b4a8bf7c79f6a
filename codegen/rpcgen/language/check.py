"""Rules that hold between the members of a finished package."""

from collections.abc import Iterable
from itertools import pairwise

from rpcgen.language import model
from rpcgen.language.diagnostics import Report

MAX_MEMBERS = 10_000
CODES_RESERVED = range(-32768, -31999)
"""JSON-RPC 2.0 section 5.1; our runtime's own errors lie inside."""
TAG = "type"
"""The member of a union's value that names the variant."""


def check(package: model.Package, report: Report) -> None:
    """Report what is wrong between the members of `package`."""
    for declaration in package.declarations.values():
        match declaration:
            case model.Struct() | model.Error():
                _unique(declaration.fields, report)
            case model.Enum():
                _unique(declaration.values, report)
            case model.Union():
                _unique(declaration.variants, report)
                _tags(declaration, report)
            case model.Service():
                _service(declaration, report)
            case _:
                pass
    _codes(package, report)


def _unique(
    members: Iterable[model.Field | model.EnumValue | model.Variant], report: Report
) -> None:
    names: dict[str, model.Item] = {}
    wires: dict[str, model.Item] = {}
    for member in members:
        for seen, name, what in ((names, member.name, ""), (wires, member.wire, " on the wire")):
            first = seen.setdefault(name, member)
            if first is not member:
                message = f"`{name}` is declared twice{what}"
                places = [(first.span, "first here")]
                report.add("duplicate-name", member.span, message, "another name", places)
                break


def _tags(union: model.Union, report: Report) -> None:
    for variant in union.variants:
        for field in variant.struct.fields:
            if TAG in (field.name, field.wire):
                message = f"`{variant.struct.name}` has a field `{TAG}`, which `{union.name}` needs"
                seen = [(field.span, "the field")]
                accepted = "another name for the field; the tag of a union's variant takes this one"
                report.add("union-tag", variant.span, message, accepted, seen)


def _codes(package: model.Package, report: Report) -> None:
    codes: dict[int, model.Error] = {}
    for error in package.of_kind(model.Error):
        first = codes.setdefault(error.code, error)
        if first is not error and error.code != 0:
            message = f"`{error.name}` has the code {error.code} of `{first.name}`"
            seen = [(first.span, "declared here")]
            report.add("error-code", error.span, message, "a code of its own", seen)


def _service(service: model.Service, report: Report) -> None:
    names: dict[str, model.Method] = {}
    wires: dict[str, model.Method] = {}
    for method in service.methods:
        first = names.setdefault(method.name, method)
        if first is not method:
            message, seen = f"`{method.name}` is declared twice", [(first.span, "first here")]
            report.add("duplicate-name", method.span, message, "another name", seen)
            continue
        _shared_wire(method, wires.setdefault(method.wire, method), report)
        _parameters(method, report)
        _raises(method, report)


def _shared_wire(method: model.Method, first: model.Method, report: Report) -> None:
    if first is method:
        return
    same = [it.wire for it in first.parameters] == [it.wire for it in method.parameters]
    if {first.verb, method.verb} != {"call", "cast"} or not same:
        message = f"`{method.wire}` is the wire name of `{first.name}` too"
        accepted = "another one; only a call and a cast with the same parameters may share it"
        report.add("wire-name", method.span, message, accepted, [(first.span, "there")])


def _parameters(method: model.Method, report: Report) -> None:
    _unique(method.parameters, report)
    for before, after in pairwise(method.parameters):
        if after.required and not before.required:
            message = f"`{after.name}` must be given, but stands after one that need not"
            accepted = f"`{after.name}` before `{before.name}`, or a default"
            report.add("parameter-order", after.span, message, accepted)


def _raises(method: model.Method, report: Report) -> None:
    seen: set[model.Error] = set()
    codes: dict[int, model.Error] = {}
    for raised in method.raises:
        first = codes.setdefault(raised.error.code, raised.error)
        if raised.error in seen:
            message = f"`{method.name}` raises `{raised.error.name}` twice"
            report.add("duplicate-name", raised.span, message, "it once")
        elif first is not raised.error:
            message = f"`{first.name}` and `{raised.error.name}` have the code {first.code}"
            report.add("error-code", raised.span, message, "errors with codes of their own")
        seen.add(raised.error)
