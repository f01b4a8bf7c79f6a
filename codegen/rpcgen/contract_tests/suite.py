"""All checks of one implementation, method by method: what `rpcgen test` and pytest run."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from rpcgen.contract_tests.answers import Answers, refusals, without_sample
from rpcgen.contract_tests.codecs import MethodCodec
from rpcgen.contract_tests.findings import (
    ACCEPTS,
    ERRORS,
    IDEMPOTENT,
    READONLY,
    REFUSES,
    RELEASES,
    RESULT,
    SIGNATURE,
    TIME,
    Checked,
    Finding,
)
from rpcgen.contract_tests.promises import Promises
from rpcgen.contract_tests.random_inputs import ask_at_random, is_there
from rpcgen.contract_tests.releases import Releases
from rpcgen.contract_tests.signatures import signatures
from rpcgen.contract_tests.subjects import Subject

EXAMPLES = 25
"""Random arguments for each method."""
_ANSWERED = (ACCEPTS, RESULT, ERRORS, TIME)
"""What one and the same calls tell."""
_REPEATED = frozenset({READONLY, IDEMPOTENT})
"""What is only asked of a method that ends."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How much is tried."""

    seed: int = 0
    examples: int = EXAMPLES
    root: Path = Path("idl")
    """The source root, which has the ledger."""


class Suite:
    """The checks of one subject; what several of them need is done once."""

    def __init__(self, subject: Subject, settings: Settings) -> None:
        """Read what was released. Raises SubjectError for a ledger that was changed."""
        self.subject = subject
        self._settings = settings
        self._answers: dict[str, Answers] = {}
        self._releases = Releases(subject, settings.root)

    def checks(self, codec: MethodCodec) -> Sequence[str]:
        """Return the checks that there are for a method, in order."""
        found = [SIGNATURE]
        if self.subject.kind.__abstractmethods__:
            return found
        found += _ANSWERED
        if codec.contract.verb != "event" and codec.contract.parameters:
            found.append(REFUSES)
        if codec.contract.readonly:
            found.append(READONLY)
        if codec.contract.idempotent:
            found.append(IDEMPOTENT)
        if self._releases:
            found.append(RELEASES)
        return found

    def run(self, codec: MethodCodec, check: str) -> Checked:
        """Run one check of one method."""
        label = self.subject.label(codec.contract)
        if check not in {SIGNATURE, RELEASES}:
            without = without_sample(codec)
            if without is not None:
                return Checked(label, check, [], skipped=without)
            if self._is_not_callable(codec):
                return Checked(label, check, [], skipped="it does not take what is passed")
            if check in _REPEATED and self._answered(codec).is_late:
                return Checked(label, check, [], skipped="it does not end in time")
        found, tried = self._run(codec, check)
        return Checked(label, check, found, tried=tried)

    def run_all(self, codec: MethodCodec) -> Iterator[Checked]:
        """Run all checks of one method."""
        for check in self.checks(codec):
            yield self.run(codec, check)

    def _run(self, codec: MethodCodec, check: str) -> tuple[list[Finding], int]:
        if check == REFUSES:
            return refusals(self.subject, codec)
        if check in _ANSWERED:
            answers = self._answered(codec)
            return [it for it in answers.findings if it.check == check], answers.tried
        simple: dict[str, Callable[[MethodCodec], Iterator[Finding]]] = {
            SIGNATURE: self._signature,
            READONLY: self._promises.readonly,
            IDEMPOTENT: self._promises.idempotent,
        }
        if check == RELEASES:
            return list(self._releases.findings(codec)), 0
        return list(simple[check](codec)), 0

    def _signature(self, codec: MethodCodec) -> Iterator[Finding]:
        return signatures(self.subject, codec)

    def _is_not_callable(self, codec: MethodCodec) -> bool:
        """Whether a handler would fail for what it takes; another default is no reason."""
        return any("default" not in it.message for it in self._signature(codec))

    def _answered(self, codec: MethodCodec) -> Answers:
        label = self.subject.label(codec.contract)
        if label not in self._answers:
            answers = self._answers[label] = Answers(self.subject, codec)
            answers.ask_all()
            if is_there():
                settings = self._settings
                ask_at_random(
                    self.subject, codec, answers, seed=settings.seed, examples=settings.examples
                )
        return self._answers[label]

    @cached_property
    def _promises(self) -> Promises:
        return Promises(self.subject)
