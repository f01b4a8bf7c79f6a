"""What a check may find: where an implementation and its contract part. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pydantic import JsonValue

SIGNATURE: Final = "signature"
ACCEPTS: Final = "accepts"
REFUSES: Final = "refuses"
RESULT: Final = "result"
ERRORS: Final = "errors"
TIME: Final = "time"
READONLY: Final = "readonly"
IDEMPOTENT: Final = "idempotent"
RELEASES: Final = "releases"

MEANINGS: Final = {
    SIGNATURE: "the method takes what the skeleton's takes",
    ACCEPTS: "valid arguments reach the handler and are answered",
    REFUSES: "arguments that break a rule are refused, and do not reach the handler",
    RESULT: "the result is what the contract declares, its constraints included",
    ERRORS: "only declared errors are raised, with data that fit",
    TIME: "it ends within its timeout and does not block the event loop",
    READONLY: "it changes nothing that readonly methods answer",
    IDEMPOTENT: "a second call with the same arguments changes nothing more",
    RELEASES: "what earlier minors said is still understood, byte for byte",
}
"""What each check holds."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One way in which an implementation breaks its contract."""

    method: str
    """Such as `Volumes.create`."""
    check: str
    message: str
    """What came instead of what was expected."""
    expected: str
    arguments: JsonValue = None
    """By their names on the wire; None where no call showed it."""
    at: str | None = None
    """File and line, where something was raised."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What one check of one method came to."""

    method: str
    check: str
    findings: Sequence[Finding]
    skipped: str | None = None
    """Why it says nothing."""
    tried: int = 0
    """Calls that were made for it."""
