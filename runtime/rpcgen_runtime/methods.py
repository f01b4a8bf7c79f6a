"""The method table that generated code writes: each fact of the contract once. No I/O."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Generic, TypeVar

from rpcgen_runtime.codecs import DataCodec, ReplyCodec, RequestCodec
from rpcgen_runtime.errors import DeclaredError
from rpcgen_runtime.facts import Param, Service
from rpcgen_runtime.messages import Verb

R = TypeVar("R")


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
