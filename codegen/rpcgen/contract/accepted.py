"""Changes that somebody has looked at and let pass: a file of fingerprints, each with its reason.

One line each; `#` begins a comment:

    3f2a91c07d55 acme.volume.Volume.host: nobody reads it, see the meeting of 3 May
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from rpcgen.contract.changes import Change

NAME = "accepted-changes.txt"
"""What the file is called, in the source root."""
_LINE = re.compile(r"([0-9a-f]{12})[ \t]+(\S.*?)[ \t]*")
HEAD = (
    "# Changes of contracts that were reviewed and let pass, by `rpcgen diff --accept`: the\n"
    "# fingerprint, what changed, and the reason.\n"
)


class AcceptedError(ValueError):
    """A line that cannot be read; the message says which one and what would be."""


def read(text: str) -> Mapping[str, str]:
    """Return the reasons by fingerprint. Raises AcceptedError."""
    found: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        match = _LINE.fullmatch(line)
        if match is None:
            accepted = "a fingerprint of 12 hexadecimal digits, and a reason"
            raise AcceptedError(f"line {number} is not an accepted change; accepted: {accepted}")
        found[match[1]] = match[2]
    return found


def line_for(change: Change, reason: str) -> str:
    """Return the line that accepts a change."""
    return f"{change.fingerprint} {change.path}: {' '.join(reason.split())}\n"


def marked(changes: Iterable[Change], reasons: Mapping[str, str]) -> list[Change]:
    """Return the changes, those that were accepted with their reasons."""
    return [replace(it, accepted=reasons.get(it.fingerprint)) for it in changes]
