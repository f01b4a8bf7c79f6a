"""When to try again, and how long to wait before. Decides; does not wait. No I/O."""

import random
import threading
from dataclasses import dataclass

from rpcgen_runtime.context import Deadline
from rpcgen_runtime.errors import DeclaredError, NotExecuted, OutcomeUnknown, RpcError
from rpcgen_runtime.methods import Method


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """Full jitter: the n-th pause is a random part of `first_pause * 2**n`, at most `max_pause`."""

    tries: int = 3
    """Tries in all, from 1 on."""
    first_pause: float = 0.1
    """Seconds."""
    max_pause: float = 1.0
    """Seconds."""

    def __post_init__(self) -> None:
        if self.tries < 1 or self.first_pause < 0 or self.max_pause < 0:
            raise ValueError("a retry policy has `tries` from 1 on, and pauses from 0 on")

    def pause(self, tried: int) -> float:
        """Return the seconds to wait after `tried` tries."""
        longest = min(self.max_pause, self.first_pause * 2 ** (tried - 1))
        return random.uniform(0, longest)  # noqa: S311  # nothing secret


NO_RETRY = RetryPolicy(tries=1)


class RetryBudget:
    """A bucket of tokens against storms: a retry takes one, ten successes give one. Thread-safe."""

    CAPACITY = 10.0
    PER_SUCCESS = 0.1

    def __init__(self) -> None:
        self._tokens = self.CAPACITY
        self._lock = threading.Lock()

    def succeeded(self) -> None:
        """Note a call that went well."""
        if self._tokens < self.CAPACITY:
            with self._lock:
                self._tokens = min(self.CAPACITY, self._tokens + self.PER_SUCCESS)

    def take(self) -> bool:
        """Take a token for a retry; False where none is left."""
        with self._lock:
            if self._tokens < 1:
                return False
            self._tokens -= 1
            return True


class Attempts:
    """The tries of one call."""

    def __init__(
        self, policy: RetryPolicy, budget: RetryBudget, method: Method, deadline: Deadline
    ) -> None:
        self._policy = policy
        self._budget = budget
        self._method = method
        self._deadline = deadline
        self._tried = 0
        self._unknown: OutcomeUnknown | None = None

    def pause_after(self, error: RpcError) -> float | None:
        """Return the seconds to wait before the next try, or None to give up.

        A try may follow only what did not execute, or what the contract allows to repeat.
        """
        self._tried += 1
        if isinstance(error, OutcomeUnknown):
            self._unknown = self._unknown or error
        if self._tried >= self._policy.tries or not self._may_repeat(error):
            return None
        pause = self._policy.pause(self._tried)
        if pause >= self._deadline.remaining() or not self._budget.take():
            return None
        return pause

    def verdict(self, error: RpcError) -> RpcError:
        """Return what the caller is told: one try of unknown outcome leaves all of it unknown."""
        if isinstance(error, NotExecuted) and self._unknown is not None:
            return self._unknown
        return error

    def _may_repeat(self, error: RpcError) -> bool:
        if isinstance(error, DeclaredError):
            return error.retryable
        if isinstance(error, NotExecuted):
            return error.transient
        return isinstance(error, OutcomeUnknown) and self._method.repeatable
