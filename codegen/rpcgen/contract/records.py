"""A contract as JSON: what the ledger keeps of one minor. `restore` reads it back. Pure.

What is written is the contract as it stands in that minor: what came later is left out, constants
are their values, and what it uses of other packages is beside it, as they are. Documentation is no
part of it.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TypeAlias, TypeVar

from pydantic import JsonValue

from rpcgen.contract.words import path_of
from rpcgen.language import model
from rpcgen.language import values as literals

Record: TypeAlias = dict[str, JsonValue]
M = TypeVar("M", bound=model.Marked)


def recorded(package: model.Package, minor: int | None = None) -> Record:
    """Return a package as JSON, as it is in `minor`, with what it needs of others."""
    writer = _Writer(package, package.version.minor if minor is None else minor)
    declarations = writer.declarations()
    return {
        "package": package.name,
        "version": f"{package.version.major}.{writer.minor}",
        "uses": {it.name: str(it.version) for it in writer.used},
        "declarations": declarations,
    }


class _Writer:
    """Writes declarations and remembers what they name."""

    def __init__(self, package: model.Package, minor: int) -> None:
        self.minor = minor
        self._package = package
        self._pending: list[model.Declaration] = []
        self.used: list[model.Package] = []

    def declarations(self) -> Record:
        """Return what the package declares and what that needs elsewhere, by path."""
        self._pending = [it for it in self._package.declarations.values() if self._is_there(it)]
        found: Record = {}
        while self._pending:
            declaration = self._pending.pop(0)
            path = path_of(declaration)
            if path not in found:
                found[path] = self._declaration(declaration)
        self.used = sorted(
            {it for it in self._package.imported() if _is_named(it.name, found)},
            key=lambda it: it.name,
        )
        return dict(sorted(found.items()))

    def _is_there(self, item: model.Marked) -> bool:
        return item.since <= self.minor

    def _kept(self, items: Sequence[M], owner: model.Declaration) -> list[M]:
        own = owner.package is self._package
        return [it for it in items if not own or self._is_there(it)]

    def _declaration(self, it: model.Declaration) -> Record:
        marks = self._marks(it)
        match it:
            case model.Const():
                return {"kind": "const", **self._typed(it.type), "value": _value(it.value), **marks}
            case model.Alias():
                return {"kind": "type", **self._typed(it.type), **marks}
            case model.Struct():
                return {"kind": "struct", **marks, "fields": self._fields(it.fields, it)}
            case model.Enum():
                members: list[JsonValue] = [self._member(one) for one in self._kept(it.values, it)]
                return {"kind": "enum", **_flag("closed", it.closed), **marks, "values": members}
            case model.Union():
                variants = [self._variant(one) for one in self._kept(it.variants, it)]
                flags = _flag("closed", it.closed)
                return {"kind": "union", **flags, **marks, "variants": list[JsonValue](variants)}
            case model.Error():
                flags = {"code": it.code, **_flag("retryable", it.retryable)}
                return {"kind": "error", **flags, **marks, "fields": self._fields(it.fields, it)}
            case model.Service():
                return {"kind": "service", **marks, **self._service(it)}
            case _:
                raise TypeError(f"no declaration: {it!r}")

    def _service(self, service: model.Service) -> Record:
        legacy = list[JsonValue](service.legacy_namespaces)
        methods = [self._method(it, service) for it in self._kept(service.methods, service)]
        return {
            "topic": service.topic,
            "exchange": service.exchange,
            **({} if service.namespace is None else {"namespace": service.namespace}),
            **({"legacy_namespaces": legacy} if legacy else {}),
            **_flag("by_position", service.by_position),
            "methods": list[JsonValue](methods),
        }

    def _method(self, method: model.Method, service: model.Service) -> Record:
        raised = [self._raised(it) for it in self._kept(method.raises, service)]
        found: Record = {"verb": method.verb, **self._member(method)}
        found["parameters"] = self._fields(method.parameters, service)
        if method.result is not None:
            found["result"] = self._type(method.result)
        if raised:
            found["raises"] = list[JsonValue](raised)
        if method.timeout is not None:
            found["timeout"] = literals.written(method.timeout)
        promises = _flag("idempotent", method.idempotent) | _flag("readonly", method.readonly)
        return found | promises

    def _raised(self, raised: model.Raised) -> Record:
        self._pending.append(raised.error)
        return {"error": path_of(raised.error), **self._marks(raised)}

    def _fields(self, fields: Sequence[model.Field], owner: model.Declaration) -> list[JsonValue]:
        return [self._field(it) for it in self._kept(fields, owner)]

    def _field(self, field: model.Field) -> Record:
        default: Record = {} if field.default is None else {"default": _default(field.default)}
        found = self._member(field)
        return {"name": found.pop("name"), **self._typed(field.type), **default, **found}

    def _variant(self, variant: model.Variant) -> Record:
        self._pending.append(variant.struct)
        return {**self._member(variant), "struct": path_of(variant.struct)}

    def _member(self, item: model.Field | model.EnumValue | model.Variant | model.Method) -> Record:
        wire: Record = {} if item.wire == item.name else {"wire": item.wire}
        return {"name": item.name, **wire, **self._marks(item)}

    def _marks(self, item: model.Marked) -> Record:
        found: Record = {}
        if item.since:
            found["since"] = item.since
        if item.deprecated is not None and item.deprecated.minor <= self.minor:
            found["deprecated"] = item.deprecated.minor
        return found

    def _typed(self, type_: model.Type | None) -> Record:
        return {} if type_ is None else {"type": self._type(type_)}

    def _type(self, type_: model.Type) -> JsonValue:
        match type_:
            case model.Optional(inner):
                return {"optional": self._type(inner)}
            case model.Builtin(name, limits):
                return {name: _limits(limits)} if limits else name
            case model.ListOf(item, limits):
                return {"list": self._type(item), **_limits(limits)}
            case model.MapOf(key, value, limits):
                return {"map": [self._type(key), self._type(value)], **_limits(limits)}
            case model.Named(declaration):
                self._pending.append(declaration)
                return {"named": path_of(declaration)}


def _is_named(package: str, paths: Mapping[str, JsonValue]) -> bool:
    return any(it.rpartition(".")[0] == package for it in paths)


def _limits(limits: Mapping[str, model.Scalar]) -> Record:
    return {name: _value(it) for name, it in limits.items()}


def _default(default: model.Default) -> JsonValue:
    match default:
        case model.EnumDefault(value):
            return {"enum": path_of(value.enum), "value": value.name}
        case list():
            return []
        case dict():
            return {}
        case _:
            return _value(default)


def _value(value: model.Scalar | None) -> JsonValue:
    return {"duration": literals.written(value)} if isinstance(value, timedelta) else value


def _flag(name: str, is_set: bool) -> Record:  # noqa: FBT001  # of a private name's two arguments
    return {name: True} if is_set else {}
