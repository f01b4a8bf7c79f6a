"""Addresses: each bad one gets one sentence, which never repeats a password."""

import pytest

from rpcgen_runtime import connect
from rpcgen_runtime.url import Url, parse_url


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("http://127.0.0.1:8080", Url("http", "127.0.0.1", 8080, "/")),
        (" HTTP://Host-1.example/ ", Url("http", "Host-1.example", 80, "/")),
        ("http://[::1]:1/", Url("http", "::1", 1, "/")),
        ("http://[fe80::1]", Url("http", "fe80::1", 80, "/")),
        ("http://h:0/a%20b/c", Url("http", "h", 0, "/a b/c")),
        ("http://h:65535", Url("http", "h", 65535, "/")),
        ("memory://here", Url("memory", "here", 0, "")),
        ("memory://a-b_c.9/", Url("memory", "a-b_c.9", 0, "")),
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
        ("ftp://h", "nothing speaks `ftp://`; accepted: `http://`, `memory://`"),
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
    ],
)
def test_a_bad_address_gets_one_sentence(text: str, sentence: str) -> None:
    for read in (parse_url, connect):
        with pytest.raises(ValueError) as caught:
            read(text)
        assert str(caught.value) == sentence
