"""What people coming from other languages write, and what it is called here: tables, no logic.

`syntax_hint` looks a syntax mistake up; types, values and keywords are plain dictionaries.
"""

import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Habit:
    """A piece of text that means something elsewhere."""

    before: str
    """Regular expression for the end of the line's text before the mistake."""
    at: str
    """Regular expression for the text at the mistake."""
    message: str
    """May use the groups of both, as `{word}`; the group `it` is blamed instead of the mistake."""
    accepted: str


STEPPED_OVER: Mapping[str, tuple[str, str]] = {
    r";": ("lines end without `;`", "nothing; between members `,` if you like"),
    r"//[^\n]*": ("a comment begins with `#`", "`#`, or `##` for documentation"),
    r"/\*(?s:.*?)(?:\*/|\Z)": ("a comment begins with `#` and ends with its line", "`#`"),
}
"""By pattern: what is said once a file and then read as if it were not there."""

_TYPE_WORD = r"(?:u?int\d*|[iu]\d+|str|string|bool|boolean|float|double|bytes|uuid|datetime|list)"
_TYPE_FIRST = rf"(?:^|[,({{;])\s*(?P<it>{_TYPE_WORD}|[A-Z]\w*)\s+"

_HABITS: Mapping[str, tuple[Habit, ...]] = {
    # Where a name is followed by its `:`.
    "COLON": (
        Habit(r"\b(?P<it>optional)\s+", r"", "`optional` is a `?` after the type", "`name: T?`"),
        Habit(
            r"\b(?P<it>required|final|readonly|mutable)\s+",
            r"\w",
            "nothing stands before a field's name; it is required unless its type ends in `?`",
            "`name: T`",
        ),
        Habit(r"\b(?P<it>repeated)\s+", r"", "`repeated` is `list[…]`", "`name: list[T]`"),
        Habit(r"\b(?P<it>oneof)\s+", r"", "`oneof` is a `union` of its own", "`union Name { … }`"),
        Habit(
            _TYPE_FIRST,
            rf"(?P<name>(?!{_TYPE_WORD}\b)[a-z]\w*)",
            "the name comes first",
            "`{name}: {it}`",
        ),
        Habit(
            rf"(?:^|[,({{;])\s*(?P<it>{_TYPE_WORD})",
            r"[(\[<]",
            "the name comes first",
            "`name: {it}` and the rest",
        ),
        Habit(r"(?P<name>[a-z]\w*)\s*", r"=", "the type is missing", "`{name}: T = …`"),
        Habit(
            r"(?:^|[,({])\s*(?P<name>[A-Za-z]\w*)\s*",
            r"[A-Za-z]",
            "`:` is missing between `{name}` and its type",
            "`{name}: T`",
        ),
        Habit(r"", r"\?", "`?` stands after the type", "`name: T?`"),
    ),
    # Where a type may go on.
    "OPTIONAL": (
        Habit(r"(?P<type>\w+)\s*", r"\|\s*None\b", "`| None` is `?` here", "`{type}?`"),
        Habit(r"", r"\|", "a choice of types is a `union` with a name, or `json`", "one type"),
        Habit(r"(?P<type>\w+)\s*", r"<", "types stand in square brackets", "`{type}[…]`"),
    ),
    # Where a method may go on, or another begin.
    "RAISES": (
        Habit(r"", r"returns\b", "the answer stands after `->`", "`-> T`"),
        Habit(r"", r":|=>", "the answer stands after `->`", "`-> T`"),
        Habit(r"", r"throws\b", "the errors stand after `raises`", "`raises A, B`"),
        Habit(r"", r"\{", "a method has no body", "what belongs to it without braces"),
    ),
    "CALL": (
        Habit(
            r"",
            r"(?P<word>def|rpc|fn|fun|func|function|method|async|sync|public|void|request|query)\b",
            "a method begins with what becomes of it; `{word}` may be `call`",
            "`call`, `cast`, `fanout` or `event`",
        ),
        Habit(
            r"",
            r"(?P<word>oneway|notify|notification|send|fire)\b",
            "a method that is not answered is a `cast`, not a `{word}`",
            "`call`, `cast`, `fanout` or `event`",
        ),
        Habit(
            r"",
            r"(?P<word>publish|emit|signal|broadcast|notice)\b",
            "a message without an answer is an `event` or a `fanout`, not a `{word}`",
            "`call`, `cast`, `fanout` or `event`",
        ),
        Habit(
            r"",
            r"(?P<name>[a-z]\w*)\s*\(",
            "it is not said what becomes of `{name}`",
            "`call`, `cast`, `fanout` or `event` before its name",
        ),
    ),
    # Where a declaration may begin.
    "STRUCT": (
        Habit(r"", r"(?P<word>message|record|data|class|model|dataclass|object|schema)\b",
              "`{word}` is `struct` here", "`struct Name { … }`"),
        Habit(r"", r"(?P<word>interface|protocol|trait|api)\b",
              "`{word}` is `service` here", "`service Name { … }`"),
        Habit(r"", r"(?P<word>exception|exc)\b",
              "`{word}` is `error` here, and has a code", "`error Name(1001) { … }`"),
        Habit(r"", r"(?P<word>typedef|alias|newtype|using)\b",
              "`{word}` is `type` here", "`type Name = T`"),
        Habit(r"", r"(?P<word>include|from|use|require)\b",
              "`{word}` is `import` here", '`import "common.rpc" as common`'),
        Habit(r"", r"(?P<word>namespace|module)\b",
              "`{word}` is `package` here", "`package acme.volume 1.0`"),
        Habit(r"", r"(?P<word>syntax|option|edition)\b",
              "there is nothing like `{word}` here", "the package line says the version"),
        Habit(r"", r"(?P<word>def|rpc|fn|func|call|cast|fanout|event)\b",
              "methods stand in a service", "`service Name { … }`"),
        Habit(r"", r"retryable\b", "`retryable` stands after the error's code",
              "`error Name(1001) retryable`"),
        Habit(r"", r"(?P<word>oneof)\b", "`oneof` is `union` here", "`union Name { … }`"),
    ),
    "LBRACE": (
        Habit(r"", r"extends\b|:|\(|<", "nothing inherits, and nothing is generic",
              "`{`, and the fields written out"),
    ),
    "LPAR": (
        Habit(r"\berror\s+(?P<name>\w+)\s*", r"\{", "an error has a code",
              "`error {name}(1001) { … }`"),
    ),
    "AS": (
        Habit(r"(?P<name>\w+)\s*", r"=",
              "an enum's value is its name; `as` says what is on the wire",
              '`{name}`, or `{name} as "…"`'),
    ),
    "VERSION": (
        Habit(r"", r"", "the package line ends with a version", "`package acme.volume 1.0`"),
    ),
    "AS_ALIAS": (
        Habit(r"", r"", "an import gets a name",
              '`import "common.rpc" as common`'),
    ),
    "STRING": (
        Habit(r"\bimport\s+", r"\w", "the path of a file stands in quotes",
              '`import "common.rpc" as common`'),
    ),
    # Anywhere.
    "": (
        Habit(r"\w", r"-\w", "a name has no `-`", "`_`, and `as` for what is on the wire"),
        Habit(r"", r"@", "there are no annotations", 'a mark, such as `deprecated 1.2 "why"`'),
        Habit(r"", r"-?\d+\s*:", "fields have no numbers", "`name: T`"),
    ),
}  # fmt: skip
"""By the terminal that would be accepted at the mistake."""

TYPES: Mapping[str, str] = {
    "string": "str",
    "text": "str",
    "varchar": "str",
    "char": "str",
    "integer": "int",
    "byte": "int(ge=0, le=255)",
    "short": "int",
    "i8": "int",
    "i16": "int",
    "i32": "int",
    "i64": "int",
    "int8": "int",
    "int16": "int",
    "int32": "int",
    "int64": "int",
    "sint64": "int",
    "uint": "int(ge=0)",
    "uint32": "int(ge=0)",
    "uint64": "int(ge=0)",
    "u32": "int(ge=0)",
    "u64": "int(ge=0)",
    "long": "int",
    "boolean": "bool",
    "double": "float",
    "number": "float",
    "binary": "bytes",
    "dict": "map[K, T]",
    "mapping": "map[K, T]",
    "hashmap": "map[K, T]",
    "object": "map[str, json]",
    "list": "list[T]",
    "map": "map[K, T]",
    "array": "list[T]",
    "vec": "list[T]",
    "sequence": "list[T]",
    "iterable": "list[T]",
    "tuple": "list[T]",
    "set": "list[T]",
    "frozenset": "list[T]",
    "optional": "T?",
    "union": "union Name { … }",
    "literal": "enum Name { … }",
    "any": "json",
    "timestamp": "datetime",
    "timedelta": "duration",
    "guid": "uuid",
    "none": "no `->` at all",
    "void": "no `->` at all",
    "empty": "no `->` at all",
}
"""Types of other languages, in lower case, each with what it is here."""

VALUES: Mapping[str, str] = {
    "none": "`?` after the type, and no default",
    "null": "`?` after the type, and no default",
    "nil": "`?` after the type, and no default",
    "true": "`true`",
    "false": "`false`",
}
"""Values of other languages, in lower case, each with what is written here."""


CONSTRAINTS: Mapping[str, tuple[str, ...]] = {
    "min": ("ge", "min_length"),
    "minimum": ("ge", "min_length"),
    "min_value": ("ge",),
    "gte": ("ge",),
    "max": ("le", "max_length"),
    "maximum": ("le", "max_length"),
    "max_value": ("le",),
    "lte": ("le",),
    "length": ("max_length",),
    "len": ("max_length",),
    "size": ("max_length",),
    "max_items": ("max_length",),
    "min_items": ("min_length",),
    "regex": ("pattern",),
    "regexp": ("pattern",),
    "match": ("pattern",),
    "step": ("multiple_of",),
}
"""Constraints of other languages, each with what may be meant here."""


@dataclass(frozen=True, slots=True)
class Hint:
    """What to say about a mistake that is a habit."""

    message: str
    accepted: str
    start: int
    """Where what is blamed begins and ends, in the line; equal where it is the mistake itself."""
    stop: int


def syntax_hint(line: str, column: int, accepted: AbstractSet[str]) -> Hint | None:
    """Return what to say about a mistake at `column` (from 0) of `line`, if it is a known one."""
    for terminal, habits in _HABITS.items():
        if terminal and terminal not in accepted:
            continue
        for habit in habits:
            before = re.search(f"(?:{habit.before})$", line[:column])
            at = re.match(habit.at, line[column:])
            if before is not None and at is not None:
                return _hint(habit, before, at)
    return None


def _hint(habit: Habit, before: re.Match[str], at: re.Match[str]) -> Hint:
    words = {**before.groupdict(), **at.groupdict()}
    start, stop = before.span("it") if "it" in words else (0, 0)
    return Hint(_filled(habit.message, words), _filled(habit.accepted, words), start, stop)


def _filled(text: str, words: Mapping[str, str]) -> str:
    return re.sub(r"\{(\w+)\}", lambda match: words[match[1]], text)
