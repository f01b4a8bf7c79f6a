"""Facts of a contract, as data: services, parameters, and what came when. No I/O."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from typing import Any, Final, NamedTuple, Optional

from rpcgen_runtime.targets import Target, Version


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


@dataclass(frozen=True, kw_only=True)
class Service:
    """One service: who it is and where its messages go."""

    package: str
    name: str
    target: Target
    minors: Minors
    by_position: bool = False
    """Whether parameters travel as an array instead of an object."""

    @cached_property
    def version(self) -> Version:
        """The newest version that this code knows."""
        return Version.parse(self.target.version)

    @cached_property
    def versions(self) -> Sequence[tuple[Version, str]]:
        """Each version that a request may need, by its minor: as a value, and as it travels."""
        major, newest = self.version.major, self.version.minor
        found = [Version(major, it) for it in range(newest + 1)]
        return [(it, str(it)) for it in found]

    def full_name(self, method: str, namespace: str | None = None) -> str:
        """Return a method's name on the wire: `namespace.method`, else `Service.method`."""
        prefix = self.target.namespace if namespace is None else namespace
        if prefix is None:
            prefix = self.name
        return f"{prefix}.{method}" if prefix else method
