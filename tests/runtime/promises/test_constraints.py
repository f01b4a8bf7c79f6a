"""Constraints hold on requests, at both ends; a reply is not refused for them."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from rpcgen_runtime import InvalidArguments, Unrecognized, UnrecognizedVariant
from tests.runtime.generated.new.trial.kinds.v1 import Color, KindsClient, ShapeCircle
from tests.runtime.places import Place, ask
from tests.runtime.promises.endpoints import Echo

BROKEN: list[tuple[str, Any, Any]] = [
    ("name", "", ""),
    ("name", "verysecretname", "verysecretname"),
    ("count", 0, 0),
    ("count", 11, 11),
    ("ratio", 0.0, 0.0),
    ("ratio", 1.0, 1.0),
    ("code", "verysecret0", "verysecret0"),
    ("tags", ["a", "b", "c"], ["a", "b", "c"]),
    ("tags", ["verysecretname"], ["verysecretname"]),
    ("secret", Decimal("123.45"), "123.45"),
    ("secret", Decimal("1.234"), "1.234"),
]


def test_a_broken_constraint_is_refused_by_the_client_which_names_the_parameter(
    place: Place,
) -> None:
    client = place.client(KindsClient, place.serve(Echo()))
    for name, value, _ in BROKEN:
        with pytest.raises(InvalidArguments, match=f"`{name}") as caught:
            client.bounded(**{name: value})
        assert "verysecret" not in str(caught.value)
        assert "123.45" not in str(caught.value)


def test_a_broken_constraint_is_refused_by_the_server_which_names_the_parameter(
    http_place: Place,
) -> None:
    echo = Echo()
    url = http_place.serve(echo).url
    for name, _, value in BROKEN:
        error = ask(url, "kinds.bounded", {name: value})["error"]
        assert error["code"] == -32602
        assert f"`{name}" in error["message"]
        assert "verysecret" not in str(error)
        assert "123.45" not in str(error)
    assert echo.seen == {}


def test_what_keeps_its_constraints_passes(place: Place) -> None:
    client = place.client(KindsClient, place.serve(Echo()))
    assert client.bounded("n" * 8, 10, 0.99, "abc", ["a", "b"], Decimal("12.34")) == ["a", "b"]


def test_a_reply_is_not_refused_for_its_constraints(place: Place) -> None:
    echo = Echo()
    echo.more_tags = ["far too long a tag", "", "third"]
    client = place.client(KindsClient, place.serve(echo))
    assert client.bounded() == echo.more_tags


def test_what_a_client_does_not_know_itself_it_does_not_send(place: Place) -> None:
    client: Any = place.client(KindsClient, place.serve(Echo()))
    triangle = UnrecognizedVariant("triangle", {"type": "triangle"})
    calls: list[Callable[[], object]] = [
        lambda: client.color(Unrecognized("mauve")),
        lambda: client.by_color({Unrecognized("mauve"): []}),
        lambda: client.shape(triangle),
        lambda: client.renamed(1, third=Unrecognized("red")),
    ]
    for call in calls:
        with pytest.raises(InvalidArguments):
            call()


def test_many_mistakes_are_told_shortly(http_place: Place) -> None:
    url = http_place.serve(Echo()).url
    error = ask(url, "kinds.numbers", {"value": ["x"] * 20_000})["error"]
    assert error["code"] == -32602
    assert "and 19990 more" in error["message"]
    assert len(error["message"]) < 8_192
    long_name = ask(url, "kinds.by_number", {"value": {"k" * 100_000: "x"}})["error"]
    assert len(long_name["message"]) < 8_192


def test_models_are_strict_when_they_are_made() -> None:
    with pytest.raises(ValueError, match="radius"):
        ShapeCircle(radius=0.0)
    with pytest.raises(ValueError, match="radius"):
        ShapeCircle(radius="1")  # type: ignore[arg-type]
    assert Color("dark-green") is Color.dark_green
