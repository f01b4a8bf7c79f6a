"""Samples are what they are said to be: the generated code's own validators judge them."""

import json
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import SearchStrategy
from pydantic import JsonValue

from rpcgen import samples
from rpcgen.compile import compile_paths
from rpcgen.language import model
from rpcgen.language.patterns import matches
from rpcgen.samples import strategies
from rpcgen.samples.patterns import matching
from rpcgen.samples.texts import of_length
from tests.samples.tried import CONTRACTS, Tried

T = TypeVar("T")

PATTERNS = [
    "^a+$",
    "^(a|b)*c{3}$",
    "[0-9]{4}-[0-9]{2}",
    "^[^x]$",
    r"^\d+\.\d{1,3}$",
    "^(?:foo|bar|)(?P<last>x|y)$",
    "(?i)^HELLO$",
    "^[]a-]+$",
    "^[a&&[^b]]x$",
    r"\bword\b",
    "^.{3}$",
    r"^\x41\u{42}$",
    r"^\pL\p{Nd}$",
]


def test_the_least_and_the_fullest_arguments_reach_the_handler(methods: Sequence[Tried]) -> None:
    for it in methods:
        assert it.refusal(samples.least_of(it.method.parameters)) is None, str(it)
        assert it.refusal(samples.fullest_of(it.method.parameters)) is None, str(it)


def test_what_is_inside_is_accepted_and_what_is_outside_is_refused_where_it_is_wrong(
    methods: Sequence[Tried],
) -> None:
    for it in methods:
        if it.service.by_position:
            continue
        for boundary in samples.argument_boundaries(it.method):
            told = it.refusal(dict[str, Any](boundary.value))  # type: ignore[arg-type]
            where = f"{it} {boundary.path}: {boundary.rule}"
            if boundary.is_inside:
                assert told is None, where
            else:
                assert told is not None, where
                assert f"`{boundary.path}`:" in told, (where, told)


def test_the_judge_and_the_server_agree(methods: Sequence[Tried]) -> None:
    for it in methods:
        for parameter in it.method.parameters:
            for boundary in samples.boundaries(parameter.type):
                found = list(samples.problems(parameter.type, boundary.value))
                assert bool(found) is not boundary.is_inside, (str(it), boundary, found)
                if found and boundary.path:
                    assert boundary.path in {problem.path for problem in found}, boundary


def test_boundaries_come_in_the_same_order_each_time(methods: Sequence[Tried]) -> None:
    for it in methods[:5]:
        first = list(samples.argument_boundaries(it.method))
        assert first == list(samples.argument_boundaries(it.method))


def test_what_strategies_draw_reaches_the_handler(methods: Sequence[Tried]) -> None:
    for it in methods:
        if not it.service.by_position:
            drawn = strategies.arguments(it.method)
            _each(drawn, partial(_reaches, it))


def test_what_a_newer_server_may_send_is_read(methods: Sequence[Tried]) -> None:
    for it in methods:
        if it.method.result is not None:
            _each(strategies.values(it.method.result, to_server=False), it.answer)


def _reaches(it: Tried, arguments: dict[str, JsonValue]) -> None:
    assert it.refusal(arguments) is None, (str(it), arguments)


def _each(drawn: SearchStrategy[T], judge: Callable[[T], object]) -> None:
    @settings(
        max_examples=3,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=[
            HealthCheck.too_slow,
            HealthCheck.filter_too_much,
            HealthCheck.data_too_large,
            HealthCheck.large_base_example,
        ],
    )
    @given(drawn)
    def run(value: T) -> None:
        judge(value)

    run()


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_text_is_found_for_a_pattern(pattern: str) -> None:
    found = [matching(pattern, length, choice) for length in (0, 5) for choice in range(4)]

    assert any(matches(pattern, it) for it in found), found


@pytest.mark.parametrize("length", [1, 5, 40])
def test_a_text_has_the_length_that_was_asked_for(length: int) -> None:
    found = of_length(model.Builtin("str", {"pattern": "^[a-z][a-z0-9]*$"}), length)

    assert found is not None
    assert len(found) == length


def test_a_pattern_that_nothing_meets_has_no_sample() -> None:
    with pytest.raises(samples.NoSampleError, match="found no text"):
        samples.least(model.Builtin("str", {"pattern": "^a$", "min_length": 5}))


def test_recursive_types_end() -> None:
    limits = compile_paths([CONTRACTS["limits"]], CONTRACTS["limits"]).packages[0]
    tree = limits.declarations["Tree"]
    expr = limits.declarations["Expr"]
    assert isinstance(tree, model.Struct)
    assert isinstance(expr, model.Union)

    assert samples.fullest(model.Named(tree)) == {"kids": [], "by_name": {}, "word": "text é"}
    assert samples.least(model.Named(tree)) == {}
    assert samples.least(model.Named(expr)) == {
        "type": "neg",
        "inner": {"type": "LIT", "value": 0},
    }


def test_the_samples_of_each_type_are_as_they_were() -> None:
    """What they are is part of released vectors: a change is a change of all of them."""
    compiled = compile_paths([CONTRACTS["limits"]], CONTRACTS["limits"])
    found = {
        method.name: {
            "least": samples.least_of(method.parameters),
            "fullest": samples.fullest_of(method.parameters),
        }
        for service in compiled.packages[0].of_kind(model.Service)
        for method in service.methods
    }

    expected = Path(__file__).parent / "limits.json"
    text = json.dumps(found, indent=2, ensure_ascii=False) + "\n"
    assert expected.read_text(encoding="utf-8") == text
