"""Types, defaults and names as messages say them: names with their packages. Pure."""

from collections.abc import Mapping
from datetime import timedelta

from rpcgen.language import model
from rpcgen.language.values import written


def path_of(declaration: model.Declaration) -> str:
    """Return a declaration's name with its package."""
    return f"{declaration.package.name}.{declaration.name}"


def type_text(type_: model.Type | None) -> str:
    """Return a type as the language writes it, but for the names; `nothing` for none."""
    match type_:
        case None:
            return "nothing"
        case model.Optional(inner):
            return f"{type_text(inner)}{'?' * (not model.says_optional(inner))}"
        case model.Builtin(name, limits):
            return f"{name}{_limits(limits)}"
        case model.ListOf(item, limits):
            return f"list[{type_text(item)}]{_limits(limits)}"
        case model.MapOf(key, value, limits):
            return f"map[{type_text(key)}, {type_text(value)}]{_limits(limits)}"
        case model.Named(declaration):
            return path_of(declaration)


def default_text(default: model.Default | None) -> str:
    """Return a default as the language writes it."""
    match default:
        case None:
            return "none"
        case model.EnumDefault(value):
            return value.name
        case list():
            return "[]"
        case dict():
            return "{}"
        case _:
            return written(default)


def duration_text(duration: timedelta | None) -> str | None:
    """Return a duration as the language writes it."""
    return None if duration is None else written(duration)


def _limits(limits: Mapping[str, model.Scalar]) -> str:
    said = ", ".join(f"{key}={written(it)}" for key, it in limits.items())
    return f"({said})" if said else ""
