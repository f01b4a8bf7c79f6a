"""Type expressions and constants to meaning, in the scope of one file."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from rpcgen.language import constraints, model, syntax, values
from rpcgen.language.diagnostics import Report, circle
from rpcgen.language.habits import TYPES, VALUES
from rpcgen.language.patterns import Patterns
from rpcgen.language.source import Span

MAX_ALIAS_DEPTH = 64

UNKNOWN = model.Builtin("json", {})
"""Stands in for a type that could not be resolved, so that it is not reported again."""


@dataclass(slots=True, eq=False)
class Scope:
    """The names that one file sees, and the declarations still to be resolved behind them."""

    package: model.Package
    imports: dict[str, model.Package]
    report: Report
    pending: dict[model.Declaration, tuple["Scope", syntax.Declaration]]
    chain: list[model.Declaration]
    """Declarations that are being resolved right now; one list for all files."""
    lost: dict[model.Package, set[str]]
    """By package the names that were declared where the text could not be read."""
    patterns: Patterns = field(default_factory=Patterns)

    def find(self, reference: syntax.Reference, wanted: str) -> model.Declaration | None:
        """Return what `reference` names, or None after a report; `wanted` is for people."""
        package = self.package
        name = reference.name.text
        if reference.alias is not None:
            imported = self._imported(reference.alias)
            if imported is None:
                return None
            package = imported
        found = package.declarations.get(name)
        is_unread = package not in self.lost or name in self.lost[package]
        if found is None and not is_unread:
            self._unknown(reference, package, wanted)
        return found

    def _imported(self, alias: syntax.Word) -> model.Package | None:
        imported = self.imports.get(alias.text)
        if imported is None and alias.text not in self.lost[self.package]:
            message = f"nothing is imported as `{alias.text}`"
            close = self.report.nearest(alias.text, self.imports)
            accepted = f'an `import "….rpc" as {alias.text}` above'
            self.report.add("unknown-import", alias.span, f"{message}{close}", accepted)
        return imported

    def _unknown(self, reference: syntax.Reference, package: model.Package, wanted: str) -> None:
        name = reference.name.text
        where = "" if reference.alias is None else f" in `{package.name}`"
        known = [*package.declarations, *(() if where else model.BUILTINS)]
        accepted = {
            "the type": "a built-in type or a declared one",
            "the constant": "a literal, or a constant that is declared",
        }.get(wanted, "an error that is declared")
        if where:
            accepted = f"a name that `{package.name}` declares"
        close = self.report.nearest(name, known)
        hint = (TYPES if wanted == "the type" else VALUES).get(name.lower())
        if hint is not None and not where:
            accepted, close = f"`{hint}`" if wanted == "the type" else hint, ""
        message = f"{wanted} `{name}` is not declared{where}{close}"
        self.report.add("unknown-name", reference.name.span, message, accepted)

    def type(self, node: syntax.Type) -> model.Type:
        """Return the meaning of a type expression; stands in `json` for a wrong one."""
        base = self._base(node)
        may_be_absent = isinstance(self.expand(base), model.Optional)
        if not node.optional:
            # There is one way to be absent, whoever says it: `type Host = str?` is `str?` where
            # it is used.
            return model.Optional(base) if may_be_absent else base
        if may_be_absent:
            message = f"`{node.reference.name.text}` may be absent already"
            self.report.add("double-optional", node.span, message, "the type without `?`")
        return model.Optional(base)

    def _base(self, node: syntax.Type) -> model.Type:
        name = node.reference.name.text
        if node.reference.alias is None and name in model.BUILTINS:
            return self._builtin(node, name)
        found = self.find(node.reference, "the type")
        if found is None:
            return UNKNOWN
        if node.arguments:
            message = f"`{name}` takes no types in brackets"
            self.report.add("type-arguments", node.span, message, "`list[T]` or `map[K, T]`")
        if node.constraints:
            span = node.constraints[0].name.span
            message = f"constraints stand on built-in types, and `{name}` is declared"
            self.report.add("constraint-place", span, message, "them in its declaration")
        if not isinstance(found, model.TypeDeclaration):
            kind = type(found).__name__.lower()
            message = f"`{name}` is a {kind}, not a type" if kind != "error" else ""
            message = message or f"`{name}` is an error, not a type"
            accepted = "a struct, an enum, a union or a type"
            self.report.add("not-a-type", node.reference.name.span, message, accepted)
            return UNKNOWN
        if isinstance(found, model.Alias) and not self._resolve_alias(found, node.span):
            return UNKNOWN
        return model.Named(found)

    def _builtin(self, node: syntax.Type, name: str) -> model.Type:
        wanted = {"list": 1, "map": 2}.get(name, 0)
        if len(node.arguments) != wanted:
            form = {"list": "`list[T]`", "map": "`map[K, T]`"}.get(name, f"`{name}` alone")
            takes = ("no types", "one type", "two types")[wanted]
            message = f"`{name}` takes {takes} in brackets, not {len(node.arguments)}"
            self.report.add("type-arguments", node.span, message, form)
            return UNKNOWN
        limits = self._constraints(node, name)
        if name == "list":
            return model.ListOf(self.type(node.arguments[0]), limits)
        if name == "map":
            key = self.type(node.arguments[0])
            self._check_key(key, node.arguments[0].span)
            return model.MapOf(key, self.type(node.arguments[1]), limits)
        return model.Builtin(name, limits)

    def _check_key(self, key: model.Type, span: Span) -> None:
        plain = self.expand(key)
        if plain is UNKNOWN:
            return
        fits = isinstance(plain, model.Builtin) and plain.name in {"str", "int", "uuid"}
        is_enum = isinstance(plain, model.Named) and isinstance(plain.declaration, model.Enum)
        if not fits and not is_enum:
            message = "a map cannot have keys of this type"
            self.report.add("map-key", span, message, "`str`, `int`, `uuid` or an enum")

    def _constraints(self, node: syntax.Type, name: str) -> Mapping[str, model.Scalar]:
        found: constraints.Values = {}
        for item in node.constraints:
            kind = constraints.check_name(item, name, self.report)
            if kind is None:
                continue
            if item.name.text in found:
                message = f"`{item.name.text}` is given twice"
                self.report.add("duplicate-name", item.name.span, message, "it once")
            value = self.scalar(item.value, kind)
            if value is not None:
                found[item.name.text] = (value, item)
        constraints.check_values(name, found, self.patterns, self.report)
        return {key: value for key, (value, _) in found.items()}

    def expand(self, type_: model.Type) -> model.Type:
        """Return `type_` with aliases at its top replaced by what they stand for."""
        while isinstance(type_, model.Named) and isinstance(type_.declaration, model.Alias):
            type_ = type_.declaration.type or UNKNOWN
        return type_

    def scalar(self, value: syntax.Value, kind: str) -> model.Scalar | None:
        """Return the value of a literal or a constant as the built-in type `kind`."""
        if isinstance(value, syntax.Literal):
            return values.scalar(value, kind, self.report)
        found = self.find(value, "the constant")
        if found is None:
            return None
        if not isinstance(found, model.Const):
            message = f"`{found.name}` is not a constant"
            self.report.add(
                "unknown-name", value.span, message, f"a literal or a const of `{kind}`"
            )
            return None
        self._resolve_const(found, value.span)
        if found.value is None:
            return None
        if not _fits(found.value, kind):
            message = f"the constant `{found.name}` is not a value of `{kind}`"
            self.report.add("bad-value", value.span, message, f"a constant of `{kind}`")
            return None
        return found.value

    def _resolve_alias(self, alias: model.Alias, span: Span) -> bool:
        if alias.type is not None:
            return True
        with self._opened(alias, span) as node:
            if node is not None and isinstance(node[1], syntax.Alias):
                alias.type = node[0].type(node[1].type)
        return alias.type is not None

    def _resolve_const(self, const: model.Const, span: Span) -> None:
        if const.value is not None:
            return
        with self._opened(const, span) as node:
            if node is not None and isinstance(node[1], syntax.Const):
                const.type = node[0].type(node[1].type)
                if const.type is UNKNOWN:
                    return
                if isinstance(const.type, model.Builtin):
                    const.value = node[0].scalar(node[1].value, const.type.name)
                    check_limits(node[1].value, const.value, const.type.constraints, self.report)
                else:
                    message = "a constant has a built-in type"
                    accepted = "`bool`, `int`, `float`, `str`, `decimal` or `duration`"
                    self.report.add("const-type", node[1].type.span, message, accepted)

    def resolve_own(self, declaration: model.Declaration) -> None:
        """Resolve a const or an alias of this file."""
        if isinstance(declaration, model.Alias):
            self._resolve_alias(declaration, declaration.span)
        elif isinstance(declaration, model.Const):
            self._resolve_const(declaration, declaration.span)

    def _opened(self, declaration: model.Declaration, span: Span) -> "_Opened":
        return _Opened(self, declaration, span)

    def open_chain(self, declaration: model.Declaration, span: Span) -> bool:
        """Begin to resolve `declaration`; say whether that can be: no cycle, not too deep."""
        if declaration in self.chain:
            names = [it.name for it in self.chain[self.chain.index(declaration) :]]
            message = f"`{declaration.name}` stands for itself: {circle(names)}"
            self.report.add("alias-cycle", span, message, "a declaration that ends somewhere")
            return False
        if len(self.chain) >= MAX_ALIAS_DEPTH:
            message = f"names stand for names more than {MAX_ALIAS_DEPTH} levels deep"
            self.report.add("too-deep", span, message, "a shorter chain")
            return False
        self.chain.append(declaration)
        return True

    def close_chain(self) -> None:
        """End what `open_chain` began."""
        self.chain.pop()


class _Opened:
    """Holds a declaration open while it is resolved; gives its scope and syntax, each once."""

    def __init__(self, scope: Scope, declaration: model.Declaration, span: Span) -> None:
        self._scope, self._declaration, self._span = scope, declaration, span
        self._is_open = False

    def __enter__(self) -> tuple[Scope, syntax.Declaration] | None:
        self._is_open = self._scope.open_chain(self._declaration, self._span)
        return self._scope.pending.pop(self._declaration, None) if self._is_open else None

    def __exit__(self, *_: object) -> None:
        if self._is_open:
            self._scope.close_chain()


def check_limits(
    value: syntax.Value, result: object, limits: Mapping[str, model.Scalar], report: Report
) -> None:
    """Report a value that its own type does not allow."""
    broken = None if result is None else constraints.violated(result, limits)
    if broken is not None:
        message = f"the value does not meet `{broken}`"
        report.add("bad-value", value.span, message, "a value that the type allows")


def _fits(value: model.Scalar, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "bool"
    if isinstance(value, int):
        return kind in {"int", "float"}
    if isinstance(value, float):
        return kind == "float"
    if isinstance(value, timedelta):
        return kind == "duration"
    return kind in {"str", "decimal"}


def parts(type_: model.Type) -> Iterator[model.Type]:
    """Yield `type_` and every type inside its brackets; names are not followed."""
    yield type_
    match type_:
        case model.ListOf(item=inner) | model.Optional(inner=inner):
            yield from parts(inner)
        case model.MapOf(key=key, value=value):
            yield from parts(key)
            yield from parts(value)
        case _:
            pass
