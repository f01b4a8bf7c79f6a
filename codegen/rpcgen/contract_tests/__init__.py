"""Holds implementations against their contracts, and releases against what they once said.

subjects (what is tested) -> running (behind `memory://`) -> signatures, answers, promises, releases
(the checks) -> suite (all of them) -> report; vectors, replay (golden vectors of releases).
What is imported here costs nothing: the rest comes when a test runs.
"""

from rpcgen.contract_tests.declared import ContractTests, contract_tests, strategies_for

__all__ = ["ContractTests", "contract_tests", "strategies_for"]
