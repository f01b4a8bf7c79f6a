"""What every subject is asked to do, and whether it did; standard library only, for any Python."""

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import cast


class Work(Enum):
    """One kind of work; the value is its name on the command line."""

    ADD = "add"
    """`add(2, 3)`"""
    RECORDS = "records"
    """20 records of 7 fields, about 4 KB as JSON, given and returned."""
    BYTES = "bytes"
    """1 MB given, its length returned."""
    CASTS = "casts"
    """A number that nobody answers."""
    EVENTS = "events"
    """A number that 10 listeners hear."""
    FANOUT = "fanout"
    """A number that 10 servers take."""

    @property
    def is_answered(self) -> bool:
        """Whether there is a reply to wait for."""
        return self in {Work.ADD, Work.RECORDS, Work.BYTES}

    @property
    def receivers(self) -> int:
        """Return how many servers or listeners take each message."""
        return 10 if self in {Work.EVENTS, Work.FANOUT} else 1


DATA = bytes(range(256)) * 3906 + bytes(64)
"""One million bytes."""
FIELDS = ("id", "name", "size_gb", "price", "is_active", "owner", "labels")


def records() -> list[dict[str, object]]:
    """Return the records as plain values."""
    return [
        {
            "id": f"7f9c24e5-2f31-4a6b-9d0e-{number:012d}",
            "name": f"volume-of-the-storage-room-{number}",
            "size_gb": 100 + number,
            "price": 12.25 + number,
            "is_active": number % 2 == 0,
            "owner": f"owner-{number}@example.com",
            "labels": ["fast", "replicated", f"rack-{number}"],
        }
        for number in range(20)
    ]


def is_right(work: Work, answer: object) -> bool:
    """Return whether an answer is what the work comes to, whatever its types are."""
    match work:
        case Work.ADD:
            return answer == 5
        case Work.BYTES:
            return answer == len(DATA)
        case Work.RECORDS:
            return _plain(answer) == records()
    return True


def _plain(answer: object) -> list[dict[str, object]]:
    given = cast("Iterable[object]", answer)
    return [{name: _field(it, name) for name in FIELDS} for it in given]


def _field(record: object, name: str) -> object:
    value = record[name] if isinstance(record, Mapping) else getattr(record, name)
    return value if isinstance(value, (bool, int, float, str)) else list(value)
