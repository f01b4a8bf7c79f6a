"""The reference pages say what the code says: every word of the grammar, every row of a table."""

import datetime as dt
import inspect
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from importlib.resources import files
from uuid import UUID

import pytest
from lark import Lark, Token
from pydantic import JsonValue
from pydantic_core import from_json, to_json

from rpcgen.language import check, constraints, load, model, names, patterns, types
from rpcgen.language.source import Source, Span
from rpcgen.python.annotate import Annotator, Imports, Style
from rpcgen_runtime import (
    ClientTls,
    Context,
    HttpLimits,
    RetryPolicy,
    RpcError,
    Server,
    ServerTls,
    Threads,
    connect,
    connect_async,
    errors,
    options,
    serve,
    url,
)
from rpcgen_runtime import context as contexts
from rpcgen_runtime.client import Client
from rpcgen_runtime.codecs import ReplyCodec
from rpcgen_runtime.http import headers, hosts, network
from rpcgen_runtime.http.protocol import Connection
from rpcgen_runtime.memory import hub
from rpcgen_runtime.retries import RetryBudget
from tests.docs.pages import ROOT, Page, page_of
from tests.docs.project import contract_of

NOT_WRITTEN = {"BROKEN", "COMMENT", "WHITE"}
RESERVED = {"STREAM"}
HIDDEN = "_"

ANNOTATIONS: Mapping[str, object] = {
    "bool": bool,
    "int": int,
    "float": float,
    "str": str,
    "bytes": bytes,
    "uuid": UUID,
    "datetime": dt.datetime,
    "date": dt.date,
    "time": dt.time,
    "duration": dt.timedelta,
    "decimal": Decimal,
    "json": JsonValue,
    "list[T]": list[int],
    "map[K, T]": dict[int, int],
}

Row = list[str]


def page(name: str) -> Page:
    path = ROOT / "docs" / name
    return page_of(path, path.read_text(encoding="utf-8"))


LANGUAGE, RUNTIME = page("language.md"), page("runtime.md")


def table(where: Page, heading: str) -> list[Row]:
    """Return the rows of the table whose heading begins so, cell by cell."""
    lines = where.text.splitlines()
    start = next(i for i, it in enumerate(lines) if it.startswith(f"| {heading}"))
    rows = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        rows.append([it.strip() for it in line.strip("|").split("|")])
    return rows


def words(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def number(cell: str) -> float:
    """Return the first number of a cell."""
    found = re.search(r"[0-9][0-9,.]*", cell)
    assert found is not None, cell
    return float(found[0].replace(",", ""))


def grammar() -> Lark:
    text = files("rpcgen.language").joinpath("grammar.lark").read_text(encoding="utf-8")
    return Lark(text, start="file", parser="lalr", keep_all_tokens=True)


def test_the_examples_of_the_language_page_use_every_rule_and_every_word() -> None:
    lark = grammar()
    rules: set[str] = set()
    seen: set[str] = set()
    for block in LANGUAGE.of("rpc"):
        tree = lark.parse(contract_of(block))
        rules |= {str(it.data) for it in tree.iter_subtrees()}
        seen |= {it.type for it in tree.scan_values(lambda it: isinstance(it, Token))}
    written = {it.origin.name for it in lark.rules if not it.origin.name.startswith(HIDDEN)}
    assert written - rules == set()
    assert {it.name for it in lark.terminals} - NOT_WRITTEN - RESERVED - seen == set()


def test_the_language_page_speaks_of_every_keyword() -> None:
    keywords = re.findall(r"/([a-z_]+)\\b/|/([a-z]+)\(\?=", grammar_text())
    assert len(keywords) > 30
    code = " ".join([*words(LANGUAGE.prose), *(it.text for it in LANGUAGE.blocks)])
    assert [it for it in map("".join, keywords) if not re.search(rf"\b{it}\b", code)] == []


def grammar_text() -> str:
    return files("rpcgen.language").joinpath("grammar.lark").read_text(encoding="utf-8")


def test_the_table_of_types_has_every_type_with_its_annotation() -> None:
    nowhere = Span(Source("", ""), 0, 0)
    package = model.Package(name="a", version=model.Version(1, 0), span=nowhere)
    annotator = Annotator(Imports(package))
    shown = {words(it[0])[0].partition("[")[0]: words(it[1])[0] for it in table(LANGUAGE, "type |")}
    assert list(shown) == list(model.BUILTINS)
    for name in set(model.BUILTINS) - {"list", "map"}:
        assert shown[name] == annotator.annotation(model.Builtin(name, {}), Style())


@pytest.mark.parametrize("row", table(LANGUAGE, "type |"), ids=lambda it: str(it[0]))
def test_the_table_of_types_shows_the_form_in_json(row: Row) -> None:
    name, shown = words(row[0])[0], words(row[2])[0]
    codec: ReplyCodec[object] = ReplyCodec(ANNOTATIONS[name])
    value = codec.decode(shown.encode())
    assert codec.encode(value) == to_json(from_json(shown))


def test_the_table_of_constraints_is_what_each_type_allows() -> None:
    rows = table(LANGUAGE, "type | constraints")
    shown = {name: set(words(row[1])) for row in rows for name in words(row[0])}
    assert shown == {name: set(it) for name, it in constraints.ALLOWED.items()}
    explained = {it for row in table(LANGUAGE, "constraint |") for it in words(row[0])}
    assert explained == {name for it in constraints.ALLOWED.values() for name in it}


def test_the_limits_of_the_language_are_those_of_the_code() -> None:
    assert [number(row[1]) for row in table(LANGUAGE, "what | at most")] == [
        load.MAX_FILE_BYTES,
        load.MAX_FILES,
        load.MAX_IMPORT_DEPTH,
        types.MAX_ALIAS_DEPTH,
        check.MAX_MEMBERS,
        16,
        names.MAX_NAME,
        names.MAX_WIRE_NAME,
        patterns.MAX_LENGTH,
        patterns.MAX_WORK,
    ]


def test_the_table_of_outcomes_has_every_exception_and_what_else_it_is() -> None:
    shown = {words(row[0])[0]: words(row[1]) for row in table(RUNTIME, "exception | also a")}
    kinds = {
        name: it
        for name, it in vars(errors).items()
        if isinstance(it, type) and issubclass(it, RpcError)
    }
    ours = {*kinds.values(), Exception, BaseException, OSError, object}
    assert {name: set(it) for name, it in shown.items()} == {
        name: {base.__name__ for base in it.__mro__ if base not in ours}
        for name, it in kinds.items()
    }


@pytest.mark.parametrize(
    ("heading", "described"),
    [
        ("`connect(url, …)`", connect),
        ("`with_options(…)`", Client.with_options),
        ("`Server(url, endpoints, …)`", Server),
        ("`RetryPolicy(…)`", RetryPolicy),
        ("`ClientTls(…)`", ClientTls),
        ("`ServerTls(…)`", ServerTls),
        ("`HttpLimits(…)`", HttpLimits),
    ],
)
def test_a_table_of_parameters_has_all_of_them(
    heading: str, described: Callable[..., object]
) -> None:
    rows = table(RUNTIME, heading)
    parameters: Mapping[str, inspect.Parameter] = inspect.signature(described).parameters
    named = {name: it for name, it in parameters.items() if it.kind is it.KEYWORD_ONLY}
    assert [words(row[0])[0] for row in rows] == list(named)
    for row, parameter in zip(rows, named.values(), strict=True):
        if isinstance(parameter.default, bool):
            assert row[1] == f"`{parameter.default}`"
        elif isinstance(parameter.default, int | float):
            assert number(row[1]) == parameter.default


def test_connect_and_serve_take_the_same_on_both_sides() -> None:
    sync, asynchronous = (inspect.signature(it).parameters for it in (connect, connect_async))
    assert list(sync) == list(asynchronous)
    server, blocking = (inspect.signature(it).parameters for it in (Server, serve))
    assert [it for it in blocking if it != "on_start"] == list(server)


def test_the_table_of_the_context_has_all_that_a_handler_is_told() -> None:
    shown = {name for row in table(RUNTIME, "`ctx.` |") for name in words(row[0])}
    assert shown == set(Context._fields)


def test_the_limits_of_the_runtime_are_those_of_the_code() -> None:
    parameters = inspect.signature(Server).parameters
    assert [number(row[1]) for row in table(RUNTIME, "limit | default")] == [
        parameters["max_in_flight"].default,
        inspect.signature(Threads).parameters["workers"].default,
        parameters["drain_timeout"].default,
        contexts.MAX_TIMEOUT,
        headers.MAX_CONTEXT,
        options.MAX_TOKEN,
        url.MAX_HOSTS,
        network.MAX_REQUESTS,
        network.MAX_IDLE,
        hub.MAX_WAITING,
    ]
    text = " ".join(RUNTIME.text.split())
    assert f"for {network.IDLE_SECONDS:.0f} s |" in text
    assert f"bucket of {RetryBudget.CAPACITY:.0f} tokens" in text
    assert f"which has {network.CONNECT_SECONDS_OF_MANY:.0f} s to come about" in text
    assert f"asked last for {hosts.DOWN_SECONDS:.0f} s" in text


def test_the_decision_on_connections_names_all_that_is_overridden() -> None:
    named = [
        it
        for row in table(page("decisions/0008-connections.md"), "overridden |")
        for it in words(row[0])
    ]
    assert set(named) == {it for it in vars(Connection) if not it.startswith("_")}
