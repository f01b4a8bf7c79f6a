"""What `rpcgen diff` says as JSON, for tests."""

from pydantic import BaseModel, Field

from tests.cli.shell import Ran, Shell


class Found(BaseModel):
    """A change."""

    rule: str
    severity: str
    path: str
    fingerprint: str
    accepted: str | None = None


class Refused(BaseModel):
    """What the versions do not allow."""

    rule: str
    path: str
    accepted: str


class Told(BaseModel):
    """All that is told."""

    against: str
    verdict: str
    refused: list[Refused]
    changes: list[Found] = Field(default_factory=list[Found])

    @property
    def rules(self) -> list[tuple[str, str]]:
        """Each change as its rule and where it is."""
        return [(it.rule, it.path) for it in self.changes]


def told(shell: Shell, *words: str) -> Told:
    """Run `rpcgen diff`; it must come to a result."""
    ran = shell("diff", *words, "--output-format", "json")
    assert ran.code in {0, 1}, ran
    return Told.model_validate_json(ran.out)


def refusal(ran: Ran) -> str:
    """Return what was wrong with a command line; nothing else was printed."""
    assert (ran.code, ran.out) == (2, ""), ran
    assert "Traceback" not in ran.err
    return ran.err.removesuffix("\n")
