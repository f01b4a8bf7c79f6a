"""A contract out of its record: the packages that `records` wrote down. Pure.

A record is checked as it is read; whoever changed it by hand is told where it went wrong.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from pydantic import JsonValue

from rpcgen.contract.records import Record
from rpcgen.language import model, syntax
from rpcgen.language import values as literals
from rpcgen.language.source import Source, Span

_NUMBERS = frozenset({"ge", "gt", "le", "lt", "multiple_of"})
_COUNTS = frozenset({"min_length", "max_length", "pattern", "max_digits", "decimal_places"})
_VERBS = frozenset({"call", "cast", "fanout", "event"})


class BrokenRecordError(ValueError):
    """What was recorded is no contract; the message says where."""


def restored(record: Record, name: str) -> list[model.Package]:
    """Return the recorded package, and after it those that it uses.

    `name` is how messages call the file. Raises BrokenRecordError.
    """
    try:
        return _Reader(record, name).packages()
    except (LookupError, StopIteration, TypeError, ValueError, AssertionError) as error:
        raise BrokenRecordError(f"`{name}` is no record of a contract: {error!r}") from error


class _Reader:
    """Declares what is there, then fills it in: declarations name each other."""

    def __init__(self, record: Record, name: str) -> None:
        self._record = record
        self._span = Span(Source(name, ""), 0, 0)
        self._found: dict[str, model.Declaration] = {}

    def packages(self) -> list[model.Package]:
        versions = {_text(self._record["package"]): _text(self._record["version"])}
        versions |= {name: _text(it) for name, it in _object(self._record["uses"]).items()}
        packages = {it: self._package(it, version) for it, version in versions.items()}
        records = _object(self._record["declarations"])
        for path, value in records.items():
            package, _, name = path.rpartition(".")
            declared = self._declared(name, packages[package], _object(value))
            self._found[path] = packages[package].declarations[name] = declared
        for path, value in records.items():
            self._fill(self._found[path], _object(value))
        first, *others = packages.values()
        first.imports = others
        return [first, *others]

    def _package(self, name: str, version: str) -> model.Package:
        major, minor = version.split(".")
        return model.Package(
            name=name, version=model.Version(int(major), int(minor)), span=self._span
        )

    def _declared(self, name: str, package: model.Package, record: Record) -> model.Declaration:
        kind = _text(record["kind"])
        made: model.Declaration
        closed = record.get("closed") is True
        match kind:
            case "const":
                made = model.Const(name=name, span=self._span, doc="", package=package)
            case "type":
                made = model.Alias(name=name, span=self._span, doc="", package=package)
            case "struct":
                made = model.Struct(name=name, span=self._span, doc="", package=package)
            case "enum":
                made = model.Enum(
                    name=name, span=self._span, doc="", package=package, closed=closed
                )
            case "union":
                made = model.Union(
                    name=name, span=self._span, doc="", package=package, closed=closed
                )
            case "error":
                made = model.Error(
                    name=name,
                    span=self._span,
                    doc="",
                    package=package,
                    code=_number(record["code"]),
                    retryable=record.get("retryable") is True,
                )
            case "service":
                made = self._service(name, package, record)
            case _:
                raise ValueError(f"`{kind}` is no kind of declaration")
        if isinstance(made, model.Enum):
            made.values = list(self._values(made, record))
        self._mark(made, record, package)
        return made

    def _service(self, name: str, package: model.Package, record: Record) -> model.Service:
        namespace = record.get("namespace")
        return model.Service(
            name=name,
            span=self._span,
            doc="",
            package=package,
            topic=_text(record["topic"]),
            exchange=_text(record["exchange"]),
            namespace=None if namespace is None else _text(namespace),
            legacy_namespaces=[_text(it) for it in _list(record.get("legacy_namespaces", []))],
            by_position=record.get("by_position") is True,
        )

    def _values(self, enum: model.Enum, record: Record) -> Iterator[model.EnumValue]:
        for it in _objects(record["values"]):
            name = _text(it["name"])
            value = model.EnumValue(
                name=name, span=self._span, doc="", wire=_wire(it, name), enum=enum
            )
            self._mark(value, it, enum.package)
            yield value

    def _fill(self, made: model.Declaration, record: Record) -> None:
        match made:
            case model.Const():
                made.type, made.value = self._type(record["type"]), _scalar(record["value"])
            case model.Alias():
                made.type = self._type(record["type"])
            case model.Struct() | model.Error():
                made.fields = self._fields(record["fields"], made.package)
            case model.Union():
                made.variants = [self._variant(it, made) for it in _objects(record["variants"])]
            case model.Service():
                made.methods = [self._method(it, made) for it in _objects(record["methods"])]
            case _:
                pass

    def _variant(self, record: Record, union: model.Union) -> model.Variant:
        name, struct = _text(record["name"]), self._named(record["struct"])
        assert isinstance(struct, model.Struct), f"the variant `{name}` is no struct"
        made = model.Variant(
            name=name, span=self._span, doc="", wire=_wire(record, name), struct=struct
        )
        self._mark(made, record, union.package)
        return made

    def _method(self, record: Record, service: model.Service) -> model.Method:
        name, verb = _text(record["name"]), _text(record["verb"])
        assert verb in _VERBS, f"`{verb}` is no verb"
        result = record.get("result")
        timeout = record.get("timeout")
        made = model.Method(
            name=name,
            span=self._span,
            doc="",
            verb=verb,
            wire=_wire(record, name),
            parameters=self._fields(record["parameters"], service.package),
            result=None if result is None else self._type(result),
            raises=[self._raised(it, service) for it in _objects(record.get("raises", []))],
            timeout=None if timeout is None else _duration(timeout),
            idempotent=record.get("idempotent") is True,
            readonly=record.get("readonly") is True,
        )
        self._mark(made, record, service.package)
        return made

    def _raised(self, record: Record, service: model.Service) -> model.Raised:
        error = self._named(record["error"])
        assert isinstance(error, model.Error), f"`{error.name}` is no error"
        made = model.Raised(name=error.name, span=self._span, error=error)
        self._mark(made, record, service.package)
        return made

    def _fields(self, value: JsonValue, package: model.Package) -> list[model.Field]:
        return [self._field(it, package) for it in _objects(value)]

    def _field(self, record: Record, package: model.Package) -> model.Field:
        name = _text(record["name"])
        made = model.Field(
            name=name,
            span=self._span,
            doc="",
            wire=_wire(record, name),
            type=self._type(record["type"]),
            default=self._default(record["default"]) if "default" in record else None,
        )
        self._mark(made, record, package)
        return made

    def _default(self, value: JsonValue) -> model.Default:
        if isinstance(value, dict) and "enum" in value:
            enum = self._named(value["enum"])
            assert isinstance(enum, model.Enum), f"`{enum.name}` is no enum"
            return model.EnumDefault(next(it for it in enum.values if it.name == value["value"]))
        if isinstance(value, list):
            return list[object]()
        if value == {}:
            return dict[str, object]()
        return _scalar(value)

    def _type(self, value: JsonValue) -> model.Type:
        if isinstance(value, str):
            return self._builtin(value, {})
        record = _object(value)
        match record:
            case {"optional": inner}:
                return model.Optional(self._type(inner))
            case {"list": item}:
                return model.ListOf(self._type(item), _limits(record, "list"))
            case {"map": [key, item]}:
                return model.MapOf(self._type(key), self._type(item), _limits(record, "map"))
            case {"named": path}:
                named = self._named(path)
                assert isinstance(named, model.Alias | model.Struct | model.Enum | model.Union), (
                    f"`{named.name}` is no type"
                )
                return model.Named(named)
            case _:
                ((name, inner),) = record.items()
                return self._builtin(name, _object(inner))

    def _builtin(self, name: str, limits: Record) -> model.Type:
        assert name in model.BUILTINS, f"`{name}` is no type"
        return model.Builtin(name, _limits(limits))

    def _named(self, path: JsonValue) -> model.Declaration:
        return self._found[_text(path)]

    def _mark(self, made: model.Marked, record: Record, package: model.Package) -> None:
        made.since = _number(record.get("since", 0))
        deprecated = record.get("deprecated")
        if deprecated is not None:
            made.deprecated = model.Version(package.version.major, _number(deprecated))


def _wire(record: Record, name: str) -> str:
    return _text(record.get("wire", name))


def _limits(record: Record, without: str = "") -> dict[str, model.Scalar]:
    found = {name: _scalar(it) for name, it in record.items() if name != without}
    for name, value in found.items():
        wanted = str if name == "pattern" else int
        is_right = name in _NUMBERS or (name in _COUNTS and type(value) is wanted)
        assert is_right, f"`{name}={value!r}` is no constraint"
    return found


def _scalar(value: JsonValue) -> model.Scalar:
    if isinstance(value, dict):
        return _duration(value["duration"])
    assert isinstance(value, bool | int | float | str), f"{value!r} is no value"
    return value


def _duration(value: JsonValue) -> timedelta:
    found = literals.duration(syntax.Literal("number", _text(value), Span(Source("", ""), 0, 0)))
    assert found is not None, f"{value!r} is no duration"
    return found


def _text(value: JsonValue) -> str:
    assert isinstance(value, str), f"{value!r} is no text"
    return value


def _number(value: JsonValue) -> int:
    assert isinstance(value, int), f"{value!r} is no number"
    return value


def _list(value: JsonValue) -> Sequence[JsonValue]:
    assert isinstance(value, list), f"{value!r} is no list"
    return value


def _object(value: JsonValue) -> Record:
    assert isinstance(value, dict), f"{value!r} is no object"
    return value


def _objects(value: JsonValue) -> list[Record]:
    return [_object(it) for it in _list(value)]
