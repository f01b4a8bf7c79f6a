"""A contract as data that an edit can change in one place, and the `.rpc` text that it stands for.

It knows how the language is written and no rule of it: what is wrong with an edited contract, the
compiler says. Two packages: `proof.main`, and `proof.shared`, which it imports; now and then a
third one.
"""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from typing import TypeAlias

MAJOR = 1


@dataclass(slots=True, eq=False)
class Type:
    """A type expression; `name` is a built-in type's, a declared one's or `shared.Name`."""

    name: str
    inner: list["Type"] = field(default_factory=list)
    limits: dict[str, str] = field(default_factory=dict)
    """Constraints, each with its value as it is written."""
    optional: bool = False

    def text(self) -> str:
        """Return the type as it is written."""
        inner = f"[{', '.join(it.text() for it in self.inner)}]" if self.inner else ""
        said = ", ".join(f"{name}={value}" for name, value in self.limits.items())
        return f"{self.name}{inner}{f'({said})' if said else ''}{'?' if self.optional else ''}"

    def parts(self) -> Iterator["Type"]:
        """Yield this type and every one inside its brackets."""
        yield self
        for item in self.inner:
            yield from item.parts()


@dataclass(slots=True, eq=False)
class Member:
    """A field, a parameter, an enum's value, a union's variant or a name in `raises`."""

    name: str
    type: Type | None = None
    """None for what has none: values and raised errors."""
    default: str | None = None
    wire: str | None = None
    since: int = 0
    doc: str = ""
    is_deprecated: bool = False

    @property
    def must_be_given(self) -> bool:
        """Whether it is a field or a parameter that has to be there."""
        return self.default is None and self.type is not None and not self.type.optional

    def text(self, minor: int) -> str:
        """Return the member as it is written in a package of that minor."""
        wire = f' as "{self.wire}"' if self.wire else ""
        type_ = f": {self.type.text()}" if self.type else ""
        default = f" = {self.default}" if self.default is not None else ""
        doc = f"\n  ## {self.doc}\n  " if self.doc else ""
        return f"{doc}{self.name}{wire}{type_}{default}{marks(self, minor)}"


@dataclass(slots=True, eq=False)
class Const:
    """`const size: int = 3`."""

    name: str
    type: str
    value: str
    since: int = 0
    doc: str = ""
    is_deprecated: bool = False

    def text(self, minor: int) -> str:
        """Return the declaration as it is written in a package of that minor."""
        return f"const {self.name}: {self.type} = {self.value}{marks(self, minor)}"


@dataclass(slots=True, eq=False)
class Alias:
    """`type Name = str`."""

    name: str
    type: Type
    since: int = 0
    doc: str = ""
    is_deprecated: bool = False

    def text(self, minor: int) -> str:
        """Return the declaration as it is written in a package of that minor."""
        return f"type {self.name} = {self.type.text()}{marks(self, minor)}"


@dataclass(slots=True, eq=False)
class Group:
    """A struct, an enum, a union or an error: a name with members."""

    kind: str
    name: str
    members: list[Member]
    closed: bool = False
    code: int = 0
    retryable: bool = False
    since: int = 0
    doc: str = ""
    is_deprecated: bool = False

    def text(self, minor: int) -> str:
        """Return the declaration as it is written in a package of that minor."""
        closed = "closed " if self.closed else ""
        code = f"({self.code})" if self.kind == "error" else ""
        retryable = " retryable" if self.retryable else ""
        said = marks(self, minor)
        if self.kind == "error" and not self.members:
            return f"{closed}error {self.name}{code}{retryable}{said}"
        body = "".join(f"  {it.text(minor)}\n" for it in self.members)
        return f"{closed}{self.kind} {self.name}{code}{retryable}{said} {{\n{body}}}"


@dataclass(slots=True, eq=False)
class Method:
    """A call, cast, fanout or event."""

    verb: str
    name: str
    params: list[Member]
    result: Type | None = None
    raises: list[Member] = field(default_factory=list)
    timeout: str | None = None
    idempotent: bool = False
    readonly: bool = False
    wire: str | None = None
    since: int = 0
    doc: str = ""
    is_deprecated: bool = False

    def text(self, minor: int) -> str:
        """Return the method as it is written in a package of that minor."""
        params = ", ".join(it.text(minor) for it in self.params)
        clauses = [
            f"-> {self.result.text()}" if self.result else "",
            f'as "{self.wire}"' if self.wire else "",
            "raises " + ", ".join(it.text(minor) for it in self.raises) if self.raises else "",
            f"timeout {self.timeout}" if self.timeout else "",
            "idempotent" if self.idempotent else "",
            "readonly" if self.readonly else "",
            marks(self, minor).strip(),
        ]
        head = f"{self.verb} {self.name}({params})"
        return " ".join([f"## {self.doc}\n  {head}" if self.doc else head, *filter(None, clauses)])


@dataclass(slots=True, eq=False)
class Service:
    """A service with its settings."""

    name: str
    methods: list[Method]
    topic: str | None = None
    exchange: str | None = None
    namespace: str | None = None
    legacy: list[str] = field(default_factory=list)
    by_position: bool = False
    since: int = 0
    doc: str = ""
    is_deprecated: bool = False

    def text(self, minor: int) -> str:
        """Return the service as it is written in a package of that minor."""
        legacy = ", ".join(f'"{it}"' for it in self.legacy)
        rows = [
            f'topic "{self.topic}"' if self.topic else "",
            f'exchange "{self.exchange}"' if self.exchange else "",
            f'namespace "{self.namespace}"' if self.namespace is not None else "",
            f"legacy_namespaces {legacy}" if legacy else "",
            "params by position" if self.by_position else "",
            *(it.text(minor) for it in self.methods),
        ]
        body = "".join(f"  {it}\n" for it in rows if it)
        return f"service {self.name}{marks(self, minor)} {{\n{body}}}"


Declaration: TypeAlias = Const | Alias | Group | Service
Marked: TypeAlias = Declaration | Method | Member


def marks(item: Marked, minor: int) -> str:
    """Return `since` and `deprecated` as they are written."""
    since = f" since {MAJOR}.{item.since}" if item.since else ""
    return since + (f" deprecated {MAJOR}.{minor}" if item.is_deprecated else "")


@dataclass(slots=True, eq=False)
class Package:
    """One file."""

    name: str
    minor: int
    declarations: list[Declaration]
    imports: str = ""
    """The import line, where there is one."""

    def text(self) -> str:
        """Return the file."""
        head = f"package {self.name} {MAJOR}.{self.minor}\n{self.imports}"
        rows = [
            (f"## {it.doc}\n" if it.doc else "") + it.text(self.minor) for it in self.declarations
        ]
        return head + "\n" + "\n".join(rows) + "\n"

    def groups(self, *kinds: str) -> list[Group]:
        """Return the declarations with members, of these kinds."""
        return [it for it in self.declarations if isinstance(it, Group) and it.kind in kinds]

    def services(self) -> list[Service]:
        """Return the services."""
        return [it for it in self.declarations if isinstance(it, Service)]

    def aliases(self) -> list[Alias]:
        """Return the named types."""
        return [it for it in self.declarations if isinstance(it, Alias)]

    def types(self) -> Iterator[Type]:
        """Yield every type expression and every one inside its brackets."""
        for alias in self.aliases():
            yield from alias.type.parts()
        for group in self.groups("struct", "union", "error"):
            yield from _of_members(group.members)
        for service in self.services():
            for method in service.methods:
                yield from _of_members(method.params)
                if method.result:
                    yield from method.result.parts()


@dataclass(slots=True, eq=False)
class Contract:
    """Both packages."""

    main: Package
    shared: Package
    released: int
    """The minor of `main` before any edit."""
    extra: Package | None = None
    """A package that nobody imports."""

    def copy(self) -> "Contract":
        """Return a contract that can be edited without changing this one."""
        return deepcopy(self)

    def grown(self, package: Package | None = None) -> int:
        """Return the minor that an addition has, now that the package has a newer one."""
        grown = package or self.main
        grown.minor = self.released + 1
        return grown.minor

    def packages(self) -> tuple[Package, Package]:
        """Return both packages."""
        return self.main, self.shared

    def files(self) -> dict[str, str]:
        """Return the texts by file name."""
        extra = {} if self.extra is None else {"extra.rpc": self.extra.text()}
        return {"main.rpc": self.main.text(), "shared.rpc": self.shared.text(), **extra}

    def methods(self) -> list[Method]:
        """Return all methods of all services."""
        return [it for service in self.main.services() for it in service.methods]

    def types(self) -> Iterator[Type]:
        """Yield every type expression and every one inside its brackets."""
        for package in self.packages():
            yield from package.types()


def _of_members(members: list[Member]) -> Iterator[Type]:
    for member in members:
        if member.type:
            yield from member.type.parts()
