"""Messages that no client of ours would send, and how each of them has to end.

Each is a change to a good message. The numbers tell the families apart: 1 to 6 headers, 7 to 11
bodies, 12 to 15 the way back, 18 to 21 properties, 22 to 25 what headers claim, 28 msgpack, 31
traces.
"""

import gzip
import math
import pickle
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

import msgpack

from rpcgen_runtime import errors
from rpcgen_runtime.messages import Verb
from tests.amqp import raw

MAX_BODY = 65_536
"""What the server under test accepts."""
SECRET = b"s3cr3t-0f-th3-s3nd3r"
"""Stands in poison, and must not stand in answers or logs."""
ALMOST_A_FRAME = raw.long(b"x" * 130_880)
"""Fills a header frame so far that next to nothing more goes into it."""
CALL_ONLY = (Verb.CALL,)
ASKED = (Verb.CALL, Verb.CAST)
EVENT_ONLY = (Verb.EVENT,)
EVERY = (Verb.CALL, Verb.CAST, Verb.EVENT)


class End(Enum):
    """How a message ends."""

    SERVED = "served"
    """As if nothing was strange."""
    ASIDE = "aside"
    """Among the dead letters; the sender of a call is told, too."""
    SILENT = "silent"
    """Among the dead letters; there is no way to tell anybody."""
    TOLD = "told"
    """The sender of a call is told; a cast or an event is among the dead letters."""
    IGNORED = "ignored"
    """A service that is newer may tell more than its listener knows."""
    REFUSED = "refused"
    """By the broker, which closes the publisher's channel or connection."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Poison:
    """One message."""

    row: int
    name: str
    end: End
    code: int = 0
    """What the sender of a call is told, or the broker's own code."""
    reason: str = ""
    """A part of what stands with the dead letter."""
    change: Mapping[str, bytes] = field(default_factory=dict)
    """Properties that are other than in a good message."""
    without: Sequence[str] = ()
    method: bytes | None = None
    """In `type`, instead of a good one."""
    version: bytes | None = None
    """In `type`, where else there is none."""
    headers: Sequence[tuple[bytes, bytes]] = ()
    body: bytes | None = None
    verbs: Sequence[Verb] = EVERY

    def header(self, good: Mapping[str, bytes], verb: Verb, method: str) -> bytes:
        """Return the properties as they are written."""
        words = [verb.value.encode(), method.encode() if self.method is None else self.method]
        if self.version is not None:
            words.append(self.version)
        line = raw.short(b" ".join(words))
        changed = {**good, "type": line, "headers": raw.table(self.headers), **self.change}
        return raw.properties({k: v for k, v in changed.items() if k not in self.without})


def _header(row: int, name: str, value: bytes, end: End, code: int = 0) -> Poison:
    reason = "the header cannot be decoded" if end is End.SILENT else ""
    return Poison(
        row=row, name=name, end=end, code=code, reason=reason, headers=[(b"strange", value)]
    )


def _body(row: int, name: str, body: bytes, **more: bytes) -> Poison:
    return Poison(
        row=row, name=name, end=End.ASIDE, code=errors.PARSE_ERROR, reason="JSON",
        body=body, change=more,
    )  # fmt: skip


def _media(name: str, body: bytes) -> Poison:
    written = raw.short(name.encode())
    change = {"content_type": written} if name else {}
    return Poison(
        row=7, name=f"content type {name or 'absent'}", end=End.ASIDE, code=errors.INVALID_REQUEST,
        reason="unsupported media type", change=change, body=body,
        without=[] if name else ["content_type"],
    )  # fmt: skip


def _msgpack(name: str, body: bytes) -> Poison:
    return Poison(
        row=28, name=f"msgpack {name}", end=End.ASIDE, code=errors.PARSE_ERROR,
        reason="the body is no msgpack", body=body,
        change={"content_type": raw.short(b"application/msgpack")},
    )  # fmt: skip


def _way_back(row: int, name: str, reason: str, *without: str, **change: bytes) -> Poison:
    return Poison(
        row=row, name=name, end=End.SILENT, reason=reason, change=change, without=without,
        verbs=CALL_ONLY,
    )  # fmt: skip


def _version(text: str, verbs: Sequence[Verb] = EVERY) -> Poison:
    return Poison(
        row=22, name=f"version {text or 'empty'}", end=End.TOLD, code=errors.UNSUPPORTED_VERSION,
        reason="version", version=text.encode(), verbs=verbs,
    )  # fmt: skip


def _unknown(name: str, method: bytes) -> Sequence[Poison]:
    return [
        Poison(
            row=23, name=name, end=End.TOLD, code=errors.METHOD_NOT_FOUND,
            reason="does not know this method", method=method, verbs=ASKED,
        ),
        Poison(row=23, name=name, end=End.IGNORED, method=method, verbs=EVENT_ONLY),
    ]  # fmt: skip


def _property(row: int, name: str, end: End, code: int = 0, **change: bytes) -> Poison:
    return Poison(row=row, name=name, end=end, code=code, change=change)


def _claim(row: int, name: str, *headers: tuple[bytes, bytes]) -> Poison:
    return Poison(row=row, name=name, end=End.SERVED, headers=headers)


def packed(value: object) -> bytes:
    """Return msgpack."""
    found = msgpack.packb(value)
    assert isinstance(found, bytes), "it is not asked to write elsewhere"
    return found


def _pickled() -> bytes:
    return pickle.dumps({"name": SECRET.decode()})


POISONS: Sequence[Poison] = [
    _header(1, "timestamp 2^63", raw.moment(2**63), End.SILENT),
    _header(1, "timestamp of the year 36812", raw.moment(1_099_511_627_776), End.SILENT),
    _header(2, "3,000 tables deep", raw.nested_tables(3_000), End.SILENT),
    _header(2, "3,000 arrays deep", raw.nested_arrays(3_000), End.SILENT),
    _header(2, "10 tables deep", raw.nested_tables(10), End.SERVED),
    _header(3, "NaN", raw.double(math.nan), End.REFUSED, 541),
    _header(3, "unknown field type", b"z1234", End.REFUSED, 541),
    _header(4, "200 kB in one header", raw.long(b"x" * 200_000), End.REFUSED, 501),
    _header(4, "almost a frame in one header", ALMOST_A_FRAME, End.SERVED),
    Poison(
        row=4, name="almost a frame in one header of a message without a method", end=End.ASIDE,
        code=errors.INVALID_REQUEST, reason="`type` names no method", method=b"",
        headers=[(b"strange", ALMOST_A_FRAME)],
    ),
    _claim(5, "keys and values that are not UTF-8", (b"\xff" * 255, raw.long(b"\xfe" * 300))),
    Poison(
        row=5, name="a method that is not UTF-8", end=End.ASIDE, code=errors.INVALID_REQUEST,
        reason="`type` begins with none of", method=b"Work.r\xffn",
    ),
    _header(6, "a float", raw.double(1.5), End.SERVED),
    _media("", b"{}"),
    _media("application/x-python-serialize", _pickled()),
    _media("application/yaml", b"!!python/object/apply:os.system ['true']"),
    _media("application/json; charset=latin-1", b'{"name":"x"}'),
    _body(8, "a compressed bomb", gzip.compress(b"0" * 10_000_000), content_encoding=raw.short(b"gzip")),
    _body(9, "an empty body", b""),
    _body(9, "a truncated body", b'{"name": "' + SECRET),
    _body(9, "noise", bytes(range(256))),
    Poison(
        row=10, name="a body above the limit", end=End.ASIDE, code=errors.INVALID_REQUEST,
        reason="the body is above 65,536 bytes", body=SECRET * (MAX_BODY // 10),
    ),
    _body(11, "100,000 levels", b"[" * 30_000 + b"]" * 30_000),
    _body(11, "a byte order mark", b'\xef\xbb\xbf{"name":"x"}'),
    _body(11, "a lone surrogate", b'{"name":"\\ud800"}'),
    _body(11, "UTF-16", '{"name":"x"}'.encode("utf-16")),
    _way_back(12, "no way back", "`reply_to`", "reply_to"),
    _way_back(13, "another service's queue", "`reply_to`", reply_to=raw.short(b"rpcgen:other")),
    _way_back(13, "a foreign exchange", "`reply_to`", reply_to=raw.short(b"amq.topic/key")),
    _way_back(14, "a way back that is not UTF-8", "`reply_to`", reply_to=raw.short(b"amq.gen-\xff")),
    _way_back(14, "255 bytes of a way back", "`reply_to`", reply_to=raw.short(b"\r\n\0" * 85)),
    _way_back(15, "no correlation", "`correlation_id`", "correlation_id"),
    _way_back(
        15, "a correlation that is not UTF-8", "`correlation_id`", correlation_id=raw.short(b"\xff")
    ),
    *(
        _property(18, f"expiration {it!r}", End.REFUSED, 406, expiration=raw.short(it.encode()))
        for it in ("", "abc", "-1", "1.5", "99999999999999")
    ),
    _property(19, "priority 255", End.SERVED, priority=b"\xff"),
    _property(19, "delivery mode 7", End.REFUSED, 406, delivery_mode=b"\x07"),
    _property(19, "delivery mode 1", End.SERVED, delivery_mode=b"\x01"),
    Poison(
        row=19, name="a type of 255 bytes", end=End.ASIDE, code=errors.INVALID_REQUEST,
        reason="`type` begins with none of", change={"type": raw.short(b"x" * 255)},
    ),
    _property(20, "a forged user", End.REFUSED, 406, user_id=raw.short(b"root")),
    _property(21, "timestamp 2^64-1", End.SERVED, timestamp=b"\xff" * 8),
    _property(21, "a strange program", End.SERVED, app_id=raw.short(b"\xff\0" * 100)),
    *map(_version, ("1", "1.x", "999999999999.0", "")),
    _version("1.9", ASKED),
    Poison(
        row=22, name="version 1.9", end=End.SERVED, version=b"1.9", verbs=EVENT_ONLY,
    ),
    Poison(
        row=22, name="two versions", end=End.ASIDE, code=errors.INVALID_REQUEST,
        reason="`type` names no method", version=b"1.0 1.0",
    ),
    *_unknown("an unknown method", b"Work.__init__"),
    *_unknown("an unknown namespace", b"os.system"),
    _claim(25, "a forged delivery count", (b"x-delivery-count", raw.whole(2**62))),
    _claim(25, "a forged attempt", (b"attempt", raw.whole(2**62))),
    _claim(25, "a forged death", (b"x-death", raw.array(b"F" + raw.table([(b"count", raw.whole(9))])))),
    _claim(25, "a deadline of long ago, and no time that is left", (b"deadline-ms", raw.whole(0))),
    Poison(
        row=25, name="a deadline of long ago", end=End.TOLD, code=errors.EXPIRED_UNSTARTED,
        headers=[(b"deadline-ms", raw.whole(-(2**63)))], change={"expiration": raw.short(b"60000")},
        verbs=CALL_ONLY,
    ),
    Poison(
        row=25, name="a deadline far away", end=End.SERVED,
        headers=[(b"deadline-ms", raw.whole(2**63 - 1))], change={"expiration": raw.short(b"60000")},
    ),
    Poison(
        row=25, name="a context that is none", end=End.ASIDE, code=errors.INVALID_REQUEST,
        reason="`context`", headers=[(b"context", raw.long(b'{"a": ["' + SECRET + b'"]}'))],
    ),
    Poison(
        row=25, name="a context that is too long", end=End.ASIDE, code=errors.INVALID_REQUEST,
        reason="`context`", headers=[(b"context", raw.long(b'{"a": "' + b"x" * 9_000 + b'"}'))],
    ),
    _msgpack("with an extension", packed({"name": msgpack.ExtType(5, SECRET)})),
    _msgpack("with a moment out of range", b"\x81\xa4name\xd7\xff" + b"\xff" * 8),
    _msgpack("with numbers as keys", packed({1: "x"})),
    _msgpack("of 2^32-1 items", b"\xdd\xff\xff\xff\xff"),
    _msgpack("of 2^32-1 pairs", b"\xdf\xff\xff\xff\xff"),
    _msgpack("of 2^32-1 bytes", b"\xc6\xff\xff\xff\xff"),
    _msgpack("600 deep", b"\x91" * 600 + b"\xc0"),
    _msgpack("60,000 deep", b"\x91" * 60_000 + b"\xc0"),
    _msgpack("with more behind it", packed({"name": "x"}) + b"\xc0"),
    _msgpack("that is empty", b""),
    _msgpack("of a byte that means nothing", b"\xc1"),
    _claim(31, "a trace that is none", (b"traceparent", raw.long(b"00-" + b"z" * 500))),
    _claim(31, "a trace that is a table", (b"traceparent", b"F" + raw.table([]))),
]  # fmt: skip
