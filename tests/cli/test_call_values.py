"""`rpcgen call`: every type in and out, and what is said of values that a type does not have."""

import os
from pathlib import Path

import pytest
from pydantic_core import from_json

from rpcgen_runtime import InvalidArguments, connect
from tests.cli.shell import Shell
from tests.runtime.generated.new.trial.kinds.v1 import KindsClient
from tests.runtime.promises.endpoints import Echo

ID = "00000000-0000-0000-0000-000000000001"


def test_values_are_given_by_place_by_name_and_in_any_order(shell: Shell, url: str) -> None:
    for words in (("1", "2"), ("1", "b=2"), ("b=2", "1"), ("b=2", "a=1"), ("a:=1", "b=2.0")):
        assert shell("call", url, "Calculator.subtract", *words).printed == "-1.0"


def test_what_need_not_be_given_is_left_out(shell: Shell, url: str, echo: Echo) -> None:
    assert shell("call", url, "Kinds.maybe").printed == '"v"'
    assert shell("call", url, "Kinds.perhaps").printed == "null"
    assert shell("call", url, "Kinds.bounded", "count=2").printed == "[]"
    assert echo.seen == {"name": "name", "count": 2, "ratio": 0.5, "code": "a", "tags": []}


def test_names_are_those_of_the_contract_or_those_of_the_wire(
    shell: Shell, url: str, echo: Echo
) -> None:
    for words in (("first=4", "second.text=a"), ("First=4", "Second:={}")):
        ran = shell("call", url, "Kinds.renamed", words[0], "third=blue")
        assert ran.printed == "null"
        assert echo.seen["first"] == 4
    assert shell("call", url, "Kinds.lambda", "x", "self=3", "ctx=y").printed == '"x 1 3 y"'


def test_parameters_by_position_and_lists_given_item_by_item(shell: Shell, url: str) -> None:
    ran = shell("call", url, "place", "1", "z=3", "z=4", "color=blue")
    assert ran.printed == '{"x":1,"y":2,"z":[3,4],"note":null,"color":"blue"}'


def test_structs_are_given_by_their_fields_at_any_depth(shell: Shell, url: str) -> None:
    words = ("value.name=a", "value.leaf.text=b", "value.leaf.count=3")
    ran = shell("call", url, "Kinds.node", *words, 'value.children:=[{"name": "c"}]')
    assert from_json(ran.printed) == {
        "name": "a",
        "leaf": {"leafText": "b", "count": 3},
        "children": [{"name": "c", "children": []}],
    }
    for word in ('value:={"name":"a"}', 'value={"name":"a"}', '{"name":"a"}'):
        assert shell("call", url, "Kinds.node", word).printed == '{"name":"a","children":[]}'


def test_items_of_a_list_of_structs_are_given_in_json(shell: Shell, url: str) -> None:
    first, second = 'value.children:={"name":"b"}', 'value.children={"name":"c"}'
    ran = shell("call", url, "Kinds.node", "value.name=a", first, second)
    children = [{"name": "b", "children": []}, {"name": "c", "children": []}]
    assert from_json(ran.printed) == {"name": "a", "children": children}


def test_a_union_is_its_type_and_the_fields_of_that(shell: Shell, url: str) -> None:
    ran = shell("call", url, "Kinds.shape", "value.side=2", "value.type=SQ", "value.color=blue")
    assert from_json(ran.printed) == {"type": "SQ", "side": 2.0, "color": "blue"}
    ran = shell("call", url, "Kinds.sealed", 'value:={"type": "circle", "radius": 1}')
    assert from_json(ran.printed) == {"type": "circle", "radius": 1.0}


def test_a_value_of_everything(shell: Shell, url: str) -> None:
    words = {
        "flag": "true", "number": "-1", "real": "0.5", "text": "1", "blob": "a", "id": ID,
        "moment": "2026-05-01T12:00:00Z", "day": "2026-05-01", "clock": "12:30:00", "span": "90s",
        "price": "0.10", "anything": "[1]", "numbers": "1", "gaps": "null", "by_text.a": "b",
        "by_number.1": "a", f"by_id.{ID}": "1", "by_color.red": "{}", "color": "red",
        "size": "small", "leaf.count": "1", "shape.type": "circle", "shape.radius": "1",
        "sealed.type": "circle", "sealed.radius": "2", "maybe": "null",
    }  # fmt: skip
    ran = shell("call", url, "Kinds.every", *(f"value.{key}={it}" for key, it in words.items()))
    leaf = {"leafText": "leaf", "count": 0}
    assert from_json(ran.printed) == {
        "flag": True, "number": -1, "real": 0.5, "text": "1", "blob": "YQ==", "id": ID,
        "moment": "2026-05-01T12:00:00Z", "day": "2026-05-01", "clock": "12:30:00",
        "span": "PT1M30S", "price": "0.10", "anything": [1], "numbers": [1], "gaps": [None],
        "by_text": {"a": "b"}, "by_number": {"1": "a"}, "by_id": {ID: 1},
        "by_color": {"red": [leaf]}, "color": "red", "size": "small",
        "leaf": {**leaf, "count": 1}, "shape": {"type": "circle", "radius": 1.0},
        "sealed": {"type": "circle", "radius": 2.0}, "maybe": None, "kept": [],
    }  # fmt: skip


def test_files_are_bytes_text_or_json_as_the_type_is(
    shell: Shell, url: str, tmp_path: Path
) -> None:
    raw, number, node = (tmp_path / it for it in ("raw", "number", "node.json"))
    raw.write_bytes(b"\xff\x00\n")
    number.write_text("7\n", encoding="utf-8")
    node.write_text('{"name": "ü"}\n', encoding="utf-8")

    assert shell("call", url, "Kinds.a_bytes", f"value=@{raw}").printed == '"/wAK"'
    assert shell("call", url, "Kinds.a_int", f"@{number}").printed == "7"
    assert shell("call", url, "Kinds.a_str", f"value=@{number}").printed == '"7\\n"'
    for how in ("=", ":="):
        ran = shell("call", url, "Kinds.node", f"value{how}@{node}")
        assert ran.printed == '{"name":"ü","children":[]}'
    ran = shell("call", url, "Kinds.a_str", f"@{raw}")
    assert ran.refusal == f"`value`: `{raw}` is not text in UTF-8"
    ran = shell("call", url, "Kinds.a_str", "@nowhere")
    assert ran.refusal.startswith("cannot read `nowhere`: No such file or directory; ")


def test_standard_input_is_a_file_too(shell: Shell, url: str) -> None:
    ran = shell("call", url, "Kinds.a_bytes", "value=@-", stdin=b"\x00\xff")
    assert ran.printed == '"AP8="'
    ran = shell("call", url, "Kinds.a_json", "value:=@-", stdin=b'{"a": 1}\n')
    assert ran.printed == '{"a":1}'


def test_arguments_that_are_not_text_can_still_be_bytes(shell: Shell, url: str) -> None:
    word = os.fsdecode(b"\xff")
    assert shell("call", url, "Kinds.a_bytes", word).printed == '"/w=="'
    assert shell("call", url, "Kinds.a_str", word).refusal == "`value`: it is not text in UTF-8"


def test_the_words_are_those_of_the_server(shell: Shell, url: str) -> None:
    ours = shell("call", url, "Kinds.bounded", "name=", "count=11", "tags=").refusal.split("\n")
    with connect(url) as transport, pytest.raises(InvalidArguments) as raised:
        KindsClient(transport).bounded("", 11, tags=[""])
    assert "; ".join(it.strip().partition("; accepted")[0] for it in ours) == str(raised.value)
