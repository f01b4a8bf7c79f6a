"""How a broker is entered: what is warned of before anything is sent."""

import logging

import pytest

from rpcgen_runtime.amqp.entry import access_of
from rpcgen_runtime.amqp.options import AmqpOptions
from rpcgen_runtime.url import parse_url


@pytest.mark.parametrize(
    ("url", "far"),
    [
        ("amqp://localhost/", None),
        ("amqp://127.0.0.2,[::1],api.localhost/", None),
        ("amqp://somebody:x@broker.example/", None),
        ("amqp://127.0.0.2,broker.example/", "broker.example"),
    ],
)
def test_guest_is_warned_of_where_a_broker_is_on_another_machine(
    url: str, far: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        access_of(parse_url(url), AmqpOptions(), None, "client")
    told = f"`guest` is refused by brokers on other machines by default: {far}"
    assert caplog.messages == ([] if far is None else [told])
