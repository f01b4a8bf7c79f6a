"""Whether an answer is what was expected, and what every answer must be. Pure.

Of the standard library alone.
"""

import json
import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, NoReturn

from tests.runtime.jsonrpc.answers import Answer, WireError
from tests.runtime.jsonrpc.conversation import Expected

MAX_ERROR_BYTES = 8_192
"""Of an answer that is one error."""
ANYTHING = "<<any>>"
"""Stands for any JSON in what is expected."""

_NEVER = re.compile(rb"secret|Traceback|File \"")
"""What no answer says: handlers raise with `secret` in their messages."""


def judge(expected: Expected, answer: Answer) -> None:
    """Compare an answer with what was expected. Raises AssertionError."""
    check(answer)
    told = answer.body[:500].decode("utf-8", "replace")
    assert answer.status == expected.status, f"{answer.status} {dict(answer.headers)} {told}"
    for name, value in expected.headers.items():
        there = answer.headers.get(name)
        assert there is not None, f"no header `{name}`: {dict(answer.headers)}"
        assert re.fullmatch(re.escape(value).replace(r"\*", ".*"), there), f"{name}: {there}"
    for name in expected.absent:
        assert name not in answer.headers, f"{name}: {answer.headers[name]}"
    if not expected.body:
        assert not answer.body, f"a body: {told}"
    else:
        assert matches(_json(expected.body), _json(answer.body)), f"answered: {told}"
    assert expected.message.encode() in answer.body, f"`{expected.message}` is not in {told}"
    most = expected.max_bytes
    assert most is None or len(answer.body) <= most, f"{len(answer.body)} bytes: {told}"


def check_time(expected: Expected, seconds: float) -> None:
    """Compare how long it took with what was expected. Raises AssertionError."""
    assert seconds >= expected.min_seconds, f"after {seconds:.2f} s already"
    most = expected.max_seconds
    assert most is None or seconds < most, f"only after {seconds:.2f} s"


def check(answer: Answer) -> None:
    """Hold an answer to what every answer is. Raises AssertionError."""
    said = " ".join(f"{name}: {value}" for name, value in answer.headers.items())
    leaked = _NEVER.search(answer.body) or _NEVER.search(said.encode("latin-1", "replace"))
    assert leaked is None, f"{leaked} in {said} {answer.body[:500]!r}"
    if not answer.body:
        return
    kind = answer.headers.get("content-type", "")
    assert kind == "application/json", f"content-type: {kind}, with {answer.body[:200]!r}"
    document = _json(answer.body)
    if isinstance(document, dict) and "status" in document:
        return  # health
    assert document, "an empty batch as an answer"
    for item in document if isinstance(document, list) else [document]:
        _check_response(item)
    if isinstance(document, dict) and "error" in document:
        assert len(answer.body) <= MAX_ERROR_BYTES, f"an error of {len(answer.body)} bytes"


def matches(expected: Any, found: Any) -> bool:
    """Whether JSON is as expected: batches without order, errors by their codes."""
    if expected == ANYTHING:
        return True
    if isinstance(expected, list):
        return isinstance(found, list) and _match_lists(expected, found)
    if isinstance(expected, dict):
        if not isinstance(found, dict) or expected.keys() != found.keys():
            return False
        return all(
            matches(value["code"], found[name]["code"])
            if name == "error" and isinstance(found[name], dict)
            else matches(value, found[name])
            for name, value in expected.items()
        )
    return type(expected) is type(found) and expected == found


def _match_lists(expected: Sequence[Any], found: Sequence[Any]) -> bool:
    is_batch = any(isinstance(it, dict) and "jsonrpc" in it for it in expected)
    if len(expected) != len(found):
        return False
    if not is_batch:
        return all(matches(one, other) for one, other in zip(expected, found, strict=True))
    left = list(found)
    for item in expected:
        at = next((at for at, it in enumerate(left) if matches(item, it)), None)
        if at is None:
            return False
        del left[at]
    return True


def _check_response(item: Any) -> None:
    """Hold a response object to section 5 of the specification."""
    assert isinstance(item, dict), f"not a response object: {item}"
    assert item.get("jsonrpc") == "2.0", f"`jsonrpc` is not 2.0: {item}"
    outcome = item.keys() - {"jsonrpc", "id"}
    assert "id" in item, f"no id: {item}"
    assert outcome in ({"result"}, {"error"}), f"neither one result nor one error: {item}"
    if "error" in item:
        error = item["error"]
        assert isinstance(error, dict), f"the error is no object: {item}"
        assert error.keys() <= {"code", "message", "data"}, f"more than an error has: {item}"
        assert isinstance(error.get("message"), str), f"no message: {item}"
        code = error.get("code")
        assert isinstance(code, Decimal), f"no code: {item}"
        assert code == int(code), f"no whole code: {item}"


def _json(body: bytes) -> Any:
    """Return JSON with all of its numbers' digits. Raises WireError."""
    try:
        return json.loads(
            body.decode(),
            parse_float=Decimal,
            parse_int=Decimal,
            parse_constant=_refuse,
            object_pairs_hook=_once,
        )
    except (ValueError, RecursionError) as error:
        raise WireError(f"not JSON ({error}): {body[:200]!r}") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def _refuse(text: str) -> NoReturn:
    raise ValueError(f"{text} is no JSON")
