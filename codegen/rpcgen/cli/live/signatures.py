"""Methods, fields and types as the language writes them; they compile to what they were. Pure."""

from collections.abc import Iterable, Iterator

from rpcgen.language import model
from rpcgen.language.values import written

WIDTH = 100
INDENT = "  "


def type_text(type_: model.Type, package: model.Package) -> str:
    """Return a type as a file of `package` says it."""
    match type_:
        case model.Optional(inner):
            return f"{type_text(inner, package)}{'?' * (not model.says_optional(inner))}"
        case model.Builtin(name, limits):
            said = ", ".join(f"{key}={value_text(it, name)}" for key, it in limits.items())
            return f"{name}({said})" if said else name
        case model.ListOf(item, limits):
            return f"list[{type_text(item, package)}]{_limits(limits.items())}"
        case model.MapOf(key, value, limits):
            inside = f"{type_text(key, package)}, {type_text(value, package)}"
            return f"map[{inside}]{_limits(limits.items())}"
        case model.Named(declaration):
            return name_of(declaration, package)


def name_of(declaration: model.Declaration, package: model.Package) -> str:
    """Return a declaration's name in `package`; one that is imported has its package in front."""
    if declaration.package is package:
        return declaration.name
    return f"{declaration.package.name.rpartition('.')[2]}.{declaration.name}"


def field_text(field: model.Field, package: model.Package) -> str:
    """Return a field or a parameter."""
    default = f" = {_default(field)}" if field.default is not None else ""
    said = f"{field.name}{wire_text(field)}: {type_text(field.type, package)}{default}"
    return said + marks_text(field, package)


def method_rows(method: model.Method, package: model.Package, width: int = WIDTH) -> list[str]:
    """Return a method, on one line if it fits."""
    parameters = [field_text(it, package) for it in method.parameters]
    head = f"{method.verb} {method.name}"
    result = "" if method.result is None else f" -> {type_text(method.result, package)}"
    clauses = [it for it in _clauses(method, package) if it]
    line = f"{head}({', '.join(parameters)}){result}"
    whole = " ".join([line, *clauses])
    if len(whole) <= width:
        return [whole]
    below = [f"{INDENT * 2}{it}" for it in clauses]
    if len(line) <= width or not parameters:
        return [line, *below]
    rows = [f"{INDENT}{it}," for it in parameters]
    last = " ".join([f"){result}", *clauses])
    end = [last] if len(last) <= width else [f"){result}", *below]
    return [f"{head}(", *rows[:-1], rows[-1].removesuffix(","), *end]


def _clauses(method: model.Method, package: model.Package) -> Iterator[str]:
    # Marks first: behind `raises` they would be those of an error.
    yield (wire_text(method) + marks_text(method, package)).strip()
    if method.raises:
        raised = (name_of(it.error, package) + marks_text(it, package) for it in method.raises)
        yield f"raises {', '.join(raised)}"
    timeout = "" if method.timeout is None else f"timeout {written(method.timeout)}"
    words = (timeout, "idempotent" * method.idempotent, "readonly" * method.readonly)
    yield " ".join(it for it in words if it)


def wire_text(item: model.Field | model.EnumValue | model.Variant | model.Method) -> str:
    """Return the name on the wire, where it is another one."""
    return "" if item.wire == item.name else f" as {written(item.wire)}"


def marks_text(item: model.Marked, package: model.Package) -> str:
    """Return `since` and `deprecated`, each with a space in front."""
    said = f" since {package.version.major}.{item.since}" if item.since else ""
    if item.deprecated is not None:
        note = f" {written(item.deprecated_note)}" if item.deprecated_note else ""
        said += f" deprecated {item.deprecated}{note}"
    return said


def _limits(limits: Iterable[tuple[str, model.Scalar]]) -> str:
    said = ", ".join(f"{key}={written(it)}" for key, it in limits)
    return f"({said})" if said else ""


def value_text(value: model.Scalar, kind: str) -> str:
    """Return a value of a built-in type."""
    # A decimal is kept as its text.
    return value if kind == "decimal" and isinstance(value, str) else written(value)


def _default(field: model.Field) -> str:
    match field.default:
        case model.EnumDefault(value):
            return value.name
        case list():
            return "[]"
        case dict():
            return "{}"
        case None:
            return ""
        case value:
            return value_text(value, _builtin(field.type))


def _builtin(type_: model.Type) -> str:
    match type_:
        case model.Builtin(name):
            return name
        case model.Optional(inner) | model.Named(model.Alias(type=inner)) if inner is not None:
            return _builtin(inner)
        case _:
            return ""
