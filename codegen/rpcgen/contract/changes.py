"""One change of a contract as a value: how bad it is, for whom, and what it needs. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal, TypeAlias

from pydantic import JsonValue

Severity: TypeAlias = Literal["note", "minor", "danger", "break"]
"""`break`: a peer fails. `danger`: it works but means something else, or nobody can decide.
`minor`: an addition. `note`: nobody is touched."""
Direction: TypeAlias = Literal["request", "reply", "both"]
"""`request` flows to a server, `reply` back: results, events, errors."""
Needs: TypeAlias = Literal["none", "minor", "major"]
Verdict: TypeAlias = Severity | Literal["none"]

SEVERITIES: tuple[Severity, ...] = ("note", "minor", "danger", "break")
"""From harmless to harmful."""
NEEDS: dict[Severity, Needs] = {
    "note": "none",
    "minor": "minor",
    "danger": "minor",
    "break": "major",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is otherwise than before, judged by the worst of the ways in which it flows."""

    rule: str
    """`rpcgen explain RULE` tells more about it."""
    severity: Severity
    direction: Direction
    path: str
    """What changed, from its package on: `acme.volume.Volumes.create.size_gb`."""
    message: str
    was: str | None = None
    is_: str | None = None
    accepted: str | None = None
    """The reason of whoever reviewed it and let it pass."""

    @property
    def needs(self) -> Needs:
        """The part of the version that has to grow."""
        return NEEDS[self.severity]

    @property
    def fingerprint(self) -> str:
        """Twelve hexadecimal digits that stay while the change does."""
        text = "\n".join((self.rule, self.path, self.was or "", self.is_ or ""))
        return sha256(text.encode()).hexdigest()[:12]

    def as_json(self) -> dict[str, JsonValue]:
        """Return the change as `rpcgen diff --output-format json` writes it."""
        reviewed: dict[str, JsonValue] = {"accepted": self.accepted} if self.accepted else {}
        return {
            "rule": self.rule,
            "severity": self.severity,
            "direction": self.direction,
            "path": self.path,
            "message": self.message,
            "was": self.was,
            "is": self.is_,
            "fingerprint": self.fingerprint,
            "needs": self.needs,
            **reviewed,
        }


def worst(severities: Iterable[Severity]) -> Severity:
    """Return the most harmful one. Raises ValueError where there is none."""
    return max(severities, key=SEVERITIES.index)


def verdict(changes: Iterable[Change]) -> Verdict:
    """Return the worst severity of the changes that nobody has accepted, or `none`."""
    severities: list[Severity] = [it.severity for it in changes if it.accepted is None]
    return worst(severities) if severities else "none"
