"""Broken requests by chance, and what may be answered to them. No I/O.

An attack is made from one random source and nothing else: the same seed makes the same bytes.
"""

import json
import random
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, NoReturn

from tests.runtime.jsonrpc.answers import Answer

MAX_DEPTH, MAX_KEYS, MAX_BATCH, MAX_BODY = 50, 500, 20, 100_000
"""The limits of the server that is attacked."""
_NULL = "null"
_NUMBERS = ["0", "-1", "1", "42", "2147483648", "9007199254740993", "9223372036854775807",
            "-9223372036854775808", "9223372036854775808", "123456789012345678901", "1.5", "-0.25",
            "1e2", "-0", "1e308", "1e999", "-1e999", "1E+2", "0.1"]  # fmt: skip
_TEXTS = ["", "a", "2.0", "subtract", "rpc.echo", "ä🐍", "\\u0000", "\\ud83d\\udc0d", "\\ud800", "\\n\\r",
          '\\"', "\\\\", "\\u202e", "x" * 300, "x" * 5000, "__class__", "<script>", "%s%n{0}"]  # fmt: skip
_METHODS = ["subtract", "sum", "get_data", "update", "notify_hello", "notify_sum", "rpc.echo", "fail", "large",
            "half", "total", "total_of", "repeated", "rpc.ping", "rpc.contract", "hold", "taken", "no_such_method",
            "__init__", "Specification.subtract", "subtract.x", ""]  # fmt: skip
_PARAMS = ["[2,1]", "[1]", "[]", "{}", '{"minuend":2,"subtrahend":1}', '{"value":1}', "[1,2,3,4,5,6]",
           '[[1,2,"x"]]', '{"numbers":{"a":1,"b":"x"}}', '["aaaaaaaaaaaaaaaaaaaaaa!"]', "[0.01]", '["x"]',
           '"x"', "1", "null", "true", '{"minuend":1,"minuend":2,"subtrahend":1}']  # fmt: skip
_IDS = ["1", "0", "-7", '"a"', '""', "null", "1.5", "123456789012345678901", '"ä\\u0000"', '"' + "x" * 256 + '"',
        '"' + "x" * 600 + '"', "true", "{}", "[1]", "1e999", '"\\ud800"', "9" * 600]  # fmt: skip
_LINES = [b"transfer-encoding: chunked", b"transfer-encoding: identity", b"transfer-encoding: gzip, chunked",
          b"content-length: 0", b"content-length: 5", b"content-length: -1", b"content-length: 99999999999",
          b"expect: 100-continue", b"connection: keep-alive", b"connection: close", b"connection: upgrade",
          b"upgrade: h2c", b"upgrade: websocket", b"content-encoding: gzip", b"origin: https://evil.example",
          b"host: evil.example", b"host: localhost", b"authorization: Bearer x", b"rpcgen-version: 1.0",
          b"rpcgen-version: 9.9", b"rpcgen-timeout-ms: 0", b"rpcgen-timeout-ms: x", b"rpcgen-context: [",
          b"rpcgen-server: other", b"rpcgen-id: \xff\xfe", b"traceparent: 00-00-00-00", b"content-type: text/plain",
          b"content-type: application/json; charset=utf-16", b": x", b"no colon", b" folded", b"\tfolded", b"x\0: y",
          b"x: a\0b", b"x: \x01", b"x : y", b"", b"x: " + b"y" * 5_000, b"\xff\xff: \xff", b"te: trailers",
          b"trailer: x", b"keep-alive: timeout=1000", b"x: y\r", b"range: bytes=0-1"]  # fmt: skip
_VERBS = [b"GET", b"PUT", b"DELETE", b"OPTIONS", b"PATCH", b"TRACE", b"CONNECT", b"post", b"FOO", b"", b"PRI", b"POST\0"]  # fmt: skip
_TARGETS = [b"/", b"/other", b"//", b"/../", b"/healthz", b"/readyz", b"*", b"http://localhost/", b"localhost:80", b"",
            b"/?token=x", b"/%00", b"/%", b"/\xff", b"/ x", b"/" + b"y" * 5_000, b"?", b"#"]  # fmt: skip
_VERSIONS = [
    b"HTTP/1.0",
    b"HTTP/2.0",
    b"HTTP/0.9",
    b"HTTP/1.2",
    b"http/1.1",
    b"",
    b"HTTP/1.1 x",
    b"HTTP/11",
]
_ENDS = [b"\r\n", b"\r\n", b"\r\n", b"\n", b"\r", b"\r\r\n", b"\n\r", b"\r\n\r\n", b""]
_WORDS = [b"POST", b"GET", b" ", b" / ", b"HTTP/1.1", b"\r\n", b"\n", b"\r\n\r\n", b"host: localhost", b"content-length: 2",
          b"content-type: application/json", b"transfer-encoding: chunked", b"{}", b"[", b"]", b"0\r\n\r\n", b"5\r\n",
          b"\0", b"\xff", b"HTTP/1.1 200 OK\r\n", b'{"jsonrpc":"2.0","id":1,"method":"get_data"}', b"\x16\x03\x01"]  # fmt: skip

Judge = Callable[[Sequence[Answer]], None]


@dataclass(frozen=True, slots=True)
class Attack:
    """What is sent, and what may come of it."""

    kind: str
    pieces: Sequence[bytes]
    judge: Judge
    """Raises AssertionError for answers that may not be."""
    is_left: bool = False
    """Whether the attacker goes away without a look at what is answered."""


class Attacker:
    """Makes attacks from a random source."""

    def __init__(self, source: random.Random) -> None:
        self._source = source

    def attack(self) -> Attack:
        """Return the next attack."""
        kinds = [self._of_json, self._of_bytes, self._of_heads, self._of_chunks, self._of_chains]
        weights = [35, 15, 22, 10, 8]
        kinds += [self._of_words, self._of_noise]
        weights += [6, 4]
        made = self._source.choices(kinds, weights)[0]()
        if self._source.random() < 0.05:
            return Attack(f"{made.kind}, left", made.pieces, _anything, is_left=True)
        return made

    # What an attack is made of.

    def _of_json(self) -> Attack:
        """A well-formed request, whose body says something odd."""
        body = self._document().encode()
        claims = self._source.random() < 0.3
        extra = [b"rpcgen-version: 1.0"] if claims else []
        sent = self._request(body, [*extra, b"connection: close"])
        return Attack("json", self._split(sent), lambda it: _judge(body, it, is_ours=claims))

    def _of_bytes(self) -> Attack:
        """A well-formed request, whose body has broken bytes."""
        body = self._broken(self._document().encode())
        claims = self._source.random() < 0.3
        extra = [b"rpcgen-version: 1.0"] if claims else []
        sent = self._request(body, [*extra, b"connection: close"])
        return Attack("bytes", self._split(sent), lambda it: _judge(body, it, is_ours=claims))

    def _of_heads(self) -> Attack:
        """A good body behind a broken head."""
        body = b'{"jsonrpc":"2.0","id":"head","method":"get_data"}'
        lines = self._head(len(body), [])
        for _ in range(self._source.randint(1, 4)):
            self._break_head(lines)
        end = self._pick(_ENDS) if self._source.random() < 0.2 else b"\r\n"
        head = b"".join(it + (b"\r\n" if end else b"\n") for it in lines)
        if self._source.random() < 0.2:
            head = self._broken(head)
        return Attack("head", self._split(head + end + body), lambda it: _ids(it, {"head"}))

    def _of_chunks(self) -> Attack:
        """A good body in chunks, which are broken."""
        body = b'{"jsonrpc":"2.0","id":"chunk","method":"get_data"}'
        sent, at = b"", 0
        while at < len(body):
            size = self._source.randint(1, len(body) - at)
            said = self._pick(
                [b"%x", b"%x", b"%x", b"%X", b"0%x", b"%x;a=b", b"%x ", b"-%x", b"0x%x"]
            )
            ends = [self._pick(_ENDS) if self._source.random() < 0.1 else b"\r\n" for _ in "ab"]
            wrong = self._source.choice([0] * 15 + [1, -1])
            sent += said % max(size + wrong, 0) + ends[0] + body[at : at + size] + ends[1]
            at += size
        trailers = [
            self._pick(_LINES) + b"\r\n" for _ in range(self._source.choice([0, 0, 0, 1, 3]))
        ]
        sent += b"0\r\n" + b"".join(trailers) + b"\r\n"
        if self._source.random() < 0.3:
            sent = self._broken(sent)
        lines = self._head(None, [b"transfer-encoding: chunked"])
        whole = b"\r\n".join([*lines, b"", b""]) + sent
        # What is broken in the body may be its id.
        return Attack("chunks", self._split(whole), _anything)

    def _of_chains(self) -> Attack:
        """Several requests at once, of which one may be broken."""
        count = self._source.randint(2, 6)
        methods = ['"get_data"', '"hold","params":[0.02]', '"fail","params":["secret"]', '"nope"']
        bodies = [
            b'{"jsonrpc":"2.0","id":%d,"method":%b}' % (it, self._source.choice(methods).encode())
            for it in range(count)
        ]
        sent = [self._request(it, []) for it in bodies]
        if self._source.random() < 0.5:
            at = self._source.randrange(count)
            sent[at] = self._broken(sent[at])
            return Attack("chain", self._split(b"".join(sent)), _anything)
        return Attack("chain", self._split(b"".join(sent)), lambda it: _in_order(it, count))

    def _of_words(self) -> Attack:
        """Words of the protocol, in no order."""
        count = self._source.randint(1, 40)
        return Attack(
            "words", self._split(b"".join(self._source.choices(_WORDS, k=count))), _anything
        )

    def _of_noise(self) -> Attack:
        """Bytes."""
        noise = self._source.randbytes(self._source.choice([1, 10, 100, 1_000, 10_000]))
        return Attack("noise", self._split(noise), _anything)

    # How the parts are made.

    def _pick(self, among: Sequence[bytes]) -> bytes:
        return self._source.choice(among)

    def _head(self, length: int | None, extra: Sequence[bytes]) -> list[bytes]:
        fixed = [b"POST / HTTP/1.1", b"host: localhost", b"content-type: application/json"]
        measured = [] if length is None else [b"content-length: %d" % length]
        return [*fixed, *measured, *extra]

    def _request(self, body: bytes, extra: Sequence[bytes]) -> bytes:
        return b"\r\n".join([*self._head(len(body), extra), b"", b""]) + body

    def _break_head(self, lines: list[bytes]) -> None:
        at = self._source.randrange(len(lines))
        what = self._source.randrange(7)
        if what == 0 and len(lines) > 1:
            del lines[at]
        elif what == 1:
            lines.insert(at, lines[at])
        elif what == 2:
            lines.insert(self._source.randint(1, len(lines)), self._pick(_LINES))
        elif what == 3:
            lines[at] = self._broken(lines[at])
        elif what == 4:
            lines[at] = self._source.choice(
                [lines[at].upper(), lines[at].title(), lines[at] + b" "]
            )
        elif what == 5:
            other = self._source.randrange(len(lines))
            lines[at], lines[other] = lines[other], lines[at]
        else:
            line = [b"POST", b"/", b"HTTP/1.1"]
            line[self._source.randrange(3)] = self._source.choice([*_VERBS, *_TARGETS, *_VERSIONS])
            lines[0] = b" ".join(line)

    def _broken(self, data: bytes) -> bytes:
        found = bytearray(data)
        for _ in range(self._source.choice([1, 1, 1, 2, 5])):
            at = self._source.randint(0, len(found))
            to = min(len(found), at + self._source.choice([1, 1, 2, 8, 30]))
            what = self._source.randrange(6)
            if what == 0:
                del found[at:to]
            elif what == 1:
                found[at:at] = found[at:to] * self._source.choice([1, 3, 50])
            elif what == 2:
                found[at:at] = self._source.randbytes(to - at)
            elif what == 3 and at < len(found):
                found[at] ^= 1 << self._source.randrange(8)
            elif what == 4:
                found[at:at] = self._source.choice(
                    [b"[" * 60, b"]", b"}", b'"', b"\\", b"\0", b",", b"\xff", b"\r\n"]
                )
            else:
                del found[at:]
        return bytes(found)

    def _split(self, data: bytes) -> Sequence[bytes]:
        cuts = sorted(
            self._source.randint(0, len(data)) for _ in range(self._source.choice([0, 0, 1, 2, 5]))
        )
        return [data[at:to] for at, to in zip([0, *cuts], [*cuts, len(data)], strict=True)]

    def _document(self) -> str:
        if self._source.random() < 0.25:
            count = self._source.choice([0, 1, 1, 2, 2, 3, 5, 19, 20, 21])
            return "[" + ",".join(self._item() for _ in range(count)) + "]"
        return self._item()

    def _item(self) -> str:
        if self._source.random() < 0.07:
            return self._value(0)
        members = [
            ("jsonrpc", '"2.0"'),
            ("id", self._source.choice(_IDS)),
            ("method", json.dumps(self._source.choice(_METHODS))),
            ("params", self._params()),
        ]
        if self._source.random() < 0.2:
            del members[1]
        for _ in range(self._source.choice([0, 0, 0, 1, 1, 2, 3])):
            self._break_members(members)
        between = self._source.choice([(",", ":"), (", ", ": "), (" ,\n", " :\t")])
        return (
            "{" + between[0].join(f'"{name}"{between[1]}{value}' for name, value in members) + "}"
        )

    def _break_members(self, members: list[tuple[str, str]]) -> None:
        if not members:
            return
        at = self._source.randrange(len(members))
        name, value = members[at]
        what = self._source.randrange(6)
        if what == 0:
            del members[at]
        elif what == 1:
            members.insert(
                self._source.randint(0, len(members)),
                (name, self._source.choice([value, self._value(0)])),
            )
        elif what == 2:
            members[at] = name, self._value(0)
        elif what == 3:
            members[at] = (
                self._source.choice(
                    ["ID", "", "idx", "jsonrpc ", "m\\u0065thod", "error", "result"]
                ),
                value,
            )
        elif what == 4:
            self._source.shuffle(members)
        else:
            members.append((f"x{at}", self._value(0)))

    def _params(self) -> str:
        if self._source.random() < 0.6:
            return self._source.choice(_PARAMS)
        return "[" + ",".join(self._value(1) for _ in range(self._source.randint(0, 4))) + "]"

    def _value(self, depth: int) -> str:
        what = self._source.randrange(12)
        if what < 4 or depth > 4:
            return self._source.choice(_NUMBERS)
        if what < 7:
            return '"' + self._source.choice(_TEXTS) + '"'
        if what == 7:
            return self._source.choice(["null", "true", "false", "NaN", "Infinity"])
        if what == 8:
            deep = self._source.choice([3, 40, 60, 250, 5000])
            return "[" * deep + "]" * deep
        count = self._source.choice([0, 1, 2, 3, 600])
        if what == 9:
            names = (f"k{self._source.randrange(max(count, 2) * 3)}" for _ in range(count))
            return "{" + ",".join(f'"{it}":1' for it in names) + "}"
        return "[" + ",".join(self._value(depth + 2) for _ in range(min(count, 5))) + "]"


class _Object(dict[str, Any]):
    """A JSON object, and how often its names stand in it."""

    names: Counter[str]


def _judge(body: bytes, answers: Sequence[Answer], *, is_ours: bool) -> None:
    """Compare the answer to a well-formed request with what the specification says."""
    assert len(answers) == 1, f"{len(answers)} answers to one request"
    answer = answers[0]
    if len(body) > MAX_BODY:
        assert answer.status == 413, f"{answer.status} to a large body"
        return
    if not body:
        assert answer.status == 400, f"{answer.status} to an empty body"
        return
    assert answer.status in {200, 204}, f"{answer.status} to a well-formed request"
    said = [] if not answer.body else json.loads(answer.body)
    ids = Counter(json.dumps(it["id"]) for it in (said if isinstance(said, list) else [said]))
    readable, wanted = _wanted(body)
    if wanted is None:
        return
    if is_ours and (not readable or any(_NULL in it and len(it) > 1 for it in wanted)):
        return  # who says to be one of ours is answered by the id, whatever the parameters are
    assert sum(ids.values()) == len(wanted), f"{sum(ids.values())} answers instead of {len(wanted)}"
    left = Counter(ids)
    for among in sorted(wanted, key=len):
        found = next((it for it in among if left[it] > 0), None)
        assert found is not None, f"the ids are {dict(ids)}, instead of {wanted}"
        left[found] -= 1


def _wanted(body: bytes) -> tuple[bool, list[list[str]] | None]:
    """Return whether a body can be read, and of each answer the ids that it may have.

    None for what may be answered in more than one way: a second member of one name hides what the
    first one held, which may be looked at or not.
    """
    try:
        text = body.decode()
        document = json.loads(text, object_pairs_hook=_object, parse_constant=_refuse)
        json.dumps(document, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return False, [[_NULL]]
    if _depth(text) > MAX_DEPTH:
        return False, [[_NULL]] if _depth(json.dumps(document)) > MAX_DEPTH else None
    if not isinstance(document, list):
        item = _item_ids(document)
        return True, [item] if item else []
    if not 0 < len(document) <= MAX_BATCH:
        return False, [[_NULL]]
    return True, [it for it in map(_item_ids, document) if it]


def _item_ids(item: Any) -> list[str]:
    """Return the ids that the answer to one request may have; none where it is not answered."""
    if not isinstance(item, _Object):
        return [_NULL]
    if item.names["id"] > 1:
        return [_NULL, json.dumps(item["id"])]
    if "id" in item:
        return [json.dumps(item["id"])] if _is_id(item["id"]) else [_NULL]
    is_request = item.get("jsonrpc") == "2.0" and bool(item.get("method"))
    is_request = is_request and isinstance(item["method"], str) and max(item.names.values()) == 1
    return [] if is_request else [_NULL]


def _is_id(value: Any) -> bool:
    if value is None or isinstance(value, str):
        return value is None or len(value) <= 256
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and abs(value) != float("inf") and len(str(value)) <= 256


def _object(pairs: list[tuple[str, Any]]) -> _Object:
    if len(pairs) > MAX_KEYS:
        raise ValueError("too many names")
    # A text with half a character cannot be written; a second member of its name would hide it.
    json.dumps(pairs, ensure_ascii=False).encode()
    found = _Object(pairs)
    found.names = Counter(name for name, _ in pairs)
    return found


def _refuse(text: str) -> NoReturn:
    raise ValueError(text)


def _depth(text: str) -> int:
    """Return how deep JSON nests, what a second member of the same name hides included."""
    brackets = re.sub(r'"(?:[^"\\]|\\.)*"|[^\[\]{}"]', "", text)
    return max(accumulate(1 if it in "[{" else -1 for it in brackets), default=0)


def _ids(answers: Sequence[Answer], sent: set[str]) -> None:
    """Hold the ids of what came to those that were sent."""
    for answer in answers:
        said = json.loads(answer.body) if answer.body else []
        for item in said if isinstance(said, list) else [said]:
            assert item.get("id") in {None, *sent}, f"answered to {item.get('id')}"


def _in_order(answers: Sequence[Answer], count: int) -> None:
    """All good requests of one connection are answered, in order."""
    ids = [json.loads(it.body)["id"] for it in answers]
    assert ids == list(range(count)), f"answered to {ids}"


def _anything(_answers: Sequence[Answer]) -> None:
    """Whatever it is, as long as it is an answer."""
