"""Each sabotage of the sound implementation is named: the finding is in the file beside it."""

import inspect
from importlib import import_module
from pathlib import Path

import pytest

from rpcgen.contract_tests.findings import Finding
from rpcgen.contract_tests.subjects import Subject, abstract_subject, subject
from rpcgen.contract_tests.suite import Settings, Suite
from rpcgen_runtime import Endpoint
from tests.contract_tests.held import HERE, hold

SABOTAGED = sorted((HERE / "sabotaged").glob("*.py"))


def test_there_are_enough_of_them() -> None:
    assert len(SABOTAGED) >= 30


@pytest.mark.parametrize("path", SABOTAGED, ids=lambda it: it.stem)
def test_a_sabotage_is_named(path: Path) -> None:
    tested = _subject(path.stem)
    suite = Suite(tested, Settings(examples=10))
    is_whole = inspect.isabstract(tested.kind)
    codecs = [it for it in tested.codecs if is_whole or it.runtime.name in vars(tested.kind)]

    found = [it for codec in codecs for one in suite.run_all(codec) for it in one.findings]

    assert found, "nothing was found"
    hold(path.with_suffix(".txt"), "".join(_told(it, path) for it in found))


def _subject(name: str) -> Subject:
    kind: type[Endpoint] = import_module(f"tests.contract_tests.sabotaged.{name}").Store
    return (abstract_subject if inspect.isabstract(kind) else subject)(name, kind)


def _told(finding: Finding, path: Path) -> str:
    # What was returned has addresses of memory, sometimes.
    message, returned, _ = finding.message.partition("; returned ")
    at = "" if finding.at is None else f" (line {finding.at.rpartition(':')[2]})"
    assert finding.at is None or Path(finding.at.rpartition(":")[0]).name == path.name
    shown = f"{message}{'; returned …' if returned else ''}{at}"
    return f"{finding.method}, {finding.check}: {shown}\n    expected {finding.expected}\n"
