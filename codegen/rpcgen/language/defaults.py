"""What follows `=` after the type of a field or a parameter, to Python's values."""

from collections.abc import Mapping

from rpcgen.language import model, syntax
from rpcgen.language.diagnostics import shortened
from rpcgen.language.types import UNKNOWN, Scope, check_limits


class Defaults:
    """Resolves the defaults of one file; the values of enums are there already."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._report = scope.report
        self._values: dict[model.Enum, Mapping[str, model.EnumValue]] = {}

    def default(self, value: syntax.Value, type_: model.Type) -> model.Default | None:
        """Return the default that `value` is for `type_`, or None after a report."""
        plain = self._scope.expand(type_)
        while isinstance(plain, model.Optional):
            plain = self._scope.expand(plain.inner)
        if plain is UNKNOWN:
            return None
        match plain:
            case model.Named(declaration=declaration):
                return self._enum(value, declaration)
            case model.ListOf() | model.MapOf():
                return self._empty(value, plain)
            case model.Builtin(name=name, constraints=limits):
                result = self._scope.scalar(value, name)
                check_limits(value, result, limits, self._report)
                return result

    def _empty(
        self, value: syntax.Value, plain: model.ListOf | model.MapOf
    ) -> model.Default | None:
        empty: list[object] | dict[str, object]
        kind, empty = ("list", []) if isinstance(plain, model.ListOf) else ("map", {})
        if not isinstance(value, syntax.Literal) or value.kind != kind:
            message, accepted = f"this is not a default of a {kind}", f"`{empty}`"
            self._report.add("bad-value", value.span, message, accepted)
            return None
        check_limits(value, empty, plain.constraints, self._report)
        return empty

    def _enum(
        self, value: syntax.Value, declaration: model.TypeDeclaration
    ) -> model.Default | None:
        if not isinstance(declaration, model.Enum):
            message = f"`{declaration.name}` has no values that can be written here"
            accepted = "no default, or `?` after the type"
            self._report.add("bad-value", value.span, message, accepted)
            return None
        known = self._known(declaration)
        shown = value.name.text if isinstance(value, syntax.Reference) else value.text
        is_name = (
            value.alias is None if isinstance(value, syntax.Reference) else value.kind == "bool"
        )
        if is_name and shown in known:
            return model.EnumDefault(known[shown])
        if shown in known:
            how = "without quotes" if isinstance(value, syntax.Literal) else "without the enum"
            message = f"a value of `{declaration.name}` is written {how}"
            self._report.add("bad-value", value.span, message, f"`{shown}`")
        elif known:
            close = self._report.nearest(shown, known)
            message = f"`{shortened(shown)}` is not a value of `{declaration.name}`{close}"
            accepted = ", ".join(f"`{it}`" for it in list(known)[:8])
            self._report.add("bad-value", value.span, message, accepted)
        return None

    def _known(self, enum: model.Enum) -> Mapping[str, model.EnumValue]:
        if enum not in self._values:
            self._values[enum] = {it.name: it for it in enum.values}
        return self._values[enum]
