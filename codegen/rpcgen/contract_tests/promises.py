"""`readonly` and `idempotent` are promises that clients rely on when they try again.

Strategy: each sequence of calls runs on an endpoint that nobody has called yet, and what readonly
methods answer afterwards is compared. Answers that differ without reason (times, random ids) are
found first, by two endpoints that were asked the same, and are left out; so is what counts calls.
"""

import json
import time
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TypeAlias

from pydantic import JsonValue
from pydantic_core import from_json

from rpcgen import samples
from rpcgen.contract_tests.answers import without_sample
from rpcgen.contract_tests.codecs import MethodCodec
from rpcgen.contract_tests.findings import IDEMPOTENT, READONLY, Finding
from rpcgen.contract_tests.inputs import params
from rpcgen.contract_tests.running import Running, running
from rpcgen.contract_tests.subjects import Subject
from rpcgen_runtime import errors
from rpcgen_runtime.messages import Reply, Success

SLOW = 0.4
"""Seconds; whatever takes longer is not asked over and over."""
LEAST_OTHERS = 2
"""Methods that must change an answer too, before it is taken for one that counts calls."""

Step: TypeAlias = tuple[MethodCodec, bytes]
"""A method with the parameters of one request."""


class Promises:
    """Holds the methods of one implementation to what they promise."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject

    def readonly(self, codec: MethodCodec) -> Iterator[Finding]:
        """Yield which answers a readonly method changes."""
        calls = self._steps(codec)
        for asked, answer in self._asked_after(calls).items():
            before = self._baseline[asked]
            if before is None or answer == before:
                continue
            # Once more alone: another question may have changed the answer.
            after = self._answers([*calls, asked])[-1]
            if after != before:
                yield self._changed(codec, asked, READONLY, "nothing changes", before, after)
                return

    def idempotent(self, codec: MethodCodec) -> Iterator[Finding]:
        """Yield what a second call with the same arguments changes."""
        for call in self._steps(codec):
            once, again = self._answers([call, call])
            if _is_good(once) and not _is_good(again):
                message = f"the second call is answered with {again}, the first with {once}"
                expected = "a second call that goes as well as the first"
                label = self._subject.label(codec.contract)
                yield Finding(label, IDEMPOTENT, message, expected, from_json(call[1]))
                return
            found = self._accumulated(codec, call)
            if found is not None:
                yield found
                return

    def _accumulated(self, codec: MethodCodec, call: Step) -> Finding | None:
        once, twice = self._asked_after([call]), self._asked_after([call, call])
        for asked, answer in once.items():
            if self._baseline[asked] is None or answer == twice[asked]:
                continue
            first, same = (self._answers([call, asked])[-1] for _ in range(2))
            second = self._answers([call, call, asked])[-1]
            if first == same != second:
                expected = "a second call changes nothing more"
                return self._changed(codec, asked, IDEMPOTENT, expected, first, second)
        return None

    def _asked_after(self, calls: Sequence[Step]) -> dict[Step, str]:
        """Return what all questions are answered after some calls."""
        answers = self._answers([*calls, *self._questions])[len(calls) :]
        return dict(zip(self._questions, answers, strict=True))

    @cached_property
    def _questions(self) -> Sequence[Step]:
        """Return what readonly methods are asked; one that is slow is not."""
        asked = [it for it in self._subject.codecs if it.contract.readonly]
        return [step for it in asked for step in self._steps(it) if not self._is_slow(step)]

    @cached_property
    def _baseline(self) -> dict[Step, str | None]:
        """Return what a new endpoint answers; None for answers that are never the same."""
        found = {it: self._stable(it) for it in self._questions}
        meters = {it for it, answer in found.items() if answer and self._is_meter(it, answer)}
        return {it: None if it in meters else answer for it, answer in found.items()}

    def _is_meter(self, asked: Step, answer: str) -> bool:
        """Whether a method tells of calls themselves: it changes by each that is made."""
        others = [it for it in self._questions if it[0] is not asked[0]]
        return len({it[0].contract.name for it in others}) >= LEAST_OTHERS and all(
            self._answers([it, asked])[-1] != answer for it in [asked, *others]
        )

    def _is_slow(self, step: Step) -> bool:
        start = time.monotonic()
        self._answers([step])
        return time.monotonic() - start > SLOW

    def _stable(self, asked: Step) -> str | None:
        first, second = (self._answers([asked])[0] for _ in range(2))
        return first if first == second else None

    def _steps(self, codec: MethodCodec) -> list[Step]:
        if without_sample(codec) is not None:
            return []
        parameters = codec.contract.parameters
        found = [samples.least_of(parameters), samples.fullest_of(parameters)]
        return list(dict.fromkeys((codec, params(codec, it)) for it in found))

    def _answers(self, steps: Sequence[Step]) -> list[str]:
        """Return what a new endpoint answers to requests, one after the other."""
        with running(self._subject) as server:
            return [_told(_reply(server, it)) for it in steps]

    def _changed(
        self, codec: MethodCodec, asked: Step, check: str, expected: str, was: str, now: str | None
    ) -> Finding:
        other = self._subject.label(asked[0].contract)
        message = f"`{other}` answers {now} afterwards, and {was} otherwise"
        label = self._subject.label(codec.contract)
        return Finding(label, check, message, expected, from_json(asked[1]))


def _reply(server: Running, step: Step) -> Reply | None:
    return server.ask(step[0], step[1]).reply


def _told(reply: Reply | None) -> str:
    if reply is None:
        return "nothing"
    if isinstance(reply, Success):
        return _sorted(from_json(reply.result))
    # The id of an internal error is another each time.
    data = None if reply.code == errors.INTERNAL_ERROR else reply.data
    return f"error {reply.code} {_sorted(from_json(data or b'null'))}"


def _sorted(value: JsonValue) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def _is_good(answer: str) -> bool:
    return not answer.startswith("error ") and answer != "nothing"
