"""Where a server of a part is, and how it differs from others; standard library only."""

from dataclasses import dataclass

from benchmarks.subject import Place

MAX_BODY = 16_777_216
"""Bytes that servers take: 4 MB as base64 are more than any default."""


@dataclass(frozen=True, slots=True)
class Site(Place):
    """A place for a server and a client of ours."""

    folder: str = ""
    """Where the generated package is, if it was made for this run."""
