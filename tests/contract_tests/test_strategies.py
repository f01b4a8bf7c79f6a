"""Strategies for whoever writes tests of their own."""

import pytest
from hypothesis import given, settings

from examples.calculator import Calculator
from rpcgen.contract_tests import strategies_for
from tests.contract_tests.generated.store.v1 import StoreServer, WhichId, WhichName


@settings(max_examples=20, deadline=None, database=None, derandomize=True)
@given(strategies_for(StoreServer, "find"))
def test_arguments_are_pythons_values(arguments: dict[str, object]) -> None:
    assert {*arguments} == {"which", "sizes"}
    assert isinstance(arguments["which"], WhichName | WhichId)


@settings(max_examples=20, deadline=None, database=None, derandomize=True)
@given(strategies_for(Calculator, "divide"))
def test_a_class_that_can_be_made_has_strategies_too(arguments: dict[str, object]) -> None:
    assert {*arguments} == {"a", "b"}


def test_a_method_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="no method `fid`; did you mean `find`"):
        strategies_for(StoreServer, "fid")
