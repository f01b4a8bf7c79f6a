"""What a file says, construct by construct, before anyone asked whether it makes sense.

Plain values with their spans; each docstring shows the text it stands for.
"""

from dataclasses import dataclass
from typing import TypeAlias

from rpcgen.language.source import Span


@dataclass(frozen=True, slots=True)
class Word:
    """`volume`."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Reference:
    """`Volume` or `common.Project`."""

    alias: Word | None
    name: Word
    span: Span


@dataclass(frozen=True, slots=True)
class Literal:
    """`3`, `2.5`, `30s`, `"text"`, `true`, `[]` or `{}`."""

    kind: str
    """One of `number`, `string`, `bool`, `list`, `map`."""
    text: str
    """As written; for a string what it means."""
    span: Span


Value: TypeAlias = Literal | Reference


@dataclass(frozen=True, slots=True)
class Constraint:
    """`max_length=64`."""

    name: Word
    value: Value


@dataclass(frozen=True, slots=True)
class Type:
    """`map[str, common.Project?](max_length=10)?`."""

    reference: Reference
    arguments: tuple["Type", ...]
    constraints: tuple[Constraint, ...]
    optional: bool
    span: Span
    depth: int


@dataclass(frozen=True, slots=True)
class Mark:
    """`since 2.1` or `deprecated 2.2 "use labels"`."""

    keyword: str
    version: Word
    note: str | None
    span: Span


@dataclass(frozen=True, slots=True)
class Package:
    """`package acme.volume 2.3`."""

    doc: str
    segments: tuple[Word, ...]
    version: Word
    span: Span


@dataclass(frozen=True, slots=True)
class Import:
    """`import "common.rpc" as common`."""

    path: Literal
    alias: Word


@dataclass(frozen=True, slots=True)
class Const:
    """`const max_name: int = 64`."""

    doc: str
    name: Word
    type: Type
    value: Value
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Alias:
    """`type VolumeName = str(min_length=1)`."""

    doc: str
    name: Word
    type: Type
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Field:
    """`host as "hostName": str? = "x" since 2.1`, in a struct, an error or between parentheses."""

    doc: str
    name: Word
    wire: Literal | None
    type: Type
    default: Value | None
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Struct:
    """`struct Volume { … }`."""

    doc: str
    name: Word
    marks: tuple[Mark, ...]
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class EnumValue:
    """`in_use as "in-use" since 2.2`."""

    doc: str
    name: Word
    wire: Literal | None
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Enum:
    """`closed enum Kind { ssd, hdd }`."""

    doc: str
    closed: bool
    name: Word
    marks: tuple[Mark, ...]
    values: tuple[EnumValue, ...]


@dataclass(frozen=True, slots=True)
class Variant:
    """`snapshot as "snap": SnapshotRef since 2.2`."""

    doc: str
    name: Word
    wire: Literal | None
    type: Type
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Union:
    """`union Source { … }`."""

    doc: str
    closed: bool
    name: Word
    marks: tuple[Mark, ...]
    variants: tuple[Variant, ...]


@dataclass(frozen=True, slots=True)
class Error:
    """`error QuotaExceeded(1001) retryable { limit_gb: int }`."""

    doc: str
    name: Word
    code: Literal
    retryable: bool
    marks: tuple[Mark, ...]
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Raised:
    """`QuotaExceeded since 2.1`, after `raises`."""

    error: Reference
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Clause:
    """`raises A, B`, `timeout 30s`, `readonly`, `as "x"` or a mark, after `call f()`."""

    keyword: str
    span: Span
    value: Literal | Mark | tuple[Raised, ...] | None


@dataclass(frozen=True, slots=True)
class Method:
    """`call get(id: uuid) -> Volume? readonly`."""

    doc: str
    verb: Word
    name: Word
    parameters: tuple[Field, ...]
    result: Type | None
    clauses: tuple[Clause, ...]


@dataclass(frozen=True, slots=True)
class Setting:
    """`topic "volume"`, `legacy_namespaces "a", "b"` or `params by position`, in a service."""

    keyword: Word
    values: tuple[Literal, ...]
    words: tuple[Word, ...] = ()


@dataclass(frozen=True, slots=True)
class Service:
    """`service Volumes { … }`."""

    doc: str
    name: Word
    marks: tuple[Mark, ...]
    items: tuple[Setting | Method, ...]


Declaration: TypeAlias = Const | Alias | Struct | Enum | Union | Error | Service
Item: TypeAlias = Package | Import | Declaration


@dataclass(frozen=True, slots=True)
class File:
    """One `.rpc` file."""

    source_span: Span
    items: tuple[Item, ...]
    lost: frozenset[str]
    """Names that were declared where the text could not be read."""
