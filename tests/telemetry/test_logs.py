"""Log lines: one for each record, whatever is in it; ids beside, never what was sent."""

import io
import json
import logging
import re
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from rpcgen_runtime import Context, Identity, InternalError, Server, Tokens, connect
from rpcgen_runtime.logs import FIELDS, FORMATTERS, MAX_FIELD, JsonFormatter, TextFormatter
from tests.runtime.generated.new.trial.work.v1 import Refused, WorkClient
from tests.runtime.places import PATIENCE, Place, ask, eventually
from tests.runtime.promises.endpoints import Worker
from tests.telemetry.commands import served, told_url

SECRET = "sesame-4711"
HOSTILE = 'a "quoted" \\ line\r\nlevel=error ts=now\x00\x1b[31m\x7f\x85\u2028\u2029\u202e\ud800\u00e4\U000e0001'


def _record(message: str, **more: object) -> logging.LogRecord:
    made = logging.LogRecord("a.logger", logging.WARNING, "file", 1, message, (), None)
    vars(made).update(more)
    return made


@contextmanager
def _written(form: str, level: int = logging.INFO) -> Iterator[io.StringIO]:
    """Catch what is logged, as `rpcgen serve` writes it."""
    stream = io.StringIO()
    writing = logging.StreamHandler(stream)
    writing.setFormatter(FORMATTERS[form]())
    root = logging.getLogger()
    before = root.level
    root.addHandler(writing)
    root.setLevel(level)
    try:
        yield stream
    finally:
        root.setLevel(before)
        root.removeHandler(writing)


def _lines(stream: io.StringIO, logger: str = "rpcgen_runtime.requests") -> list[dict[str, Any]]:
    found = [json.loads(it) for it in stream.getvalue().splitlines()]
    return [it for it in found if it["logger"] == logger]


@pytest.mark.parametrize("form", FORMATTERS)
def test_a_record_is_one_printable_line_whatever_is_in_it(form: str) -> None:
    """4.1 row 38."""
    hostile = _record(HOSTILE, **dict.fromkeys(FIELDS, HOSTILE))
    line = FORMATTERS[form]().format(hostile)
    assert line.isprintable()
    assert line.splitlines() == [line]
    line.encode()


def test_json_gives_back_what_was_logged() -> None:
    found = json.loads(JsonFormatter().format(_record(HOSTILE, method="run", duration_ms=1.5)))
    assert found.pop("ts").endswith("Z")
    assert found == {
        "level": "warning",
        "logger": "a.logger",
        "event": HOSTILE,
        "method": "run",
        "duration_ms": 1.5,
    }


def test_text_has_quotes_only_where_they_are_needed() -> None:
    record = _record("it is\nlate", method="run", duration_ms=1.5, outcome='a "b"')
    line = TextFormatter().format(record)
    told = r'level=warning logger=a.logger event="it is\nlate" method=run outcome="a \"b\"" duration_ms=1.5'
    assert re.fullmatch(rf"ts=\S+Z {re.escape(told)}", line)


def test_a_traceback_is_one_field() -> None:
    try:
        raise RuntimeError("no\nreason")
    except RuntimeError:
        record = _record("it failed")
        record.exc_info = sys.exc_info()
    found = json.loads(JsonFormatter().format(record))
    assert found["traceback"].startswith("Traceback (most recent call last):\n")
    assert found["traceback"].endswith("RuntimeError: no\nreason")
    assert TextFormatter().format(record).isprintable()


def test_nothing_but_the_known_fields_is_told_beside() -> None:
    line = JsonFormatter().format(_record("a", body=SECRET, token=SECRET, params={"a": SECRET}))
    assert SECRET not in line


def test_a_field_of_any_kind_is_told_and_none_at_length() -> None:
    record = _record("a", method="x" * 5_000, peer={"a": 1}, duration_ms=float("nan"))
    found = json.loads(JsonFormatter().format(record), parse_constant=pytest.fail)
    assert found["method"] == "x" * MAX_FIELD
    assert (found["peer"], found["duration_ms"]) == ("{'a': 1}", "nan")


def test_a_finished_request_is_a_line(place: Place) -> None:
    server = place.serve(
        Worker(), authenticator=Tokens({SECRET: Identity("alice")}), url=place.fresh_url()
    )
    client = place.client(WorkClient, server, token=SECRET)
    with _written("json") as stream:
        client.with_options(context={"a": SECRET}).run(SECRET)
        assert eventually(lambda: len(_lines(stream)) == 1)
    (line,) = _lines(stream)
    assert (line["level"], line["event"]) == ("info", "Work.run: ok")
    assert (line["service"], line["method"], line["version"]) == ("Work", "run", "1.0")
    assert (line["outcome"], line["peer"]) == ("ok", "alice")
    assert re.fullmatch("[0-9a-f]{32}", line["trace_id"])
    assert re.fullmatch("[0-9a-f]{32}", line["message_id"])
    assert 0 < line["duration_ms"] < PATIENCE * 1000
    assert SECRET not in stream.getvalue()


def test_requests_are_not_logged_unless_somebody_wants_it(place: Place) -> None:
    client = place.client(WorkClient, place.serve(Worker()))
    with _written("json", logging.WARNING) as stream:
        client.run("a")
        client.note("a")
    assert stream.getvalue() == ""


def test_what_a_handler_logs_is_found_with_its_request(place: Place) -> None:
    def run(ctx: Context, name: str) -> str:
        logging.getLogger("mine").warning("here")
        if name == "fail":
            raise RuntimeError("why")
        return name

    client = place.client(WorkClient, place.serve(Worker(run)))
    with _written("json") as stream:
        client.run("a")
        with pytest.raises(InternalError) as caught:
            client.run("fail")
        assert eventually(lambda: len(_lines(stream)) == 2)
    well, failed = _lines(stream)
    mine = _lines(stream, "mine")
    (told,) = _lines(stream, "rpcgen_runtime.dispatch")
    for name in ("message_id", "trace_id"):
        assert [it[name] for it in mine] == [well[name], failed[name]]
        assert told[name] == failed[name]
    assert told["error_id"] == caught.value.error_id
    assert (told["service"], told["method"]) == ("Work", "run")
    assert "RuntimeError: why" in told["traceback"]
    assert failed["outcome"] == "internal_error"


def test_a_trace_goes_on_in_the_log() -> None:
    trace_id = "a" * 32
    with Server("http://127.0.0.1:0", [Worker()]) as server, _written("json") as stream:
        headers = {"traceparent": f"00-{trace_id}-{'b' * 16}-01", "rpcgen-id": "mine-1"}
        ask(server.url, "run", ["a"], headers)
        ask(server.url, "nothing", ["a"], headers)
    for line in _lines(stream):
        assert (line["trace_id"], line["message_id"]) == (trace_id, "mine-1")


def test_what_a_stranger_sends_makes_no_line_of_its_own(caplog: pytest.LogCaptureFixture) -> None:
    """The name of a method that nobody knows is told, escaped, and by our formatters alone."""
    with Server("http://127.0.0.1:0", [Worker()]) as server, _written("text") as stream:
        caplog.set_level(logging.INFO)
        ask(server.url, HOSTILE.replace("\ud800", ""), [SECRET])
        ask(server.url, "run", [SECRET, SECRET], {"rpcgen-version": "1.0 outcome=ok"})
        ask(server.url, "Work.run", {SECRET: SECRET})
    lines = stream.getvalue().splitlines()
    assert len(lines) == 3
    assert all(it.isprintable() for it in lines)
    assert SECRET not in stream.getvalue()
    assert [it.partition("outcome=")[2].split(" ")[0] for it in lines] == [
        "method_not_found",
        'ok"',
        "invalid_arguments",
    ]
    assert 'version="1.0 outcome=ok" ' in lines[1]
    assert {it.getMessage() for it in caplog.records} == {
        "a request: method_not_found",
        "a request: unsupported_version",
        "Work.run: invalid_arguments",
    }


def test_a_declared_error_is_no_failure_of_the_server(place: Place) -> None:
    def run(ctx: Context, name: str) -> str:
        raise Refused(reason=SECRET)

    client = place.client(WorkClient, place.serve(Worker(run)))
    with _written("json") as stream, pytest.raises(Refused):
        client.run("a")
    (line,) = _lines(stream)
    assert (line["outcome"], line["level"]) == ("declared_error", "info")
    assert SECRET not in stream.getvalue()


@pytest.mark.parametrize(
    ("options", "events"),
    [
        (["--log-level", "info"], ["Work.run: ok", "Work.run: invalid_arguments", "draining"]),
        (["--log-level", "warning"], []),
        ([], ["draining"]),
    ],
    ids=["info", "warning", "default"],
)
def test_the_command_writes_what_it_is_asked_to(options: list[str], events: list[str]) -> None:
    endpoint = "tests.runtime.promises.endpoints:Worker"
    with served(endpoint, "--log-format", "json", *options) as process:
        url = told_url(process)
        with connect(url) as transport:
            WorkClient(transport).run("a")
            ask(url, "Work.run", [1])
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    told = [json.loads(it)["event"] for it in errors.splitlines()]
    assert [it if it.startswith("Work") else it.partition(" ")[0] for it in told] == events


@pytest.mark.parametrize("option", [("--log-format", "xml"), ("--log-level", "loud")])
def test_the_command_knows_no_other_formats_and_levels(option: tuple[str, str]) -> None:
    with served("a:B", *option) as process:
        _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 2
    assert f"argument {option[0]}: invalid choice: '{option[1]}'" in errors
