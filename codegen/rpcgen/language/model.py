"""What a contract means: references are objects, values are Python's, nothing is left to look up.

Declarations are filled in by `resolve` and not touched afterwards; they are compared by identity.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeAlias, TypeVar

from rpcgen.language.source import Source, Span

# fmt: off
BUILTINS = (
    "bool", "int", "float", "str", "bytes", "uuid", "datetime", "date", "time", "duration",
    "decimal", "json", "list", "map",
)
# fmt: on


@dataclass(frozen=True, slots=True, order=True)
class Version:
    """`major.minor`."""

    major: int
    minor: int

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}"


@dataclass(frozen=True, slots=True)
class EnumDefault:
    """An enum's value where a default is wanted."""

    value: "EnumValue"


Scalar: TypeAlias = bool | int | float | str | timedelta
Default: TypeAlias = Scalar | EnumDefault | list[object] | dict[str, object]


@dataclass(frozen=True, slots=True)
class Builtin:
    """A type of the language that has no arguments, with its constraints."""

    name: str
    constraints: Mapping[str, Scalar]


@dataclass(frozen=True, slots=True)
class ListOf:
    """`list[T]`."""

    item: "Type"
    constraints: Mapping[str, Scalar]


@dataclass(frozen=True, slots=True)
class MapOf:
    """`map[K, T]`."""

    key: "Type"
    value: "Type"
    constraints: Mapping[str, Scalar]


@dataclass(frozen=True, slots=True)
class Optional:
    """`T?`."""

    inner: "Type"


@dataclass(frozen=True, slots=True)
class Named:
    """A declared type."""

    declaration: "TypeDeclaration"


Type: TypeAlias = Builtin | ListOf | MapOf | Optional | Named


def says_optional(type_: Type) -> bool:
    """Whether a type is a name that stands for `T?`: what is said of it need not say it again."""
    match type_:
        case Named(Alias(type=Optional())):
            return True
        case Named(Alias(type=inner)) if inner is not None:
            return says_optional(inner)
        case _:
            return False


@dataclass(slots=True, eq=False, kw_only=True)
class Marked:
    """What may have `since` and `deprecated`."""

    name: str
    span: Span
    """Of the name."""
    since: int = 0
    """The minor that brought it; 0 where nothing is said."""
    deprecated: Version | None = None
    deprecated_note: str | None = None


@dataclass(slots=True, eq=False, kw_only=True)
class Item(Marked):
    """What every declaration and member has."""

    doc: str


@dataclass(slots=True, eq=False, kw_only=True)
class Declaration(Item):
    """Something with a name of its own in a package."""

    package: "Package"


@dataclass(slots=True, eq=False, kw_only=True)
class Const(Declaration):
    """`const max_name: int = 64`."""

    type: Type | None = None
    value: Scalar | None = None


@dataclass(slots=True, eq=False, kw_only=True)
class Alias(Declaration):
    """`type VolumeName = str(min_length=1)`."""

    type: Type | None = None


@dataclass(slots=True, eq=False, kw_only=True)
class Field(Item):
    """A field of a struct or an error, or a parameter."""

    wire: str
    type: Type
    default: Default | None = None

    @property
    def required(self) -> bool:
        """Whether it must be given."""
        return self.default is None and not isinstance(self.type, Optional)


@dataclass(slots=True, eq=False, kw_only=True)
class Struct(Declaration):
    """`struct Volume { … }`."""

    fields: list[Field] = field(default_factory=list)


@dataclass(slots=True, eq=False, kw_only=True)
class EnumValue(Item):
    """One value of an enum."""

    wire: str
    enum: "Enum"


@dataclass(slots=True, eq=False, kw_only=True)
class Enum(Declaration):
    """`enum Kind { … }`."""

    closed: bool
    values: list[EnumValue] = field(default_factory=list)


@dataclass(slots=True, eq=False, kw_only=True)
class Variant(Item):
    """One variant of a union."""

    wire: str
    struct: Struct


@dataclass(slots=True, eq=False, kw_only=True)
class Union(Declaration):
    """`union Source { … }`."""

    closed: bool
    variants: list[Variant] = field(default_factory=list)


TypeDeclaration: TypeAlias = Alias | Struct | Enum | Union


@dataclass(slots=True, eq=False, kw_only=True)
class Error(Declaration):
    """`error QuotaExceeded(1001) retryable { … }`."""

    code: int
    retryable: bool
    fields: list[Field] = field(default_factory=list)


@dataclass(slots=True, eq=False, kw_only=True)
class Raised(Marked):
    """A name after `raises`."""

    error: Error


@dataclass(slots=True, eq=False, kw_only=True)
class Method(Item):
    """A call, cast, fanout or event."""

    verb: str
    wire: str
    parameters: list[Field] = field(default_factory=list)
    result: Type | None = None
    raises: list[Raised] = field(default_factory=list)
    timeout: timedelta | None = None
    idempotent: bool = False
    readonly: bool = False


@dataclass(slots=True, eq=False, kw_only=True)
class Service(Declaration):
    """`service Volumes { … }`."""

    topic: str
    exchange: str
    namespace: str | None = None
    legacy_namespaces: list[str] = field(default_factory=list)
    by_position: bool = False
    methods: list[Method] = field(default_factory=list)


Kind = TypeVar("Kind", bound=Declaration)


@dataclass(slots=True, eq=False, kw_only=True)
class Package:
    """One package and major: all files of a folder that name it."""

    name: str
    version: Version
    span: Span
    doc: str = ""
    sources: dict[str, Source] = field(default_factory=dict)
    """The files by their paths below the source root, sorted, with `/`."""
    imports: list["Package"] = field(default_factory=list)
    """What its files import, each package once."""
    declarations: dict[str, Declaration] = field(default_factory=dict)

    def of_kind(self, kind: type[Kind]) -> list[Kind]:
        """Return the declarations of one kind, in the order of the files."""
        return [it for it in self.declarations.values() if isinstance(it, kind)]

    def imported(self) -> list["Package"]:
        """Return all packages that it imports, directly or not, each once."""
        found: list[Package] = []
        pending = [*self.imports]
        while pending:
            package = pending.pop(0)
            if package not in found:
                found.append(package)
                pending += package.imports
        return found
