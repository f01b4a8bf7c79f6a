"""docs/operating.md says what the code says: every metric, label, outcome and field."""

import inspect
import re
from typing import get_args

from rpcgen_runtime import logs
from rpcgen_runtime.messages import Verb
from rpcgen_runtime.telemetry import instruments, outcomes
from rpcgen_runtime.telemetry.measures import OTHER, Cause, Insecure, Reason, State
from tests.docs.test_reference import page, table, words

PAGE = page("operating.md")


def _column(heading: str, number: int = 0) -> list[str]:
    return [it for row in table(PAGE, heading) for it in words(row[number])]


def test_the_table_of_metrics_has_all_of_them() -> None:
    source = inspect.getsource(instruments)
    named = set(re.findall(r'"(rpc_[a-z_]+)"', source))
    for side, under_way in re.findall(r'Traffic\(meter, "([a-z]+)", "([a-z]+)"\)', source):
        named |= {f"rpc_{side}_{it}" for it in ("calls_total", "duration_seconds", under_way)}
    assert set(_column("metric |")) == named


def test_the_table_of_labels_has_all_their_values() -> None:
    shown = {words(row[0])[0]: words(row[1]) for row in table(PAGE, "label | one of")}
    assert shown == {
        "verb": [*(it.value for it in Verb), OTHER],
        "reason": [*get_args(Reason)],
        "state": [*get_args(State)],
        "cause": [*get_args(Cause)],
        "what": [*get_args(Insecure)],
    }


def test_the_table_of_outcomes_has_all_of_them() -> None:
    rows = table(PAGE, "outcome | exception")
    shown = {words(row[0])[0]: words(row[1]) for row in rows}
    with_exception = {text: [kind.__name__] for kind, text in outcomes.OUTCOMES.items()}
    assert shown == {outcomes.OK: [], **with_exception, outcomes.CANCELLED: [], outcomes.FAILED: []}


def test_the_table_of_fields_has_all_of_them() -> None:
    first, last = ("ts", "level", "logger", "event"), ("traceback", "stack")
    assert set(_column("field |")) == {*first, *logs.FIELDS, *last}
    assert f"cut to {logs.MAX_FIELD} characters" in PAGE.text
