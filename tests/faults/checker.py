"""Joins what was asked with what was run, and counts what must not be. Pure.

The words are those of Jepsen's total-queue checker where it has them.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import quantiles

from tests.faults.log import Asked, Execution
from tests.faults.work import Kind, Outcome

HUNG_AFTER = 1.0
"""Seconds behind its deadline by which a request must have ended."""
CLOCK_GRACE = 0.1
"""Seconds behind its deadline by which a handler may have begun, and still began in time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All that is known after a row; moments are those of the logs."""

    asked: Sequence[Asked]
    executions: Sequence[Execution]
    loaded: float
    """When the load began,"""
    halted: float
    """and when it ended."""
    fault: float
    healed: float
    closed: float
    """When the logs were read."""
    dead: Sequence[str] = ()
    """Keys in dead-letter queues."""
    waiting: frozenset[str] = frozenset()
    """Keys that still wait in other queues."""
    poison: frozenset[str] = frozenset()
    """Keys that belong in a dead-letter queue."""
    killed: frozenset[int] = field(default_factory=frozenset)
    """Clients that were killed: what they asked need not have ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What is counted; seconds have an `s`, milliseconds an `ms` at the end."""

    calls_sent: int
    confirmed: int
    """Casts and events that were said to be safe."""
    results: int
    app_errors: int
    not_executed: int
    outcome_unknown: int
    broken: int
    """What ended in an exception that does not say whether it ran."""
    executions: int
    lost_acknowledged: int
    """Confirmed, and neither run to its end, nor waiting, nor dead-lettered."""
    duplicate_executions: int
    """Runs beyond the first, of what may run twice."""
    at_most_once_violations: int
    """Runs beyond the first, of what may not."""
    false_not_executed: int
    """Said not to have run, and ran."""
    wrong_replies: int
    """Answers that belong to something else, or to what never ran to its end."""
    expired_executions: int
    """Calls that began although their deadline had passed."""
    hung: int
    """Not ended a second after the deadline."""
    dead_lettered: int
    bystanders_dead_lettered: int
    still_waiting: int
    longest_gap_s: float
    """Without any result, while there was load."""
    recovery_s: float
    """From healing until what was sent ended well again."""
    before_p50_ms: float
    before_p99_ms: float
    during_p50_ms: float
    during_p99_ms: float
    after_p50_ms: float
    after_p99_ms: float


def check(evidence: Evidence) -> Figures:
    """Return the figures."""
    asked = evidence.asked
    outcomes = Counter((it.kind.is_call, it.outcome) for it in asked)
    ended = Counter(it.outcome for it in asked)
    runs = Counter(it.key for it in evidence.executions)
    whole = {it.key for it in evidence.executions if it.ended is not None}
    before, during, after = _phases(evidence)
    return Figures(
        calls_sent=len(asked),
        confirmed=outcomes[False, Outcome.RESULT],
        results=outcomes[True, Outcome.RESULT],
        app_errors=ended[Outcome.APP_ERROR],
        not_executed=ended[Outcome.NOT_EXECUTED],
        outcome_unknown=ended[Outcome.UNKNOWN],
        broken=ended[Outcome.BROKEN],
        executions=len(evidence.executions),
        lost_acknowledged=len(lost(evidence)),
        duplicate_executions=_again(runs, evidence.executions, once=False),
        at_most_once_violations=_again(runs, evidence.executions, once=True),
        false_not_executed=sum(
            it.key in runs for it in asked if it.outcome is Outcome.NOT_EXECUTED
        ),
        wrong_replies=sum(_is_wrong(it, whole) for it in asked),
        expired_executions=len(expired(evidence)),
        hung=len(hung(evidence)),
        dead_lettered=len(evidence.dead),
        bystanders_dead_lettered=sum(it not in evidence.poison for it in evidence.dead),
        still_waiting=len(evidence.waiting),
        longest_gap_s=_longest_gap(evidence),
        recovery_s=_recovery(evidence),
        before_p50_ms=_percentile(before, 50),
        before_p99_ms=_percentile(before, 99),
        during_p50_ms=_percentile(during, 50),
        during_p99_ms=_percentile(during, 99),
        after_p50_ms=_percentile(after, 50),
        after_p99_ms=_percentile(after, 99),
    )


def lost(evidence: Evidence) -> list[str]:
    """Return the keys of what was confirmed and is nowhere."""
    found = {it.key for it in evidence.executions if it.ended is not None}
    found |= {*evidence.dead, *evidence.waiting}
    return [
        it.key
        for it in evidence.asked
        if not it.kind.is_call and it.outcome is Outcome.RESULT and it.key not in found
    ]


def hung(evidence: Evidence) -> list[str]:
    """Return the keys of what had not ended when it should have."""
    return [
        it.key
        for it in evidence.asked
        if it.client not in evidence.killed
        and (it.ended or evidence.closed) > it.sent + it.timeout + HUNG_AFTER
    ]


def expired(evidence: Evidence) -> list[str]:
    """Return the keys of calls that began behind their deadline."""
    until = {it.key: it.sent + it.timeout for it in evidence.asked if it.kind.is_call}
    return [
        it.key
        for it in evidence.executions
        if it.key in until and it.started > until[it.key] + CLOCK_GRACE
    ]


def repeated(evidence: Evidence) -> Mapping[str, int]:
    """Return how often ran what ran more than once."""
    runs = Counter(it.key for it in evidence.executions)
    return {key: count for key, count in runs.items() if count > 1}


def _again(runs: Counter[str], executions: Sequence[Execution], *, once: bool) -> int:
    kinds = {it.key: it.kind for it in executions}
    return sum(count - 1 for key, count in runs.items() if (kinds[key] is Kind.ONCE) is once)


def _is_wrong(asked: Asked, whole: set[str]) -> bool:
    if asked.answer is None or not asked.kind.is_call:
        return False
    if asked.outcome is Outcome.RESULT:
        return asked.answer.key != asked.key or asked.key not in whole
    return asked.outcome is Outcome.APP_ERROR and asked.answer.key != asked.key


def _longest_gap(evidence: Evidence) -> float:
    ends = sorted(
        it.ended
        for it in evidence.asked
        if it.ended is not None
        and it.outcome is Outcome.RESULT
        and evidence.loaded <= it.ended <= evidence.halted
    )
    if evidence.halted <= evidence.loaded:
        return 0.0
    moments = [evidence.loaded, *ends, evidence.halted]
    return round(max(later - sooner for sooner, later in pairwise(moments)), 3)


def _recovery(evidence: Evidence) -> float:
    """Return when the last request failed that was sent after healing, or the first one went well.

    Only the load is looked at: what was sent before it ended.
    """
    sent = [it for it in evidence.asked if evidence.healed <= it.sent <= evidence.halted]
    good = [it.ended for it in sent if it.outcome is Outcome.RESULT and it.ended is not None]
    if not good:
        return 0.0 if not sent else round(evidence.closed - evidence.healed, 3)
    bad = [it.sent for it in sent if it.outcome is not Outcome.RESULT]
    return round(max([min(good), *bad]) - evidence.healed, 3)


def _phases(evidence: Evidence) -> tuple[list[float], list[float], list[float]]:
    before: list[float] = []
    during: list[float] = []
    after: list[float] = []
    for it in evidence.asked:
        if it.outcome is Outcome.RESULT and it.ended is not None:
            phase = after
            if it.sent < evidence.fault:
                phase = before
            elif it.sent < evidence.healed:
                phase = during
            phase.append(it.ended - it.sent)
    return before, during, after


def _percentile(seconds: Iterable[float], percent: int) -> float:
    values = list(seconds)
    if len(values) < 2:
        return round(sum(values) * 1000, 1)
    return round(quantiles(values, n=100, method="inclusive")[percent - 1] * 1000, 1)
