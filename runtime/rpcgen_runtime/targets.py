"""Versioned addresses, as in oslo.messaging: where a message goes and who may take it. No I/O."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

_VERSION = re.compile(r"([0-9]{1,5})\.([0-9]{1,5})")


@dataclass(frozen=True, slots=True, order=True)
class Version:
    """`major.minor`, each from 0 to 99,999."""

    major: int
    minor: int

    @classmethod
    def parse(cls, text: str) -> "Version":
        """Read `2.1`. Raises ValueError for anything else."""
        match = _VERSION.fullmatch(text)
        if match is None:
            raise ValueError(f"`{text[:40]}` is not a version; accepted: `major.minor`")
        return cls(int(match[1]), int(match[2]))

    def serves(self, requested: "Version") -> bool:
        """Whether an implementation of this version takes a request of that one."""
        return self.major == requested.major and requested.minor <= self.minor

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The door plate of a service.

    A client's Target says where a message goes, a server's what it takes: same major, requested
    minor not above the implemented one, and no namespace matches only no namespace or a legacy one.
    """

    topic: str
    exchange: str = "rpcgen"
    namespace: str | None = None
    version: str = "1.0"
    server: str | None = None
    """The one server that is meant; None for any of them."""
    fanout: bool = False
    """Whether every server is meant."""
    legacy_namespaces: Sequence[str] = ()
    """Former namespaces that a server still answers to."""

    def accepts_namespace(self, namespace: str | None) -> bool:
        """Whether a request with that namespace is for this Target."""
        return namespace == self.namespace or namespace in self.legacy_namespaces
