"""The rules of change: what each is worth in each direction, what it judges, and its mirror. Pure.

Each has a page in `rules/`. The mirror is the rule of the change back; a rule without one says why.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from rpcgen.contract.changes import Severity

Judged: TypeAlias = Literal["wire", "source", "meaning"]
"""`wire`: what an old peer reads or sends. `source`: code that is type-checked against the new
stubs. `meaning`: it is read, but says something else, or a promise is gone."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What one kind of change comes to."""

    request: Severity
    reply: Severity
    judges: Judged
    mirror: str
    """The rule of the way back; itself where the way back is of the same kind."""
    no_mirror: str = ""
    """Why there is none; then `mirror` is empty."""


RULES: dict[str, Rule] = {
    # Packages, services and their Targets.
    "package-added": Rule("note", "note", "wire", "package-removed"),
    "package-removed": Rule("break", "break", "wire", "package-added"),
    "service-added": Rule("minor", "minor", "wire", "service-removed"),
    "service-removed": Rule("break", "break", "wire", "service-added"),
    "service-renamed": Rule("break", "break", "source", "service-renamed"),
    "topic-changed": Rule("break", "break", "wire", "topic-changed"),
    "exchange-changed": Rule("break", "break", "wire", "exchange-changed"),
    "namespace-changed": Rule("break", "break", "wire", "namespace-changed"),
    "namespace-moved": Rule("minor", "minor", "wire", "namespace-moved"),
    "legacy-namespace-added": Rule("minor", "minor", "wire", "legacy-namespace-removed"),
    "legacy-namespace-removed": Rule("break", "break", "wire", "legacy-namespace-added"),
    "params-form-changed": Rule("danger", "danger", "meaning", "params-form-changed"),
    # Methods.
    "method-added": Rule("minor", "minor", "wire", "method-removed"),
    "method-removed": Rule("break", "break", "wire", "method-added"),
    "method-renamed": Rule("break", "break", "source", "method-renamed"),
    "method-wire-changed": Rule("break", "break", "wire", "method-wire-changed"),
    "verb-changed": Rule("break", "break", "meaning", "verb-changed"),
    "result-added": Rule("note", "minor", "wire", "result-removed"),
    "result-removed": Rule("note", "break", "meaning", "result-added"),
    "raises-added": Rule("note", "minor", "meaning", "raises-removed"),
    "raises-removed": Rule("note", "break", "meaning", "raises-added"),
    "idempotent-added": Rule("minor", "minor", "meaning", "idempotent-dropped"),
    "idempotent-dropped": Rule("break", "break", "meaning", "idempotent-added"),
    "readonly-added": Rule("minor", "minor", "meaning", "readonly-dropped"),
    "readonly-dropped": Rule("break", "break", "meaning", "readonly-added"),
    "timeout-lowered": Rule("danger", "danger", "meaning", "timeout-raised"),
    "timeout-raised": Rule("note", "note", "meaning", "timeout-lowered"),
    # Parameters.
    "parameter-added-required": Rule("break", "minor", "wire", "parameter-removed"),
    "parameter-added": Rule("minor", "minor", "wire", "parameter-removed"),
    "parameter-removed": Rule("break", "break", "wire", "parameter-added"),
    "parameter-renamed": Rule("break", "break", "source", "parameter-renamed"),
    "parameter-wire-changed": Rule("break", "break", "wire", "parameter-wire-changed"),
    "parameter-moved": Rule("break", "break", "wire", "parameter-moved"),
    "event-parameter-removed": Rule("note", "break", "source", "parameter-added"),
    "event-parameter-moved": Rule("note", "danger", "meaning", "event-parameter-moved"),
    # Fields of structs and errors.
    "field-added-required": Rule("break", "minor", "wire", "field-removed"),
    "field-added": Rule("minor", "minor", "wire", "field-removed"),
    "field-removed": Rule("break", "break", "source", "field-added"),
    "field-renamed": Rule("break", "break", "source", "field-renamed"),
    "field-wire-changed": Rule("break", "break", "meaning", "field-wire-changed"),
    # Whether a value must be there, and what stands in for it.
    "became-required": Rule("break", "minor", "wire", "became-optional"),
    "became-optional": Rule("minor", "break", "wire", "became-required"),
    "default-added": Rule("minor", "note", "wire", "default-removed"),
    "default-removed": Rule("break", "note", "wire", "default-added"),
    "default-changed": Rule("danger", "note", "meaning", "default-changed"),
    "default-to-optional": Rule("danger", "break", "source", "optional-to-default"),
    "optional-to-default": Rule("danger", "minor", "meaning", "default-to-optional"),
    "default-forgotten": Rule("danger", "danger", "meaning", "default-changed"),
    "null-allowed": Rule("minor", "break", "wire", "null-refused"),
    "null-refused": Rule("break", "minor", "wire", "null-allowed"),
    # Types.
    "type-changed": Rule("break", "break", "wire", "type-changed"),
    "type-generalised": Rule("minor", "break", "wire", "type-specialised"),
    "type-specialised": Rule("break", "note", "wire", "type-generalised"),
    "type-recast": Rule("break", "break", "source", "type-changed"),
    "type-renamed": Rule("break", "break", "source", "type-renamed"),
    "type-added": Rule("note", "note", "source", "type-removed"),
    "type-removed": Rule("break", "break", "source", "type-added"),
    "constraint-narrowed": Rule("break", "note", "wire", "constraint-widened"),
    "constraint-widened": Rule("minor", "danger", "meaning", "constraint-narrowed"),
    "constraint-changed": Rule("break", "danger", "wire", "constraint-changed"),
    "pattern-changed": Rule("danger", "danger", "meaning", "pattern-changed"),
    "constant-changed": Rule("note", "note", "source", "constant-changed"),
    "constant-removed": Rule(
        "note", "note", "source", "", "an added constant is no change to anybody"
    ),
    # Enums and unions.
    "value-added": Rule("minor", "minor", "wire", "value-removed"),
    "closed-value-added": Rule("minor", "break", "wire", "value-removed"),
    "value-removed": Rule("break", "note", "wire", "value-added"),
    "value-renamed": Rule("break", "break", "source", "value-renamed"),
    "value-wire-changed": Rule("break", "break", "wire", "value-wire-changed"),
    "variant-added": Rule("minor", "minor", "wire", "variant-removed"),
    "closed-variant-added": Rule("minor", "break", "wire", "variant-removed"),
    "variant-removed": Rule("break", "note", "wire", "variant-added"),
    "variant-renamed": Rule("break", "break", "source", "variant-renamed"),
    "variant-wire-changed": Rule("break", "break", "wire", "variant-wire-changed"),
    "became-open": Rule("minor", "break", "source", "became-closed"),
    "became-closed": Rule("note", "note", "source", "became-open"),
    # Errors.
    "error-code-changed": Rule("note", "break", "wire", "error-code-changed"),
    "error-renamed": Rule("note", "break", "source", "error-renamed"),
    "retryable-added": Rule("note", "minor", "meaning", "retryable-dropped"),
    "retryable-dropped": Rule("note", "danger", "meaning", "retryable-added"),
    # Versions.
    "since-changed": Rule("break", "break", "meaning", "since-changed"),
    "deprecation-changed": Rule("note", "note", "source", "deprecation-changed"),
}

VERSION_RULES = (
    "version-not-raised",
    "version-lowered",
    "since-missing",
    "released-changed",
    "history-edited",
    "broken-ledger",
)
"""Of what a version has to do about changes; `versions` and `ledger` find them."""
