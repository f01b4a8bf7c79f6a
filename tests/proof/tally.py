"""What a run of the proof has seen: figures, and the pairs that are worth a look. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from rpcgen.contract.rules import RULES
from tests.proof.expected import AHEAD
from tests.proof.failures import Failure
from tests.proof.judge import COMPATIBLE, Judged, is_ahead, is_on_the_wire
from tests.proof.pairs import Pair

KEPT = 3
"""Pairs of one kind that are kept in full, the shortest ones."""


@dataclass(frozen=True, slots=True)
class Case:
    """One pair with what was said of it."""

    pair: Pair
    judged: Judged
    failures: Sequence[Failure]
    """Those that make it a case."""

    def text(self) -> str:
        """Return it in full, ready to become a file of the corpus."""
        rows = [f"# verdict: {self.judged.verdict}"]
        rows += [f"#   {it.severity} {it.rule}: {it.path}" for it in self.judged.changes]
        rows += [f"# {it.text()}" for it in self.failures]
        return "\n".join([*rows, self.pair.text()])

    @property
    def size(self) -> tuple[int, int]:
        """Return how much there is to read."""
        return len(self.pair.done), len(self.pair.was["main.rpc"])


@dataclass(slots=True)
class Cases:
    """Cases of one kind, counted by the rules that decide."""

    counts: Counter[str] = field(default_factory=Counter)
    kept: dict[str, list[Case]] = field(default_factory=dict)

    def add(self, rules: Iterable[str], case: Case) -> None:
        """Count a case and keep it if it is short."""
        name = ", ".join(sorted(set(rules)))
        self.counts[name] += 1
        cases = self.kept.setdefault(name, [])
        cases.append(case)
        cases.sort(key=lambda it: it.size)
        del cases[KEPT:]

    def texts(self) -> Iterator[str]:
        """Yield one case of each name in full, the most frequent first."""
        for name, count in self.counts.most_common():
            yield f"## {name} ({count})\n{self.kept[name][0].text()}"


Fault: TypeAlias = Literal["false compatible", "unproven", "unexpected"]


def fault(judged: Judged) -> Fault | None:
    """Return how the rules are wrong about a pair, if they are."""
    failures, late = _of_both(judged.failures, judged), _of_both(judged.late, judged)
    if judged.verdict in COMPATIBLE:
        if failures:
            return "false compatible"
        return "unexpected" if late and not is_ahead(judged.changes) else None
    is_break = judged.verdict == "break" and is_on_the_wire(judged.changes)
    return "unproven" if is_break and not failures else None


def _of_both(failures: Sequence[Failure], judged: Judged) -> list[Failure]:
    """Return the failures that need both contracts."""
    known = {(it.method, it.part) for it in judged.own}
    return [it for it in failures if (it.method, it.part) not in known]


@dataclass(slots=True)
class Tally:
    """One run."""

    seed: int
    pairs: int = 0
    refused: int = 0
    """Edited contracts that the language does not allow: no pairs."""
    exchanged: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    rules: Counter[str] = field(default_factory=Counter)
    """Pairs in which a rule was produced."""
    false_compatible: Cases = field(default_factory=Cases)
    unproven: Cases = field(default_factory=Cases)
    """Breaks by rules of the wire, without a failing value."""
    off_the_wire: Cases = field(default_factory=Cases)
    """Breaks by rules of source and meaning alone, without a failing value."""
    danger: Cases = field(default_factory=Cases)
    ahead: Cases = field(default_factory=Cases)
    """New clients that fail at old servers as `expected` says."""
    unexpected: Cases = field(default_factory=Cases)
    """The same, as it does not say."""
    own: Cases = field(default_factory=Cases)
    """Contracts whose client and server do not understand each other without any change."""

    def add(self, pair: Pair, judged: Judged) -> None:
        """Count a pair."""
        self.pairs += 1
        self.exchanged += judged.exchanged
        self.verdicts[judged.verdict] += 1
        self.rules.update({it.rule for it in judged.changes})
        failures, late = _of_both(judged.failures, judged), _of_both(judged.late, judged)
        decisive = [f"{it.severity} {it.rule}" for it in judged.changes] or ["none"]
        if judged.own:
            self.own.add([judged.own[0].part], Case(pair, judged, judged.own))
        match fault(judged):
            case "false compatible":
                self.false_compatible.add(decisive, Case(pair, judged, failures))
            case "unproven":
                self.unproven.add(judged.rules, Case(pair, judged, []))
            case "unexpected":
                self.unexpected.add(decisive, Case(pair, judged, late))
            case None:
                self._as_expected(pair, judged, failures, late)

    def _as_expected(
        self, pair: Pair, judged: Judged, failures: Sequence[Failure], late: Sequence[Failure]
    ) -> None:
        if judged.verdict == "danger":
            said = "fails" if failures else "works"
            self.danger.add([f"{it} {said}" for it in judged.rules], Case(pair, judged, failures))
        elif judged.verdict == "break" and not failures:
            self.off_the_wire.add(judged.rules, Case(pair, judged, []))
        elif late:
            known = {it.rule for it in judged.changes} & AHEAD.keys()
            self.ahead.add(known, Case(pair, judged, late))

    def missing(self) -> list[str]:
        """Return the rules that no pair produced."""
        return [it for it in RULES if not self.rules[it]]

    def wrong(self) -> Iterator[str]:
        """Yield what must not be, in full."""
        titles: Mapping[str, Cases] = {
            "FALSE COMPATIBLE": self.false_compatible,
            "BREAK OF THE WIRE WITHOUT A FAILING VALUE": self.unproven,
            "NEW CLIENT, OLD SERVER": self.unexpected,
            "A SIDE DOES NOT UNDERSTAND ITSELF": self.own,
        }
        for title, cases in titles.items():
            for text in cases.texts():
                yield f"{title}: {text}"

    def text(self, seconds: float) -> str:
        """Return the figures."""
        rows = [
            f"seed {self.seed}: {self.pairs:,} pairs, {self.pairs / seconds:.1f} per second",
            f"values exchanged: {self.exchanged:,}",
            f"edits refused by the language: {self.refused:,}",
            "verdicts: " + _counts(self.verdicts),
            f"false compatible: {self.false_compatible.counts.total()}",
            f"breaks of the wire without a failing value: {_counts(self.unproven.counts)}",
            f"breaks of source or meaning, works on the wire: {_counts(self.off_the_wire.counts)}",
            f"danger: {_counts(self.danger.counts)}",
            f"new client fails at old server, as expected: {_counts(self.ahead.counts)}",
            f"new client fails at old server: {_counts(self.unexpected.counts)}",
            f"sides that do not understand themselves: {_counts(self.own.counts)}",
            f"rules that no pair produced: {', '.join(self.missing()) or 'none'}",
        ]
        return "\n".join(rows)


def _counts(counts: Counter[str]) -> str:
    if not counts:
        return "0"
    return f"{counts.total()} ({', '.join(f'{name} {n}' for name, n in counts.most_common())})"
