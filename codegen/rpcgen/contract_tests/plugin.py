"""The pytest plugin: each check of a `ContractTests` is a test of its own.

The only file that imports pytest. It is loaded into every run of pytest, and so imports nothing
else before there is something to test.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from typing_extensions import Self

from rpcgen.contract_tests.declared import ContractTests

if TYPE_CHECKING:
    from rpcgen.contract_tests.codecs import MethodCodec
    from rpcgen.contract_tests.findings import Finding
    from rpcgen.contract_tests.suite import Suite


class BrokenContract(AssertionError):
    """An implementation is not what its contract says."""

    def __init__(self, findings: "list[Finding]") -> None:
        super().__init__("\n\n".join(_told(it) for it in findings))


class ContractCollector(pytest.Collector):
    """All checks of one implementation."""

    tests: ContractTests

    @classmethod
    def of(cls, parent: pytest.Collector, name: str, tests: ContractTests) -> Self:
        """Return the collector for what stands in a module under that name."""
        made: Self = cls.from_parent(parent, name=name)
        made.tests = tests
        return made

    def collect(self) -> "Iterator[ContractItem]":
        """Yield a test for each check of each method."""
        from rpcgen.contract_tests.subjects import SubjectError, subject
        from rpcgen.contract_tests.suite import Settings, Suite

        tests = self.tests
        source = self.config.rootpath / tests.source
        try:
            suite = Suite(
                subject(self.name, tests.make), Settings(tests.seed, tests.examples, source)
            )
            checks = [(it, check) for it in suite.subject.codecs for check in suite.checks(it)]
        except SubjectError as error:
            raise self.CollectError(str(error)) from error
        for codec, check in checks:
            name = f"{suite.subject.label(codec.contract)}-{check}"
            yield ContractItem.of(self, name, suite, codec, check)


class ContractItem(pytest.Item):
    """One check of one method."""

    suite: "Suite"
    codec: "MethodCodec"
    check: str

    @classmethod
    def of(
        cls,
        parent: pytest.Collector,
        name: str,
        suite: "Suite",
        codec: "MethodCodec",
        check: str,
    ) -> Self:
        """Return the test for a check."""
        made: Self = cls.from_parent(parent, name=name)
        made.suite, made.codec, made.check = suite, codec, check
        return made

    def runtest(self) -> None:
        """Run the check. Raises BrokenContract."""
        checked = self.suite.run(self.codec, self.check)
        if checked.skipped is not None:
            pytest.skip(checked.skipped)
        if checked.findings:
            raise BrokenContract([*checked.findings])

    def repr_failure(
        self,
        excinfo: pytest.ExceptionInfo[BaseException],
        style: object = None,  # noqa: ARG002  # pytest's
    ) -> str:
        """Return the findings alone: where pytest came from tells nobody anything."""
        if isinstance(excinfo.value, BrokenContract):
            return str(excinfo.value)
        return str(super().repr_failure(excinfo))

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Return where the test stands, and its name."""
        return self.path, None, f"{self.parent.name if self.parent else ''}: {self.name}"


def pytest_pycollect_makeitem(
    collector: pytest.Module | pytest.Class, name: str, obj: object
) -> ContractCollector | None:
    """Collect what `contract_tests` returned (see pytest's reference of hooks)."""
    if isinstance(obj, ContractTests) and collector.funcnamefilter(name):
        return ContractCollector.of(collector, name, obj)
    return None


def _told(finding: "Finding") -> str:
    from rpcgen.contract_tests.codecs import dumped

    lines = [f"{finding.method}, {finding.check}: {finding.message}"]
    if finding.arguments is not None:
        lines.append(f"  given     {dumped(finding.arguments).decode()}")
    lines.append(f"  expected  {finding.expected}")
    if finding.at is not None:
        lines.append(f"  at        {finding.at}")
    return "\n".join(lines)
