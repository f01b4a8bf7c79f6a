"""Valid arguments are answered as the contract says, and invalid ones are refused."""

import json

from pydantic import JsonValue

from rpcgen import samples
from rpcgen.contract_tests.codecs import MethodCodec
from rpcgen.contract_tests.findings import REFUSES, TIME, Finding
from rpcgen.contract_tests.inputs import Refused, accepted, params, refused
from rpcgen.contract_tests.judging import Judge
from rpcgen.contract_tests.running import Running, running
from rpcgen.contract_tests.subjects import Subject
from rpcgen_runtime import errors
from rpcgen_runtime.messages import Failure

MOST = 3
"""Findings of one check of one method: more say no more."""


class Answers:
    """Asks one method with valid arguments, and keeps what is found."""

    def __init__(self, subject: Subject, codec: MethodCodec) -> None:
        self._judge = Judge(subject.label(codec.contract), codec)
        self._codec = codec
        self._subject = subject
        self.tried = 0
        self._found: dict[tuple[str, str], Finding] = {}

    @property
    def findings(self) -> list[Finding]:
        """Return what was found, each kind with the shortest arguments that showed it."""
        counts: dict[str, int] = {}
        kept = []
        for it in self._found.values():
            counts[it.check] = counts.get(it.check, 0) + 1
            if counts[it.check] <= MOST:
                kept.append(it)
        return kept

    @property
    def is_late(self) -> bool:
        """Whether the method did not end in time, so that it is not asked again."""
        return any(check == TIME for check, _ in self._found)

    def ask_all(self) -> None:
        """Ask with the least, the fullest, and all that is at a limit."""
        with running(self._subject) as server:
            for arguments in accepted(self._codec):
                if self.is_late:
                    return
                self.ask(server, arguments)

    def ask(self, server: Running, arguments: dict[str, JsonValue]) -> bool:
        """Ask once; return whether nothing was found."""
        self.tried += 1
        found = self._asked(server, arguments)
        if any(it.check == TIME for it in found):
            # A busy machine is late once; who is late twice is slow.
            is_slow = any(it.check == TIME for it in self._asked(server, arguments))
            found = [it for it in found if it.check != TIME or is_slow]
        for it in found:
            self._keep(it)
        return not found

    def _asked(self, server: Running, arguments: dict[str, JsonValue]) -> list[Finding]:
        asked = server.ask(self._codec, params(self._codec, arguments))
        return list(self._judge.findings(asked, arguments))

    def _keep(self, finding: Finding) -> None:
        key = (finding.check, finding.at or finding.message.partition("; returned ")[0])
        known = self._found.get(key)
        if known is None or _size(finding.arguments) < _size(known.arguments):
            self._found[key] = finding


def refusals(subject: Subject, codec: MethodCodec) -> tuple[list[Finding], int]:
    """Return what is accepted although a rule forbids it, and how often was asked."""
    found: list[Finding] = []
    tried = 0
    with running(subject) as server:
        for it in refused(codec):
            tried += 1
            asked = server.ask(codec, params(codec, it.arguments))
            if asked.seen is not None:
                found.append(_finding(subject, codec, it, "the handler was reached"))
            elif not isinstance(asked.reply, Failure):
                found.append(_finding(subject, codec, it, "it was answered with a result"))
            elif asked.reply.code != errors.INVALID_PARAMS or not _names(asked.reply, it.path):
                message = f"it was refused with `{asked.reply.message}`"
                found.append(_finding(subject, codec, it, message))
    return found[:MOST], tried


def without_sample(codec: MethodCodec) -> str | None:
    """Return why a method cannot be tried, if that is so."""
    try:
        samples.fullest_of(codec.contract.parameters)
        next(accepted(codec), None)
    except samples.NoSampleError as error:
        return str(error)
    return None


def _names(failure: Failure, path: str) -> bool:
    # The runtime cuts long paths.
    return f"`{path}`:" in failure.message or len(path) > 250


def _finding(subject: Subject, codec: MethodCodec, it: Refused, message: str) -> Finding:
    label = subject.label(codec.contract)
    expected = f"invalid arguments: `{it.path}` breaks {it.rule}"
    return Finding(label, REFUSES, message, expected, it.arguments)


def _size(arguments: JsonValue) -> int:
    return len(json.dumps(arguments))
