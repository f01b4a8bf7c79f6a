"""A client's request that is under way, from the moment it comes until it ends."""

from collections.abc import Callable
from typing import TypeAlias

from rpcgen_runtime import errors
from rpcgen_runtime.amqp.routes import Route
from rpcgen_runtime.errors import NotExecuted, RpcError
from rpcgen_runtime.messages import CALL, CAST, EVENT, Failure, Reach, Reply, Request

Outcome: TypeAlias = Reply | Reach | RpcError
Settle: TypeAlias = Callable[[Outcome], None]
"""Called once, on the engine's event loop."""


class Pending:
    """One request, with what became of its tries."""

    __slots__ = (
        "is_call", "is_doubtful", "is_sent", "refusals", "request", "route", "settle",
        "tells_deadline", "was_sent",
    )  # fmt: skip

    def __init__(self, request: Request, route: Route, settle: Settle) -> None:
        self.request, self.route, self.settle = request, route, settle
        self.is_call = request.verb is CALL
        self.is_sent = False
        """Whether it was, on the connection that there is."""
        self.was_sent = False
        """Whether it ever was."""
        self.tells_deadline = True
        """Whether it was sent with the deadline by our clock."""
        self.refusals = 0
        """How often the broker did not take it."""
        self.is_doubtful = False
        """Whether an earlier try of it may have been executed."""

    @property
    def may_repeat(self) -> bool:
        """Whether it may be sent again when its outcome is unknown."""
        verb = self.request.verb
        return self.request.repeatable or verb is CAST or verb is EVENT


def is_refusal(outcome: Outcome) -> bool:
    """Whether it says that the handler did not start."""
    if isinstance(outcome, Failure):
        return issubclass(errors.BY_CODE.get(outcome.code, RpcError), NotExecuted)
    return isinstance(outcome, NotExecuted)


def place_of(request: Request) -> str:
    """Return where a request goes, for people."""
    target = request.target
    assert target is not None, "a request that is sent has a Target"
    server = f" on server `{target.server}`" if target.server else ""
    return f"topic `{target.topic}` of exchange `{target.exchange}`{server}: `{request.name}`"
