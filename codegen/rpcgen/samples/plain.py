"""Types without their other names, and what a type allows. Pure."""

from rpcgen.language import model


def plain(type_: model.Type) -> model.Type:
    """Return what the names of a type stand for, down to its first `?` or its form."""
    while isinstance(type_, model.Named) and isinstance(type_.declaration, model.Alias):
        assert type_.declaration.type is not None, "a resolved alias has a type"
        type_ = type_.declaration.type
    return type_


def present(type_: model.Type) -> model.Type:
    """Return the type of what is there, where it may be absent."""
    while isinstance(found := plain(type_), model.Optional):
        type_ = found.inner
    return plain(type_)


def is_optional(type_: model.Type) -> bool:
    """Whether null is accepted."""
    return isinstance(plain(type_), model.Optional)


def bound(constraints: model.Builtin | model.ListOf | model.MapOf, name: str) -> int | None:
    """Return a constraint that is a whole number, such as `min_length`."""
    value = constraints.constraints.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
