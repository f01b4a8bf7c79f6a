"""The method table that generated code writes: each fact of the contract once. No I/O."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from typing import Any, ClassVar, Final, Generic, NamedTuple, Optional, TypeVar

from rpcgen_runtime.codecs import DataCodec, ReplyCodec, RequestCodec
from rpcgen_runtime.errors import DeclaredError
from rpcgen_runtime.messages import Verb
from rpcgen_runtime.targets import Target, Version

R = TypeVar("R")


class _Required(Enum):
    REQUIRED = "required"


REQUIRED: Final = _Required.REQUIRED
"""The default of a parameter that must be given."""


class Param(NamedTuple):
    """One parameter, as the contract has it. A named tuple: tables of thousands import fast."""

    name: str
    """In Python."""
    type: object
    """The annotation, constraints included; without `| None`."""
    default: object = REQUIRED
    optional: bool = False
    """Whether it may be absent, which is None in Python."""
    wire: str | None = None
    """On the wire, where that differs."""
    since: int = 0
    """The minor that brought it."""

    @property
    def wire_name(self) -> str:
        """Return the name on the wire."""
        return self.wire or self.name

    @property
    def annotation(self) -> Any:
        """Return the whole annotation."""
        found: Any = self.type
        return Optional[found] if self.optional else found  # noqa: UP045  # a value, not a hint

    @property
    def absent(self) -> object:
        """Return what stands for a parameter that is not given; REQUIRED where it must be."""
        return None if self.optional and self.default is REQUIRED else self.default


@dataclass(frozen=True, slots=True, kw_only=True)
class Minors:
    """What came later than the first minor, of all that requests can hold."""

    fields: Mapping[type, Mapping[str, int]] = field(default_factory=dict)
    """By struct: the minor of each later field."""
    values: Mapping[type, Mapping[str, int]] = field(default_factory=dict)
    """By enum: the minor of each later value, by the member's name."""
    variants: Mapping[type, int] = field(default_factory=dict)
    """By class: the minor of each later variant of a union."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One service: who it is and where its messages go."""

    package: str
    name: str
    target: Target
    minors: Minors
    by_position: bool = False
    """Whether parameters travel as an array instead of an object."""

    @property
    def version(self) -> Version:
        """Return the newest version that this code knows."""
        return Version.parse(self.target.version)

    def full_name(self, method: str, namespace: str | None = None) -> str:
        """Return a method's name on the wire: `namespace.method`, else `Service.method`."""
        prefix = self.target.namespace if namespace is None else namespace
        if prefix is None:
            prefix = self.name
        return f"{prefix}.{method}" if prefix else method


@dataclass(eq=False, kw_only=True)
class _Promises:
    wire: str | None = None
    """On the wire, where that differs."""
    raises: Sequence[type[DeclaredError]] = ()
    timeout: float | None = None
    """Seconds; None where the contract says nothing."""
    idempotent: bool = False
    readonly: bool = False
    since: int = 0
    """The minor that brought it."""


@dataclass(eq=False)
class Method(_Promises):
    """One method; not to be changed. What follows from its facts is made when first asked for."""

    verb: ClassVar[Verb]

    service: Service
    name: str
    """In Python and the contract."""
    params: Sequence[Param]

    @property
    def repeatable(self) -> bool:
        """Whether the contract allows to repeat it when its outcome is unknown."""
        return self.idempotent or self.readonly

    @cached_property
    def full_name(self) -> str:
        """Its name on the wire, prefix included."""
        return self.service.full_name(self.wire_name)

    @cached_property
    def label(self) -> str:
        """Its name for people, in messages and logs."""
        return f"{self.service.name}.{self.name}"

    @property
    def wire_name(self) -> str:
        """Return its name on the wire, without a prefix."""
        return self.wire or self.name

    @cached_property
    def request(self) -> RequestCodec:
        """Writes and reads its parameters."""
        flows_back = self.verb is Verb.EVENT
        return RequestCodec(self.params, self.service, self.since, flows_back=flows_back)

    @cached_property
    def errors(self) -> Mapping[int, DataCodec]:
        """Its declared errors, by code."""
        return {it.code: DataCodec(it) for it in self.raises}


@dataclass(eq=False, kw_only=True)
class _Answered:
    result: object = None
    """The annotation of what it returns; None for nothing."""


@dataclass(eq=False)
class Call(_Answered, Method, Generic[R]):
    """A method that is answered."""

    verb: ClassVar[Verb] = Verb.CALL

    @cached_property
    def reply(self) -> ReplyCodec[R]:
        """Writes and reads its result."""
        return ReplyCodec(self.result)


@dataclass(eq=False)
class Cast(Method):
    """A method that is not answered."""

    verb: ClassVar[Verb] = Verb.CAST


@dataclass(eq=False)
class Fanout(Method):
    """A method that every server runs; not answered."""

    verb: ClassVar[Verb] = Verb.FANOUT


@dataclass(eq=False)
class Event(Method):
    """A method of whoever listens; not answered."""

    verb: ClassVar[Verb] = Verb.EVENT
