"""The grammar's terminals as people say them."""

from collections.abc import Iterable

_SPOKEN = {
    "NAME": "a name",
    "NUMBER": "a number",
    "STRING": 'a text in `"`',
    "VERSION": "a version such as `1.0`",
    "DOC": "",
    "AS_ALIAS": "`as`",
    "LPAR": "`(`",
    "RPAR": "`)`",
    "LSQB": "`[`",
    "RSQB": "`]`",
    "LBRACE": "`{`",
    "RBRACE": "`}`",
    "COLON": "`:`",
    "COMMA": "`,`",
    "EQUAL": "`=`",
    "DOT": "`.`",
    "OPTIONAL": "`?`",
    "__ANON_0": "`->`",
    "STREAM": "",
    "DECLARATION": "a declaration, such as `struct` or `service`",
    "$END": "",
}

# fmt: off
KEYWORDS = frozenset((
    "package", "import", "const", "type", "struct", "closed", "enum", "union", "error", "retryable",
    "service", "topic", "exchange", "namespace", "legacy_namespaces", "params", "call", "cast",
    "fanout", "event", "stream", "raises", "timeout", "idempotent", "readonly",
))
# fmt: on
"""Every keyword that may stand where a name may; `as`, `since`, `deprecated`, `true` and `false`
are told from names by what follows them."""

DECLARATIONS = frozenset(
    ["package", "import", "const", "type", "struct", "closed", "enum", "union", "error", "service"]
)


def without_soft_keywords(terminals: Iterable[str]) -> set[str]:
    """Return the terminals; where a name may stand, without the keywords that may be one."""
    present = set(terminals)
    if "NAME" in present:
        present = {it for it in present if it.lower() not in KEYWORDS}
    return present


def say(terminals: Iterable[str]) -> str:
    """Return the terminals as a list for people; names stand for the soft keywords."""
    present = without_soft_keywords(terminals)
    if {"CONST", "STRUCT", "SERVICE"} <= present:
        present = {it for it in present if it.lower() not in DECLARATIONS} | {"DECLARATION"}
    spoken = {_SPOKEN.get(it, f"`{it.lower()}`") for it in present}
    words = sorted(spoken - {""}, key=lambda it: (it.startswith("`"), it))
    return ", ".join(words[:-1]) + " or " + words[-1] if len(words) > 1 else "".join(words)
