"""Types of the contract as annotations, and the imports that they need."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from rpcgen.language import model
from rpcgen.python import literals, names

_PLAIN = {
    "bool": "bool",
    "int": "int",
    "float": "float",
    "str": "str",
    "bytes": "bytes",
    "uuid": "UUID",
    "datetime": "dt.datetime",
    "date": "dt.date",
    "time": "dt.time",
    "duration": "dt.timedelta",
    "decimal": "Decimal",
    "json": "JsonValue",
}


@dataclass(slots=True)
class Imports:
    """What one file imports; grows while its annotations are written."""

    package: model.Package
    modules: set[str] = field(default_factory=set)
    """Lines such as `import datetime as dt`."""
    names: dict[str, set[str]] = field(default_factory=dict)
    """Names by the module that they come from."""
    packages: set[model.Package] = field(default_factory=set)
    """Other generated packages."""

    def name(self, module: str, name: str) -> str:
        """Import `name` from `module`; return it."""
        self.names.setdefault(module, set()).add(name)
        return name

    def local(self, declaration: model.Declaration) -> str:
        """Return how this file says a declaration, which it imports if it must."""
        name = names.declared(declaration)
        if declaration.package is not self.package:
            self.packages.add(declaration.package)
            return f"{self.alias(declaration.package)}.{name}"
        module = ".errors" if isinstance(declaration, model.Error) else ".models"
        return self.name(module, name)

    def alias(self, package: model.Package) -> str:
        """Return the name under which another generated package is imported: no contract's."""
        last = package.name.rpartition(".")[2]
        same = [it for it in self.package.imported() if it.name.rpartition(".")[2] == last]
        if len(same) > 1:
            return f"_{package.name.replace('.', '_')}_v{package.version.major}"
        return f"_{last}"


@dataclass(frozen=True, slots=True)
class Style:
    """How much of a type an annotation tells."""

    is_open: bool = False
    """Whether open enums and unions may hold what they do not know: in what flows back."""
    constrained: bool = True
    """Whether constraints are told, and names of types kept."""
    shadowed: frozenset[str] = frozenset()
    """Built-in names that the class around uses for its own members."""
    is_abstract: bool = False
    """Whether any sequence and mapping will do: in what a caller hands in."""


FIELD = Style(is_open=True)
REQUEST = Style()
REPLY = Style(is_open=True, constrained=False)
HANDED_OVER = Style(constrained=False)
ARGUMENT = Style(constrained=False, is_abstract=True)

_ABSTRACT = {"list": "Sequence", "dict": "Mapping"}


class Annotator:
    """Writes the annotations of one file."""

    def __init__(self, imports: Imports) -> None:
        self.imports = imports

    def annotation(self, type_: model.Type, style: Style) -> str:
        """Return the annotation of `type_`."""
        match type_:
            case model.Optional(inner):
                text = self.annotation(inner, style)
                return text if model.says_optional(inner) else self._or_none(text)
            case model.Builtin(name, limits):
                return self._limited(self._builtin(name, style), limits, style)
            case model.ListOf(item, limits):
                text = f"{self._container('list', style)}[{self.annotation(item, style)}]"
                return self._limited(text, limits, style)
            case model.MapOf(key, value, limits):
                inside = f"{self.annotation(key, style)}, {self.annotation(value, style)}"
                return self._limited(f"{self._container('dict', style)}[{inside}]", limits, style)
            case model.Named(declaration):
                return self._named(declaration, style)

    def _or_none(self, text: str) -> str:
        """Return `text | None`; inside `Annotated`, so that it stays one bracket."""
        if not text.startswith("Annotated["):
            return f"{text} | None"
        inner, _, constraints = text.removeprefix("Annotated[").rpartition(", Field(")
        return f"Annotated[{inner} | None, Field({constraints}"

    def default(self, value: model.Default) -> str:
        """Return the source of a default."""
        if isinstance(value, model.EnumDefault):
            enum = self.imports.local(value.value.enum)
            return f"{enum}.{names.enum_value(value.value)}"
        if isinstance(value, timedelta):
            self.imports.modules.add("import datetime as dt")
        return literals.scalar(value)

    def typed_default(self, value: model.Default, type_: model.Type) -> str:
        """Return the source of a default, of the type that it has."""
        if isinstance(value, str) and _innermost(type_) == "decimal":
            return self._decimal(value)
        if isinstance(value, int) and not isinstance(value, bool) and _innermost(type_) == "float":
            return repr(float(value))
        return self.default(value)

    def _builtin(self, name: str, style: Style) -> str:
        text = _PLAIN[name]
        if name == "uuid":
            self.imports.name("uuid", "UUID")
        elif name == "decimal":
            self.imports.name("decimal", "Decimal")
        elif name == "json":
            self.imports.name("pydantic", "JsonValue")
        elif text.startswith("dt."):
            self.imports.modules.add("import datetime as dt")
        return self._plain(text, style)

    def _container(self, name: str, style: Style) -> str:
        if style.is_abstract:
            return self.imports.name("collections.abc", _ABSTRACT[name])
        return self._plain(name, style)

    def _plain(self, name: str, style: Style) -> str:
        if name in style.shadowed:
            self.imports.modules.add("import builtins")
            return f"builtins.{name}"
        return name

    def _named(self, declaration: model.TypeDeclaration, style: Style) -> str:
        match declaration:
            case model.Alias(type=inner) if inner is not None:
                if style.constrained and not (style.is_open and _has_open(inner)):
                    return self.imports.local(declaration)
                return self.annotation(inner, style)
            case model.Enum(closed=False) if style.is_open:
                return f"{self.imports.local(declaration)} | rpc.Unrecognized"
            case model.Union(closed=False) if style.is_open:
                return f"{self.imports.local(declaration)} | rpc.UnrecognizedVariant"
            case _:
                return self.imports.local(declaration)

    def _limit(self, value: model.Scalar, text: str) -> str:
        if text == "Decimal" and isinstance(value, str):
            return self._decimal(value)
        return self.default(value)

    def _decimal(self, value: str) -> str:
        self.imports.name("decimal", "Decimal")
        whole = value.removeprefix("-").isdigit()
        return f"Decimal({value if whole else literals.quoted(value)})"

    def _limited(self, text: str, limits: Mapping[str, model.Scalar], style: Style) -> str:
        if not limits or not style.constrained:
            return text
        self.imports.name("typing", "Annotated")
        self.imports.name("pydantic", "Field")
        said = ", ".join(f"{name}={self._limit(it, text)}" for name, it in limits.items())
        return f"Annotated[{text}, Field({said})]"


def _has_open(type_: model.Type) -> bool:
    match type_:
        case model.Optional(inner) | model.ListOf(item=inner):
            return _has_open(inner)
        case model.MapOf(key=key, value=value):
            return _has_open(key) or _has_open(value)
        case model.Named(model.Alias(type=inner)) if inner is not None:
            return _has_open(inner)
        case model.Named(model.Enum(closed=closed) | model.Union(closed=closed)):
            return not closed
        case _:
            return False


def _innermost(type_: model.Type) -> str:
    match type_:
        case model.Optional(inner):
            return _innermost(inner)
        case model.Named(model.Alias(type=inner)) if inner is not None:
            return _innermost(inner)
        case model.Builtin(name):
            return name
        case _:
            return ""
