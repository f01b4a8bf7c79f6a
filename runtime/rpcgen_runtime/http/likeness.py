"""Heads that read as the one before did: our clients write the same one again and again. No I/O.

Law: what is taken here the parser would take, and say the same of. Whatever could be otherwise, in
its framing above all, is left to the parser.
"""

import re
from collections.abc import Sequence

from rpcgen_runtime.http.heads import LENGTH, MESSAGE_ID, TIMEOUT, TRACEPARENT, Again, Field

_DIFFERENT = frozenset([LENGTH, TIMEOUT, MESSAGE_ID, TRACEPARENT])
_VALUES = re.compile(
    rb"\n(%b): ([A-Za-z0-9_-]{1,64})(?=\r\n|\Z)" % b"|".join(sorted(_DIFFERENT)),
)
"""What may differ, where each parser reads it in the same way."""
_END = b"\r\n\r\n"
_MAX_DIGITS = 18


class Likeness:
    """What a head was like: which values may differ, and what stands between them."""

    def __init__(self, head: bytes) -> None:
        parts = _VALUES.split(head)
        self._between, self.names = parts[0::3], parts[1::3]

    def read(self, data: bytes, certificate: str | None) -> tuple[Again, bytes] | None:
        """Return what differs, and the body; None unless `data` is one such request, and whole."""
        head, _, body = data.partition(_END)
        parts = _VALUES.split(head)
        if parts[0::3] != self._between or parts[1::3] != self.names:
            return None
        get = dict(zip(self.names, parts[2::3], strict=True)).get
        length = get(LENGTH, b"")
        if not length.isdigit() or len(length) > _MAX_DIGITS or int(length) != len(body):
            return None
        return Again(length, get(TIMEOUT), get(MESSAGE_ID), get(TRACEPARENT), certificate), body


def likeness_of(data: bytes, line: bytes, fields: Sequence[Field]) -> Likeness | None:
    """Return what the head of a request was like, which the parser read as a line and fields.

    None where it can be read in another way: a value in two lines, say, or one that comes twice.
    """
    made = Likeness(data.partition(_END)[0])
    found = made.read(data, None)
    if found is None or not data.startswith(line + b"\r\n"):
        return None
    said = dict(fields)
    again = found[0]
    values = {TIMEOUT: again.timeout, MESSAGE_ID: again.message_id}
    values |= {LENGTH: again.length, TRACEPARENT: again.traceparent}
    is_same = all(said.get(name) == value for name, value in values.items())
    return made if is_same and len(said) == len(fields) else None
