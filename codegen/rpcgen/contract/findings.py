"""What a comparison finds, gathered over all the ways in which the same thing flows. Pure."""

from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from rpcgen.contract.changes import Change, Direction, Severity, worst
from rpcgen.contract.rules import RULES
from rpcgen.language import model

Way: TypeAlias = Literal["request", "reply", "unused"]
"""`unused`: no service that is compared sends or answers it."""

_WORDS: dict[Severity, str] = {
    "break": "breaks",
    "danger": "changes the meaning of",
    "minor": "adds to",
    "note": "is harmless in",
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a comparison is: what is compared, and which use led there."""

    path: str
    way: Way
    use: str
    """Such as `Volumes.create(size_gb)`: what a caller would name."""
    by_position: bool = False
    """Whether it is an element of an array, where an absent value is written as null."""

    def at(self, path: str) -> "Place":
        """Return the place of something with a path of its own, used by the same."""
        return replace(self, path=path, by_position=False)

    def inside(self, part: str) -> "Place":
        """Return the place of a part, such as `size_gb` or `[item]`."""
        path = f"{self.path}{part}" if part.startswith("[") else f"{self.path}.{part}"
        return replace(self, path=path, by_position=False)


@dataclass(frozen=True, slots=True)
class New:
    """Something that was not there, and since which minor it says that it is."""

    path: str
    package: model.Package
    since: int


@dataclass(slots=True)
class _Found:
    sentence: str
    uses: dict[Way, str] = field(default_factory=dict)


@dataclass(slots=True)
class Findings:
    """The changes found so far; the same change found on two ways is one."""

    new: dict[str, New] = field(default_factory=dict)
    """By path."""
    _found: dict[tuple[str, str, str | None, str | None], _Found] = field(default_factory=dict)

    def add(
        self, rule: str, place: Place, sentence: str, was: str | None = None, is_: str | None = None
    ) -> None:
        """Note what is otherwise at a place; the first use of each way is told."""
        found = self._found.setdefault((rule, place.path, was, is_), _Found(sentence))
        found.uses.setdefault(place.way, place.use)

    def note_new(self, path: str, package: model.Package, since: int) -> None:
        """Note what is new, for whoever asks whether it says so."""
        self.new[path] = New(path, package, since)

    def changes(self) -> list[Change]:
        """Return what was found, the worst first, then by path."""
        found = [
            _change(rule, path, was, is_, it) for (rule, path, was, is_), it in self._found.items()
        ]
        return sorted(found, key=lambda it: (-_RANK[it.severity], it.path, it.rule))


_RANK: dict[Severity, int] = {"note": 0, "minor": 1, "danger": 2, "break": 3}


def _change(rule: str, path: str, was: str | None, is_: str | None, found: _Found) -> Change:
    severities: dict[Way, Severity] = {way: _severity(rule, way) for way in found.uses}
    told = [f"{_WORDS[severities[way]]} {_use(way, use)}" for way, use in _sorted(found.uses)]
    return Change(
        rule=rule,
        severity=worst(severities.values()),
        direction=_direction(set(found.uses)),
        path=path,
        message="; ".join([found.sentence, *told]),
        was=was,
        is_=is_,
    )


def _severity(rule: str, way: Way) -> Severity:
    match way:
        case "request":
            return RULES[rule].request
        case "reply":
            return RULES[rule].reply
        case "unused":
            return "note"


def _direction(ways: set[Way]) -> Direction:
    known = ways - {"unused"}
    return "both" if len(known) != 1 else "request" if "request" in known else "reply"


def _sorted(uses: dict[Way, str]) -> list[tuple[Way, str]]:
    return [(way, uses[way]) for way in ("request", "reply", "unused") if way in uses]


def _use(way: Way, use: str) -> str:
    match way:
        case "request":
            return f"what `{use}` is sent"
        case "reply":
            return f"what `{use}` gives back"
        case "unused":
            return "what no service uses"
