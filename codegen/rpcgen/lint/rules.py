"""All rules, in the order of their names: the table of contents of this room."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from rpcgen.language.diagnostics import Diagnostic
from rpcgen.lint.contract import Contract
from rpcgen.lint.habits import closed_type, missing_doc
from rpcgen.lint.marks import deprecated_without_note, redundant_since
from rpcgen.lint.methods import event_tense, missing_readonly, verb_first
from rpcgen.lint.requests import unbounded_request
from rpcgen.lint.types import bare_json, number_for_duration, text_for_time, text_for_uuid
from rpcgen.lint.unused import unused_declaration, unused_import

Look: TypeAlias = Callable[[Contract], Iterator[Diagnostic]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: how it looks at a contract, and whether only strict people want it."""

    look: Look
    strict: bool = False


RULES: Mapping[str, Rule] = {
    "bare-json": Rule(bare_json, strict=True),
    "closed-type": Rule(closed_type, strict=True),
    "deprecated-without-note": Rule(deprecated_without_note),
    "event-tense": Rule(event_tense),
    "missing-doc": Rule(missing_doc, strict=True),
    "missing-readonly": Rule(missing_readonly),
    "number-for-duration": Rule(number_for_duration),
    "redundant-since": Rule(redundant_since),
    "text-for-time": Rule(text_for_time),
    "text-for-uuid": Rule(text_for_uuid),
    "unbounded-request": Rule(unbounded_request, strict=True),
    "unused-declaration": Rule(unused_declaration),
    "unused-import": Rule(unused_import),
    "verb-first": Rule(verb_first),
}
