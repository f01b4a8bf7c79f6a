"""Addresses: each bad one gets one sentence, which never repeats a password."""

import pytest

from rpcgen_runtime import connect, connect_async
from rpcgen_runtime.url import Host, Url, is_loopback, parse_url


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("http://127.0.0.1:8080", Url(scheme="http", hosts=(Host("127.0.0.1", 8080),))),
        (" HTTP://Host-1.example/ ", Url(scheme="http", hosts=(Host("Host-1.example", 80),))),
        ("http://[::1]:1/", Url(scheme="http", hosts=(Host("::1", 1),))),
        ("http://[fe80::1]", Url(scheme="http", hosts=(Host("fe80::1", 80),))),
        ("http://h:0/a%20b/c", Url(scheme="http", hosts=(Host("h", 0),), path="/a b/c")),
        ("http://h:65535", Url(scheme="http", hosts=(Host("h", 65535),))),
        ("https://h", Url(scheme="https", hosts=(Host("h", 443),))),
        (
            "http://a:1,b,[::1]:3/x",
            Url(scheme="http", hosts=(Host("a", 1), Host("b", 80), Host("::1", 3)), path="/x"),
        ),
        ("http+unix:///run/a%20b.sock", Url(scheme="http+unix", socket="/run/a b.sock")),
        ("memory://here", Url(scheme="memory", hub="here")),
        ("memory://a-b_c.9/", Url(scheme="memory", hub="a-b_c.9")),
    ],
)
def test_an_address_is_read(text: str, expected: Url) -> None:
    assert parse_url(text) == expected


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "this is not a URL; accepted: `http://host:port/` or `memory://name`"),
        ("localhost:80", "this is not a URL; accepted: `http://host:port/` or `memory://name`"),
        ("://x", "this is not a URL; accepted: `http://host:port/` or `memory://name`"),
        (
            "ftp://h",
            (
                "nothing speaks `ftp://`; accepted: `http://`, `https://`, `amqp://`, `amqps://`, "
                "`http+unix://`, `memory://`"
            ),
        ),
        ("http://h?a=1", "a URL has no query and no fragment here"),
        ("http://h/#f", "a URL has no query and no fragment here"),
        ("http://u:secret@h", "`http://` takes no user and password in the URL"),
        ("memory://u:secret@h", "`memory://` takes no user and password in the URL"),
        ("http://", "the host is missing or not one; accepted: `http://host:port/`"),
        ("http://:80", "the host is missing or not one; accepted: `http://host:port/`"),
        ("http://a b", "the host is missing or not one; accepted: `http://host:port/`"),
        ("http://::1", "the host is missing or not one; accepted: `http://host:port/`"),
        ("http://[::1", "the host is missing or not one; accepted: `http://host:port/`"),
        ("http://h:", "the port is not a number from 0 to 65535"),
        ("http://h:x", "the port is not a number from 0 to 65535"),
        ("http://h:65536", "the port is not a number from 0 to 65535"),
        ("http://h:-1", "the port is not a number from 0 to 65535"),
        ("http://h:٣", "the port is not a number from 0 to 65535"),
        (f"http://h:{'9' * 5_000}", "the port is not a number from 0 to 65535"),
        ("http://a,,b", "the host is missing or not one; accepted: `http://host:port/`"),
        ("https://a:1,", "the host is missing or not one; accepted: `https://host:port/`"),
        ("http://a,b:80,a:80", "the host `a:80` stands twice"),
        ("http://" + ",".join(f"h{it}" for it in range(65)), "a URL has at most 64 hosts"),
        (
            "http+unix://run/a",
            "this is not the path of a socket; accepted: `http+unix:///run/app.sock`",
        ),
        (
            "http+unix:///",
            "this is not the path of a socket; accepted: `http+unix:///run/app.sock`",
        ),
        (
            "http+unix:///a%00b",
            "this is not the path of a socket; accepted: `http+unix:///run/app.sock`",
        ),
        (f"http+unix:///{'a' * 107}", "the path of a socket has at most 107 bytes"),
        (
            "memory://",
            "a hub's name is 1 to 64 letters, digits and `_ . -`: `memory://name`",
        ),
        (
            "memory://a/b",
            "a hub's name is 1 to 64 letters, digits and `_ . -`: `memory://name`",
        ),
        (
            f"memory://{'a' * 65}",
            "a hub's name is 1 to 64 letters, digits and `_ . -`: `memory://name`",
        ),
        ("amqp://h:70000/", "the port is not a number from 0 to 65535"),
        ("amqp://h:x/", "the port is not a number from 0 to 65535"),
        ("amqp://::1/", "the host is missing or not one; accepted: `amqp://host:port/`"),
        ("amqp://h,h/", "the host `h:5672` stands twice"),
        ("amqp://u@v@h/", "a URL has one `@`; write one in a user or a password as `%40`"),
        (
            "amqp://u:100%@h/",
            "a `%` in a user, a password or a virtual host is written as `%25`",
        ),
        (
            "amqp://h/%00",
            "a user, a password or a virtual host has at most 255 bytes, and no NUL",
        ),
        ("amqp://h/a/b", "a URL has one virtual host; write a `/` in its name as `%2F`"),
        ("amqp://h/#x", "a URL has no query and no fragment here"),
        (
            "amqp://h/?heartbeat",
            "behind the `?` stands `name=value`, each name once, with `&` between",
        ),
        (
            "amqp://h/?calls=quorum&calls=classic",
            "behind the `?` stands `name=value`, each name once, with `&` between",
        ),
    ],
)
def test_a_bad_address_gets_one_sentence(text: str, sentence: str) -> None:
    for read in (parse_url, connect):
        with pytest.raises(ValueError) as caught:
            read(text)
        assert str(caught.value) == sentence


def test_a_brokers_address_has_hosts_a_user_a_password_and_a_vhost() -> None:
    url = parse_url("amqps://me:a%3A%2F%40%25b@one,[::1]:7,two:9/%2Fv?calls=quorum&heartbeat=7")
    assert [str(it) for it in url.hosts] == ["one:5671", "[::1]:7", "two:9"]
    assert (url.user, url.password, url.vhost) == ("me", "a:/@%b", "/v")
    assert url.options == {"calls": "quorum", "heartbeat": "7"}


def test_what_is_left_out_is_as_a_fresh_broker_has_it() -> None:
    for text in ("amqp://", "amqp://localhost", "amqp://localhost:5672/", "amqp://localhost/%2F"):
        url = parse_url(text)
        assert (url.user, url.password, url.vhost) == ("guest", "guest", "/")
        assert [str(it) for it in url.hosts] == ["localhost:5672"]


def test_a_brokers_password_is_shown_nowhere() -> None:
    url = parse_url("amqp://me:s3cret@h/v")
    assert "s3cret" not in f"{url!r} {url} {url.shown}"
    assert url.shown == "amqp://h:5672/v"


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("heartbeats=1", "there is no option `heartbeats`; did you mean `heartbeat`?"),
        ("heartbeat=1", "`heartbeat` is 1; accepted: 2 to 3,600"),
        ("heartbeat=-1", "`heartbeat` is not a whole number; accepted: 2 to 3,600"),
        ("heartbeat=1e3", "`heartbeat` is not a whole number; accepted: 2 to 3,600"),
        ("prefetch=1000000000", "`prefetch` is 1000000000; accepted: 0 to 65,535"),
        ("calls=fast", "`calls` is `fast`; accepted: auto, classic, quorum"),
        ("body=pickle", "`body` is `pickle`; accepted: json, msgpack"),
    ],
)
def test_a_bad_option_gets_one_sentence(query: str, sentence: str) -> None:
    for connecting in (connect, connect_async):
        with pytest.raises(ValueError) as caught:
            connecting(f"amqp://localhost/?{query}")
        assert str(caught.value) == sentence


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("localhost", True),
        ("LocalHost.", True),
        ("api.localhost", True),
        ("127.0.0.1", True),
        ("127.0.0.2", True),
        ("127.255.255.254", True),
        ("::1", True),
        ("0:0:0:0:0:0:0:1", True),
        ("localhost.example", False),
        ("notlocalhost", False),
        ("127.0.0.1.example", False),
        ("127.1", False),
        ("128.0.0.1", False),
        ("0.0.0.0", False),
        ("::", False),
        ("", False),
    ],
)
def test_a_host_is_this_machine_alone_or_not(name: str, *, expected: bool) -> None:
    assert is_loopback(name) is expected
