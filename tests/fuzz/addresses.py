"""What stands around an envelope: HTTP headers, and the URL that a user wrote."""

import re
from collections.abc import Callable, Mapping

from rpcgen_runtime.context import MAX_TIMEOUT, Deadline, child_traceparent
from rpcgen_runtime.http import headers as wire
from rpcgen_runtime.http.headers import Beside, HeaderError
from rpcgen_runtime.http.origins import Origins
from rpcgen_runtime.messages import Request, Verb
from rpcgen_runtime.targets import Version
from rpcgen_runtime.url import LOOPBACK, SCHEMES, Url, parse_url

SECRET = "7f3a-secret"
MAX_MESSAGE = 400
"""Characters."""

_LOOPBACK = re.compile(r"(^|\W)localhost|127(\.\d+){3}|::|0:1\b", re.IGNORECASE)
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_TRACE = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


def headers(data: bytes, *, decode: Callable[[Mapping[str, str]], Beside] = wire.decode) -> None:
    """Read lines `name: value` as an HTTP server hands them on; only HeaderError may be raised."""
    lines = [it.partition(":") for it in data.decode("latin-1").split("\n")]
    given = {name.strip().lower(): value.strip(" \t\r") for name, _, value in lines}
    _judge_gate(given)
    try:
        found = decode(given)
    except HeaderError as error:
        _judge_message(error, HeaderError)
        return
    assert _ID.fullmatch(found.message_id), "no id for a log"
    assert -60 <= found.deadline.remaining() <= MAX_TIMEOUT, "a deadline that is none"
    assert _TRACE.fullmatch(child_traceparent(found.traceparent)), "a trace that is none"
    _judge_version(found.version)
    _judge_data(found.data)


def url(data: bytes, *, parse: Callable[[str], Url] = parse_url) -> None:
    """Read a URL as a command line hands it on, once as it is and once with a password in it."""
    text = data.decode("utf-8", "surrogateescape")
    for written in (text, text.replace("@", f":{SECRET}@")):
        try:
            found = parse(written)
        except ValueError as error:
            _judge_message(error, ValueError, MAX_MESSAGE + len(written))
        else:
            assert found.scheme in SCHEMES, "a scheme that nothing speaks"
            assert found == parse(written), "the same text is read in two ways"


def _judge_gate(given: Mapping[str, str]) -> None:
    """Read what decides whether a request is read at all."""
    kind, charset = wire.media_type(given.get("content-type", ""))
    assert (kind, charset) == (kind.lower(), charset.lower()), "a media type in upper case"
    token = wire.token_of(given.get(wire.AUTHORIZATION))
    assert token is None or re.fullmatch("[!-~]+", token), "a token that is none"
    status = Origins([LOOPBACK], ["https://app.example"]).refusal(given, "1.1")
    assert status in {None, 400, 403}, "a refusal that is none"
    assert status is not None or _LOOPBACK.search(given["host"]), "a name that is not allowed"


def _judge_version(text: str | None) -> None:
    if text is not None:
        try:
            found = Version.parse(text)
        except ValueError as error:
            _judge_message(error, ValueError)
        else:
            assert Version.parse(str(found)) == found, "a version is not what it says"


def _judge_data(data: Mapping[str, str]) -> None:
    assert all(isinstance(it, str) for it in [*data, *data.values()]), "data that are no texts"
    request = Request(
        verb=Verb.CALL,
        name="a",
        params=b"{}",
        version=None,
        deadline=Deadline.after(1.0),
        message_id="a",
        data=data,
    )
    written = wire.encode(request)
    assert all(it.isascii() and it.isprintable() for it in written.values()), "not for a header"
    if len(written.get(wire.CONTEXT, "")) <= wire.MAX_CONTEXT:
        assert wire.decode(written).data == data, "the data changed on the way"


def _judge_message(error: Exception, expected: type[Exception], longest: int = MAX_MESSAGE) -> None:
    assert type(error) is expected, f"not our own message: {error}"
    assert SECRET not in str(error), "the message repeats the password"
    assert len(str(error)) <= longest, "the message is too long"
