"""Implementations that do nothing wrong come out clean."""

import time

import pytest

from tests.cli.shell import Ran


@pytest.mark.parametrize(
    ("name", "examples"),
    [
        ("tests.contract_tests.sound:Sound", "25"),
        ("examples.calculator:Calculator", "25"),
        ("examples.compute:Compute", "2"),
        ("examples.compute:Conductor", "2"),
    ],
)
def test_nothing_is_found(name: str, examples: str) -> None:
    ran = Ran.of(("test", name, "--examples", examples))

    assert (ran.code, ran.err) == (0, "")
    assert ran.out.endswith(", nothing found\n")
    assert "✗" not in ran.out


def test_another_seed_finds_nothing_either() -> None:
    ran = Ran.of(("test", "tests.contract_tests.sound:Sound", "--seed", "4711"))

    assert ran.code == 0, ran.out


def test_a_small_service_takes_seconds() -> None:
    start = time.monotonic()

    assert Ran.of(("test", "examples.calculator:Calculator")).code == 0

    assert time.monotonic() - start < 30
