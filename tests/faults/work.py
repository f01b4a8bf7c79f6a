"""What is asked for and how it ends, in words that our side and the peers' share.

Only the standard library: the peers' processes run without ours.
"""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Protocol


class Kind(StrEnum):
    """How work is delivered."""

    ONCE = "once"
    """A call that may not run twice."""
    AGAIN = "again"
    """A call that may."""
    LATER = "later"
    """A cast: at least once, after it was confirmed."""
    NOTED = "noted"
    """An event: the same for those who listen."""

    @property
    def is_call(self) -> bool:
        """Whether it is answered."""
        return self in {Kind.ONCE, Kind.AGAIN}


class Fate(StrEnum):
    """What becomes of the process that runs the handler."""

    LIVE = "live"
    CRASH = "crash"
    SPIN = "spin"
    REFUSE = "refuse"


class Outcome(StrEnum):
    """How a request ended for who sent it."""

    RESULT = "result"
    """Answered; for a cast or an event: confirmed."""
    APP_ERROR = "app_error"
    NOT_EXECUTED = "not_executed"
    UNKNOWN = "unknown"
    """It may have run."""
    BROKEN = "broken"
    """The library raised what says neither."""


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of work; `key` names it in all logs, and is not used twice."""

    key: str
    seconds: float = 0.0
    fate: Fate = Fate.LIVE
    padding: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """How one request ended; `key` is what the reply says that it answers."""

    outcome: Outcome
    key: str = ""
    error: str = ""


class Run(Protocol):
    """What a server does with a job: logs, works, and returns the key."""

    def __call__(self, kind: Kind, job: Job, message: str) -> str:
        """Raise Refused where the job says so."""
        ...


class Refused(Exception):
    """The job says that the handler fails."""


class Asker(Protocol):
    """A client of one side."""

    def ask(self, kind: Kind, job: Job, timeout: float) -> Answer:
        """Send and wait for how it ends; never raises."""
        ...

    def close(self) -> None:
        """Give back connections."""
        ...


class Side(Protocol):
    """A library under test."""

    is_shared: bool
    """Whether threads share one asker; else each has its own."""

    def asker(self, url: str) -> Asker:
        """Return a client, which connects when it must."""
        ...

    def serve(self, url: str, name: str, run: Run, on_start: "OnStart") -> None:
        """Serve until SIGTERM, in the main thread."""
        ...


class OnStart(Protocol):
    """Called once requests are taken."""

    def __call__(self, url: str) -> None:
        """Tell where."""
        ...


def job_to(job: Job) -> dict[str, object]:
    """Return what JSON can say of a job, where no contract says it."""
    return asdict(job)


def job_from(said: dict[str, Any]) -> Job:
    """Return the job that `job_to` wrote."""
    return Job(said["key"], said["seconds"], Fate(said["fate"]), said["padding"])
