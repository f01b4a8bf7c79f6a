"""Code around every call, on either side: logging, metrics, credentials. No I/O.

One protocol for both sides, for `def` and `async def` alike: a function that takes the invocation
and returns a context manager. What it does before `yield` comes before the call and may refuse it
by raising; an error of the call is raised at the `yield`.

    @contextmanager
    def timed(invocation: Invocation) -> Iterator[None]:
        start = time.perf_counter()
        try:
            yield
        finally:
            print(invocation.method, time.perf_counter() - start)
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from typing import Literal, Protocol


@dataclass(slots=True)
class Invocation:
    """One call, as an interceptor sees it."""

    side: Literal["client", "server"]
    service: str
    method: str
    """Its name in the contract."""
    arguments: Mapping[str, object]
    """By Python's names; to be read only."""
    context: dict[str, str]
    """The caller's data. On the client what is added here is sent; on the server it is a copy."""
    result: object = None
    """What the call returned, once it has."""


class Interceptor(Protocol):
    """Called once for every call; see the module."""

    def __call__(self, invocation: Invocation, /) -> AbstractContextManager[object]:
        """Return what the call runs in."""
        ...


def around(
    interceptors: Sequence[Interceptor], invocation: Invocation
) -> AbstractContextManager[object]:
    """Enter the interceptors, the first one outermost; the result leaves them."""
    with ExitStack() as stack:
        for interceptor in interceptors:
            stack.enter_context(interceptor(invocation))
        return stack.pop_all()
