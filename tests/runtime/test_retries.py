"""Pauses have bounds, and the bucket has a bottom."""

import pytest

from rpcgen_runtime import (
    NO_RETRY,
    BadReply,
    ConnectionLost,
    Deadline,
    DeadlineExceeded,
    MethodNotFound,
    NoServer,
    NotExecuted,
    Overloaded,
    RetryPolicy,
    RpcError,
    Unreachable,
)
from rpcgen_runtime.retries import Attempts, RetryBudget
from tests.runtime.generated.new.trial.work.v1 import Busy, Refused
from tests.runtime.generated.new.trial.work.v1.methods import WORK_REPEAT, WORK_RUN

FAR = Deadline.after(100_000)  # of the import: all tests may run in between


def test_pauses_are_random_and_grow_up_to_their_bound() -> None:
    policy = RetryPolicy(tries=10, first_pause=0.1, max_pause=1.0)
    for tried, longest in [(1, 0.1), (2, 0.2), (3, 0.4), (4, 0.8), (5, 1.0), (9, 1.0)]:
        pauses = [policy.pause(tried) for _ in range(500)]
        assert all(0 <= it <= longest for it in pauses)
        assert max(pauses) > longest * 0.9
        assert min(pauses) < longest * 0.1


@pytest.mark.parametrize("wrong", [{"tries": 0}, {"first_pause": -1.0}, {"max_pause": -0.1}])
def test_a_policy_that_is_none_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="`tries` from 1 on"):
        RetryPolicy(**wrong)


def test_a_bucket_gives_ten_and_ten_successes_give_one_more() -> None:
    budget = RetryBudget()
    assert [budget.take() for _ in range(11)] == [True] * 10 + [False]
    for _ in range(9):
        budget.succeeded()
    assert not budget.take()
    for _ in range(2):
        budget.succeeded()
    assert budget.take()
    for _ in range(1_000):
        budget.succeeded()
    assert [budget.take() for _ in range(11)] == [True] * 10 + [False]


@pytest.mark.parametrize(
    ("error", "run", "repeat"),
    [
        (Unreachable(), True, True),
        (Overloaded(), True, True),
        (NoServer(), False, False),
        (MethodNotFound(), False, False),
        (ConnectionLost(), False, True),
        (BadReply(), False, True),
        (DeadlineExceeded(), False, True),
        (Busy(tried=1), True, True),
        (Refused(reason=""), False, False),
        (RpcError(), False, False),
    ],
)
def test_only_what_did_not_run_or_may_run_again_is_tried_again(
    error: RpcError, *, run: bool, repeat: bool
) -> None:
    for method, expected in ((WORK_RUN, run), (WORK_REPEAT, repeat)):
        attempts = Attempts(RetryPolicy(), RetryBudget(), method, FAR)
        assert (attempts.pause_after(error) is not None) is expected
        assert Attempts(NO_RETRY, RetryBudget(), method, FAR).pause_after(error) is None


def test_no_pause_reaches_past_the_deadline() -> None:
    policy = RetryPolicy(first_pause=1e6, max_pause=1e6)
    attempts = Attempts(policy, RetryBudget(), WORK_RUN, Deadline.after(0.001))
    assert attempts.pause_after(Overloaded()) is None


def test_the_first_unknown_outcome_is_the_verdict_over_what_did_not_run() -> None:
    attempts = Attempts(RetryPolicy(tries=9), RetryBudget(), WORK_REPEAT, FAR)
    first, last = ConnectionLost("first"), Overloaded("last")
    assert attempts.verdict(last) is last
    attempts.pause_after(first)
    attempts.pause_after(last)
    assert attempts.verdict(last) is first
    refused = Refused(reason="told by the server")
    assert attempts.verdict(refused) is refused
    assert not isinstance(attempts.verdict(last), NotExecuted)
