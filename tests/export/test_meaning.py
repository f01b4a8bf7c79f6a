"""Exported schemas take what the generated code takes, and refuse what it refuses.

What JSON Schema cannot say is listed here, and in docs/exports.md.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rpcgen import samples
from rpcgen.export import jsonschema
from rpcgen.export.document import Members
from rpcgen.language import model
from rpcgen.samples import strategies
from tests.export.held import hold
from tests.export.judges import of_values, packages
from tests.samples.tried import CONTRACTS, Tried, tried
from tests.wire.observed import ECHOES
from tests.wire.vectors import FOLDER, read

HERE = Path(__file__).parent
SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]
UNSAID = re.compile(
    # Constraints of what is a text in JSON, and whatever holds for keys that are numbers.
    r"(key: )?(64 bits|ge|gt|le|lt|multiple_of|max_digits|decimal_places|min_length|max_length|pattern)\b.*"
)


@dataclass(frozen=True, slots=True)
class Judged:
    """The methods of a contract, with its packages as JSON Schema."""

    methods: Sequence[Tried]
    documents: Mapping[model.Package, Members]

    def judge(self, kind: str, method: Tried) -> Any:
        """Return what judges requests or replies of a method."""
        return of_values(self.documents[method.service.package], f"{kind}/{method}")


@pytest.fixture(scope="module", params=CONTRACTS)
def judged(request: pytest.FixtureRequest) -> Iterator[Judged]:
    """One contract after the other, as it is written and as generated code has it."""
    with tried(request.param) as found:
        packages = {it.service.package for it in found}
        yield Judged(found, {it: jsonschema.document(it) for it in packages})


def in_form(it: Tried, arguments: Any) -> Any:
    """Return arguments in the form that the contract says; None where they have none."""
    if not it.service.by_position:
        return arguments
    order = [one.wire for one in it.method.parameters]
    given = [one for one in order if one in arguments]
    fits = given == order[: len(given)] and len(arguments) == len(given)
    return [arguments[one] for one in given] if fits else None


def test_at_every_boundary_the_schema_and_the_server_agree(judged: Judged) -> None:
    passed_over: set[str] = set()
    for it in judged.methods:
        if it.method.verb == "event":
            continue
        judge = judged.judge("requests", it)
        for boundary in samples.argument_boundaries(it.method):
            arguments: Any = boundary.value
            value = in_form(it, arguments)
            if value is None:
                continue
            takes, accepted = judge.is_valid(value), it.refusal(arguments) is None
            where = f"{it} {boundary.path}: {boundary.rule}: {value}"
            assert takes or not accepted, where
            if takes and not accepted:
                passed_over.add(boundary.rule)
    assert [it for it in passed_over if not UNSAID.fullmatch(it)] == []


@settings(max_examples=100, deadline=None, suppress_health_check=SLOW)
@given(data=st.data())
def test_the_schema_takes_whatever_the_server_takes(judged: Judged, data: st.DataObject) -> None:
    it = data.draw(st.sampled_from([one for one in judged.methods if one.method.verb != "event"]))
    arguments = data.draw(strategies.arguments(it.method))
    value = in_form(it, arguments)
    if value is None or it.refusal(arguments) is not None:
        return
    judge = judged.judge("requests", it)
    assert judge.is_valid(value), next(judge.iter_errors(value)).message


@settings(max_examples=100, deadline=None, suppress_health_check=SLOW)
@given(data=st.data())
def test_the_schema_takes_whatever_a_newer_server_may_answer(
    judged: Judged, data: st.DataObject
) -> None:
    answered = [it for it in judged.methods if it.method.result is not None]
    if not answered:
        return
    it = data.draw(st.sampled_from(answered))
    assert it.method.result is not None
    result = data.draw(strategies.values(it.method.result, to_server=False))
    it.answer(result)
    judge = judged.judge("replies", it)
    assert judge.is_valid(result), next(judge.iter_errors(result)).message


def test_the_vectors_of_values_mean_the_same_to_the_schema() -> None:
    [package] = [it for it in packages(FOLDER) if it.name == "wire.vectors"]
    written = jsonschema.document(package)
    odd = ""
    for row in read("values"):
        try:
            value = json.loads(row["json"], parse_constant=lambda it: pytest.fail(it))
        except (ValueError, pytest.fail.Exception):
            continue
        if row.get("lenient"):
            continue
        method = ECHOES[row["type"]]
        takes = of_values(written, f"requests/{method}").is_valid({"value": value})
        takes_reply = of_values(written, f"replies/{method}").is_valid(value)
        is_read = row.get("in_reply", row["valid"])
        if takes != row["valid"] or takes_reply != is_read:
            assert takes >= row["valid"], row
            assert takes_reply >= is_read, row
            odd += f"{row['type']} {row['json']}\n"
    hold(HERE / "unsaid.txt", odd)
