"""What goes round comes round: every type of the language, both ways."""

import datetime as dt
import json
import math
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from rpcgen_runtime import InvalidArguments, UnknownRemoteError
from tests.runtime.generated.new.trial.kinds.v1 import (
    Color,
    Every,
    Keywords,
    KindsClient,
    Leaf,
    Node,
    PositionsClient,
    SealedCircle,
    SealedSquare,
    ShapeCircle,
    ShapeSquare,
    Size,
)
from tests.runtime.places import Place, ask, post
from tests.runtime.promises.endpoints import Echo, Places

ID = UUID("12345678-1234-5678-1234-567812345678")
EAST = dt.timezone(dt.timedelta(hours=5, minutes=30))
UNICODE = 'ä € \U0001f40d \u0000 \u2028 \u200f " \\ / \x7f </script>'

EVERY = Every(
    flag=True,
    number=-(2**63),
    real=-0.1,
    text=UNICODE,
    blob=bytes(range(256)),
    id=ID,
    moment=dt.datetime(2024, 2, 29, 23, 59, 59, 999_999, tzinfo=dt.UTC),
    day=dt.date(1, 1, 1),
    clock=dt.time(23, 59, 59, 1),
    span=dt.timedelta(days=-1, microseconds=1),
    price=Decimal("1.10"),
    anything={"a": [None, True, 1, 1.5, "x", {"": []}]},
    numbers=[0, 2**63 - 1],
    gaps=[None, 1, None],
    by_text={"": None, UNICODE: "x"},
    by_number={-1: "minus one", 2**63 - 1: "much"},
    by_id={ID: 1},
    by_color={Color.dark_green: [Leaf(), Leaf(text="x", count=1)], Color.red: []},
    color=Color.dark_green,
    size=Size.large,
    leaf=Leaf(text="nested"),
    shape=ShapeSquare(side=2.0, color=Color.blue),
    sealed=SealedSquare(side=1.0),
    maybe=None,
    kept=["", "b"],
)

VALUES: list[tuple[str, Any]] = [
    ("a_bool", True),
    ("a_bool", False),
    ("a_int", 0),
    ("a_int", 2**63 - 1),
    ("a_int", -(2**63)),
    ("a_float", 0.1),
    ("a_float", 1.7976931348623157e308),
    ("a_float", 5e-324),
    ("a_float", -0.0),
    ("a_str", ""),
    ("a_str", UNICODE),
    ("a_str", "x" * 100_000),
    ("a_bytes", b""),
    ("a_bytes", bytes(range(256))),
    ("a_bytes", b"\xff\xfe\xfb\xef"),
    ("a_uuid", ID),
    ("a_datetime", dt.datetime(2024, 1, 1, 12, 0, 0, 1, tzinfo=dt.UTC)),
    ("a_datetime", dt.datetime(2024, 1, 1, 12, tzinfo=EAST)),
    ("a_datetime", dt.datetime(1, 1, 2, tzinfo=dt.UTC)),
    ("a_datetime", dt.datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=dt.UTC)),
    ("a_date", dt.date(9999, 12, 31)),
    ("a_time", dt.time(0, 0)),
    ("a_time", dt.time(12, 30, 15, 123_456)),
    ("a_duration", dt.timedelta(0)),
    ("a_duration", dt.timedelta(microseconds=1)),
    ("a_duration", dt.timedelta(days=-1, microseconds=1)),
    ("a_duration", dt.timedelta(seconds=-1.5)),
    ("a_duration", dt.timedelta(days=99_999, hours=5)),
    ("a_decimal", Decimal("1.10")),
    ("a_decimal", Decimal("-0.00000000000000000001")),
    ("a_decimal", Decimal("123456789012345678901234567890.123456789")),
    ("a_json", None),
    ("a_json", False),
    ("a_json", {"a": [None, {"b": 1.5}], "": "x"}),
    ("a_json", [[[[1]]]]),
    ("numbers", []),
    ("numbers", [1, 2, 3]),
    ("gaps", [None, 1, None]),
    ("by_text", {"a": None, "b": "x", "": ""}),
    ("by_number", {-5: "a", 0: "b"}),
    ("by_id", {ID: 2}),
    ("by_color", {Color.dark_green: [Leaf(text="x")], Color.red: []}),
    ("color", Color.dark_green),
    ("size", Size.large),
    ("node", Node(name="a", leaf=Leaf(), children=[Node(name="b", children=[Node(name="c")])])),
    ("shape", ShapeCircle(radius=1.5)),
    ("shape", ShapeSquare(side=1.0, color=Color.blue)),
    ("sealed", SealedCircle(radius=1.0)),
    ("every", EVERY),
    ("keywords", Keywords(class_="c")),
    (
        "keywords",
        Keywords(
            class_="c",
            from_=2,
            none="n",
            self="s",
            model_config_=3,
            copy_=True,
            json_=[1],
            dict_={"a": 1},
        ),
    ),
    ("maybe", "x"),
    ("maybe", "v"),
    ("maybe", None),
    ("perhaps", None),
    ("perhaps", "x"),
]


def test_every_value_of_every_type_goes_round_unchanged(place: Place) -> None:
    client = place.client(KindsClient, place.serve(Echo()))
    for method, value in VALUES:
        returned = getattr(client, method)(value)
        assert (method, returned, type(returned)) == (method, value, type(value))
        # What equality forgives: `1.10` and `1.1`, `0.0` and `-0.0`.
        assert method == "every" or str(returned) == str(value)


def test_an_offset_of_a_datetime_is_kept(place: Place) -> None:
    client = place.client(KindsClient, place.serve(Echo()))
    given = dt.datetime(2024, 1, 1, 12, tzinfo=EAST)
    assert client.a_datetime(given).utcoffset() == dt.timedelta(hours=5, minutes=30)


def test_a_whole_number_is_taken_where_a_float_is_asked_for(place: Place) -> None:
    client = place.client(KindsClient, place.serve(Echo()))
    assert client.a_float(3) == 3.0
    assert isinstance(client.a_float(3), float)


def test_any_sequence_and_any_mapping_can_be_given(place: Place) -> None:
    client = place.client(KindsClient, place.serve(Echo()))
    assert client.numbers((1, 2)) == [1, 2]
    assert client.numbers(range(3)) == [0, 1, 2]
    places = place.client(PositionsClient, place.serve(Places()))
    assert places.place(1, 5, (1, 2)) == {
        "x": 1,
        "y": 5,
        "z": [1, 2],
        "note": None,
        "color": "red",
    }


REFUSED_VALUES: list[tuple[str, Any]] = [
    ("a_int", 2**63),
    ("a_int", -(2**63) - 1),
    ("a_int", True),
    ("a_int", 1.0),
    ("a_int", "1"),
    ("a_bool", 1),
    ("a_bool", "true"),
    ("a_float", math.nan),
    ("a_float", math.inf),
    ("a_float", "1"),
    ("a_float", True),
    ("a_str", 1),
    ("a_str", b"x"),
    ("a_str", "\ud800"),
    ("a_bytes", "x"),
    ("a_uuid", str(ID)),
    ("a_datetime", dt.datetime(2024, 1, 1)),  # noqa: DTZ001  # that is the point
    ("a_datetime", "2024-01-01T00:00:00Z"),
    ("a_date", dt.datetime(2024, 1, 1, 1, tzinfo=dt.UTC)),
    ("a_decimal", 1.5),
    ("a_decimal", Decimal("NaN")),
    ("a_decimal", Decimal("Infinity")),
    ("a_json", math.nan),
    ("a_json", {"a": [math.inf]}),
    ("a_json", {1: 2}),
    ("a_json", object()),
    ("numbers", ["1"]),
    ("numbers", None),
    ("by_number", {"1": "a"}),
    ("color", "red"),
    ("color", Size.small),
]


def test_a_value_of_another_type_is_refused_before_it_is_sent(place: Place) -> None:
    client = place.client(KindsClient, place.serve(Echo()))
    for method, value in REFUSED_VALUES:
        with pytest.raises(InvalidArguments, match="`value"):
            getattr(client, method)(value)


REFUSED_TEXTS = [
    ("a_int", "9223372036854775808"),
    ("a_int", "1.0"),
    ("a_int", "true"),
    ("a_int", '"1"'),
    ("a_float", "1e999"),
    ("a_float", "NaN"),
    ("a_float", '"1"'),
    ("a_str", "1"),
    ("a_bytes", '"%%%"'),
    ("a_uuid", '"12345678"'),
    ("a_datetime", '"2024-01-01T00:00:00"'),
    ("a_datetime", "1704067200"),
    ("a_date", '"2024-13-01"'),
    ("a_duration", '"soon"'),
    ("a_decimal", '"NaN"'),
    ("numbers", "{}"),
    ("numbers", "null"),
    ("by_number", '{"x": "a"}'),
    ("by_color", '{"mauve": []}'),
    ("color", '"mauve"'),
    ("size", '"mauve"'),
    ("shape", '{"type": "triangle"}'),
    ("shape", '{"side": 1.0}'),
    ("sealed", '{"type": "triangle"}'),
    ("every", "{}"),
]


def test_a_value_of_another_type_is_refused_at_the_server(http_place: Place) -> None:
    url = http_place.serve(Echo()).url
    for method, value in REFUSED_TEXTS:
        spaced = f'{{"jsonrpc": "2.0", "id": 1, "method": "kinds.{method}", "params": {{"value": {value}}}}}'
        tight = spaced.replace(": ", ":").replace(", ", ",")
        for text in (spaced, tight):
            for headers in ({}, {"rpcgen-version": "1.0"}):
                error = post(url, text, headers).json["error"]
                assert error["code"] in {-32602, -32700}, error
                assert "triangle" not in error["message"]


def test_base64_is_read_in_both_alphabets(http_place: Place) -> None:
    url = http_place.serve(Echo()).url
    for text in ("_-79", "/+79"):
        answer = ask(url, "kinds.a_bytes", {"value": text})
        assert answer.get("error") is None, answer


def test_defaults_are_filled_in_and_what_equals_them_is_not_sent(http_place: Place) -> None:
    echo = Echo()
    server = http_place.serve(echo)
    client = http_place.client(KindsClient, server)
    client.renamed(1)
    assert echo.seen == {"first": 1, "second": [], "third": Color.red}
    client.renamed(first=2, second=[Leaf()], third=Color.blue)
    assert echo.seen == {"first": 2, "second": [Leaf()], "third": Color.blue}
    ask(server.url, "kinds.Re-Named", {"First": 3})
    assert echo.seen == {"first": 3, "second": [], "third": Color.red}
    ask(server.url, "kinds.maybe", {})
    assert echo.seen == {"value": "v"}
    ask(server.url, "kinds.maybe", {"value": None})
    assert echo.seen == {"value": None}


def test_a_default_that_a_handler_changes_is_whole_again_at_the_next_call(place: Place) -> None:
    class Greedy(Echo):
        def bounded(self, ctx: Any, name: str, count: int, ratio: float, code: str, tags: list[str], secret: Any) -> list[str]:  # fmt: skip
            tags.append("more")
            return tags

    client = place.client(KindsClient, place.serve(Greedy()))
    assert client.bounded() == ["more"]
    assert client.bounded() == ["more"]


def test_unknown_members_of_structs_are_ignored_and_unknown_parameters_refused(
    http_place: Place,
) -> None:
    url = http_place.serve(Echo()).url
    leaf = {"leafText": "x", "count": 1, "later": {"a": 1}, "text": 7}
    assert ask(url, "kinds.node", {"value": {"name": "n", "leaf": leaf, "new": 1}}) == {
        "jsonrpc": "2.0",
        "id": 1,
        "result": {"name": "n", "leaf": {"leafText": "x", "count": 1}, "children": []},
    }
    error = ask(url, "kinds.a_int", {"value": 1, "other": 2})["error"]
    assert error["code"] == -32602
    assert "`other`" in error["message"]


def test_wire_names_are_on_the_wire_and_pythons_names_are_not(http_place: Place) -> None:
    echo = Echo()
    url = http_place.serve(echo).url
    sent = {
        "class": "c",
        "from": 2,
        "None": "n",
        "self": "s",
        "modelConfig": 3,
        "copy": True,
        "json": [1],
        "Dict": {"a": 1},
    }
    assert ask(url, "kinds.keywords", {"value": sent})["result"] == sent
    named = {"class": "c", "from": 2, "Self": 1, "ctx": "x"}
    assert ask(url, "kinds.lambda", named)["result"] == "c 2 1 x"
    assert ask(url, "kinds.lambda", {"class_": "c"})["error"]["code"] == -32602
    assert ask(url, "kinds.Re-Named", {"first": 1})["error"]["code"] == -32602
    assert ask(url, "kinds.renamed", {"First": 1})["error"]["code"] == -32601
    every = ask(url, "kinds.every", {"value": json.loads(EVERY.model_dump_json())})["result"]
    assert every["color"] == "dark-green"
    assert every["size"] == "L"
    assert every["shape"] == {"side": 2.0, "color": "blue", "type": "SQ"}
    assert every["price"] == "1.10"
    assert every["maybe"] is None
    assert "nothing" not in every


def test_parameters_can_be_given_by_position_to_any_method(http_place: Place) -> None:
    url = http_place.serve(Echo(), Places()).url
    assert ask(url, "kinds.lambda", ["c", 2, 1, "x"])["result"] == "c 2 1 x"
    assert ask(url, "kinds.a_int", [1, 2])["error"]["code"] == -32602
    assert ask(url, "kinds.a_int", [])["error"]["code"] == -32602
    assert ask(url, "positions.place", {"x": 1})["result"]["y"] == 2


def test_a_service_by_position_sends_arrays_as_short_as_they_can_be(place: Place) -> None:
    client = place.client(PositionsClient, place.serve(Places()))
    whole = {"x": 1, "y": 2, "z": [], "note": None, "color": "red"}
    assert client.place(1) == whole
    assert client.place(1, note="n") == {**whole, "note": "n"}
    assert client.place(1, color=Color.blue) == {**whole, "color": "blue"}
    assert client.place(1, z=[3]) == {**whole, "z": [3]}


def test_methods_answer_to_their_bare_name_and_to_legacy_namespaces(http_place: Place) -> None:
    url = http_place.serve(Echo(), Places()).url
    for name in ("kinds.a_int", "kinds_of_old.a_int", "a_int"):
        assert ask(url, name, [5])["result"] == 5
    for name in ("Kinds.a_int", "other.a_int", ".a_int", "kinds.", "a_int.a_int", "__init__"):
        assert ask(url, name, [5])["error"]["code"] == -32601


def test_a_call_and_a_cast_of_one_name_are_told_apart_by_the_wish_for_an_answer(
    place: Place,
) -> None:
    echo = Echo()
    client = place.client(KindsClient, place.serve(echo))
    assert client.told("a") is None  # type: ignore[func-returns-value]
    client.tell("b")
    assert echo.heard.acquire(timeout=20)
    assert ("told", "a") in echo.calls
    assert "b" in [text for _, text in echo.calls]


def test_a_reply_that_breaks_the_contract_is_the_servers_fault(place: Place) -> None:
    class Wrong(Echo):
        def a_int(self, ctx: Any, value: int) -> int:
            return "secret"  # type: ignore[return-value]  # that is the point

    client = place.client(KindsClient, place.serve(Wrong()))
    with pytest.raises(Exception, match="the server failed") as caught:
        client.a_int(1)
    assert not isinstance(caught.value, UnknownRemoteError)
    assert "secret" not in str(caught.value)
